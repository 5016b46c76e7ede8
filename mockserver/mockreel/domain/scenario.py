"""Scenarios: what a task does, chosen by name, in words that hold for every provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mockreel.domain.faults import rule as rules
from mockreel.domain.faults.kind import FaultError, FaultKind, near_misses
from mockreel.domain.faults.rule import Rule
from mockreel_contracts import Phase


class Pace(StrEnum):
    """What moves a task on: the clock, the looks at it, or nothing (it is done at once)."""

    TIME = "time"
    POLLS = "polls"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Scenario:
    """How a task goes: `error` is an ErrorCase, `stuck_in` a phase it never leaves, `stretch` multiplies durations.

    `faults` are met by the calls about the task, the one that makes it included; they are counted for each task.
    """

    name: str
    title: str
    outcome: Phase = Phase.SUCCEEDED
    error: str | None = None
    stuck_in: Phase | None = None
    stretch: float = 1.0
    pace: Pace | None = None
    faults: tuple[Rule, ...] = ()


class ScenarioError(ValueError):
    """A scenario file says what no scenario can say."""


def parse(name: str, data: Any, kinds: Mapping[str, FaultKind]) -> Scenario:
    """Make a scenario of a file's value. Raises ScenarioError with every problem."""
    if not isinstance(data, Mapping):
        raise ScenarioError(f"{name}: expected a mapping, got {type(data).__name__}")
    fields = {"title", "outcome", "error", "stuck_in", "stretch", "pace", "faults"}
    problems = [f"knows no {key!r}; known: {', '.join(sorted(fields))}" for key in data if key not in fields]
    words: dict[str, Any] = {}
    for key, kind in (("outcome", Phase), ("stuck_in", Phase), ("pace", Pace)):
        if key in data:
            try:
                words[key] = kind(data[key])
            except ValueError:
                problems.append(f"{key} is one of {', '.join(kind)}, got {data[key]!r}")
    stretch = data.get("stretch", 1.0)
    if isinstance(stretch, bool) or not isinstance(stretch, int | float) or not 0 <= stretch <= 1e6:
        problems.append(f"stretch is a number from 0 to 1000000, got {stretch!r}")
    if words.get("outcome", Phase.SUCCEEDED) not in (Phase.SUCCEEDED, Phase.FAILED):
        problems.append(f"outcome is succeeded or failed, got {words['outcome'].value!r}")
    if words.get("stuck_in", Phase.QUEUED) not in (Phase.QUEUED, Phase.RUNNING):
        problems.append(f"stuck_in is queued or running, got {words['stuck_in'].value!r}")
    if not isinstance(data.get("title"), str):
        problems.append("title is missing: a line that says what the scenario is for")
    if not isinstance(data.get("error", ""), str):
        problems.append(f"error is the name of an ErrorCase, got {data['error']!r}")
    faults = _faults(name, data.get("faults", []), kinds, problems)
    if problems:
        raise ScenarioError("\n".join(f"{name}: {problem}" for problem in problems))
    return Scenario(name, data["title"], error=data.get("error"), stretch=float(stretch), faults=faults, **words)


def _faults(name: str, data: Any, kinds: Mapping[str, FaultKind], problems: list[str]) -> tuple[Rule, ...]:
    if not isinstance(data, list):
        problems.append(f"faults is a list, got {type(data).__name__}")
        return ()
    made = []
    for index, item in enumerate(data):
        if not isinstance(item, Mapping) or not isinstance(item.get("fault"), str):
            problems.append(f"faults.{index} needs the name of a fault, got {item!r:.60}")
            continue
        kind = kinds.get(item["fault"])
        if kind is None:
            problems.append(f"faults.{index} {near_misses('fault', item['fault'], kinds)}")
            continue
        try:
            options = {str(key): value for key, value in item.items() if key != "fault"}
            made.append(rules.make(f"{name}-{index}", kind, options))
        except FaultError as error:
            problems.append(f"faults.{index} {error}")
    return tuple(made)
