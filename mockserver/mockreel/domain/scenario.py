"""Scenarios: what a task does, chosen by name, in words that hold for every provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mockreel_contracts import Phase


class Pace(StrEnum):
    """What moves a task on: the clock, the looks at it, or nothing (it is done at once)."""

    TIME = "time"
    POLLS = "polls"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Scenario:
    """How a task goes: `error` is an ErrorCase, `stuck_in` a phase it never leaves, `stretch` multiplies durations."""

    name: str
    title: str
    outcome: Phase = Phase.SUCCEEDED
    error: str | None = None
    stuck_in: Phase | None = None
    stretch: float = 1.0
    pace: Pace | None = None


class ScenarioError(ValueError):
    """A scenario file says what no scenario can say."""


def parse(name: str, data: Any) -> Scenario:
    """Make a scenario of a file's value. Raises ScenarioError with every problem."""
    if not isinstance(data, Mapping):
        raise ScenarioError(f"{name}: expected a mapping, got {type(data).__name__}")
    fields = {"title", "outcome", "error", "stuck_in", "stretch", "pace"}
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
    if problems:
        raise ScenarioError("\n".join(f"{name}: {problem}" for problem in problems))
    return Scenario(name, data["title"], error=data.get("error"), stretch=float(stretch), **words)
