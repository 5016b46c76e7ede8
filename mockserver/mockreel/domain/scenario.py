"""Scenarios: what a task does, chosen by name, in words that hold for every provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mockreel.domain.faults import rule as rules
from mockreel.domain.faults.kind import FaultError, FaultKind, Flaw, near_misses
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
    `note` says what a good integration does.
    """

    name: str
    title: str
    outcome: Phase = Phase.SUCCEEDED
    error: str | None = None
    stuck_in: Phase | None = None
    stretch: float = 1.0
    pace: Pace | None = None
    faults: tuple[Rule, ...] = ()
    note: str = ""


class ScenarioError(ValueError):
    """A scenario file says what no scenario can say. `flaws` are those of a file."""

    def __init__(self, text: str, flaws: Sequence[Flaw] = ()) -> None:
        super().__init__(text)
        self.flaws = tuple(flaws)


_KEYS = ("error", "faults", "note", "outcome", "pace", "stretch", "stuck_in", "title")


def parse(name: str, data: Any, kinds: Mapping[str, FaultKind]) -> Scenario:
    """Make a scenario of a file's value. Raises ScenarioError with every problem."""
    if not isinstance(data, Mapping):
        text = f"expected a mapping, got {type(data).__name__}"
        raise ScenarioError(f"{name}: {text}", [Flaw("", text)])
    flaws = [Flaw(f"/{key}", f"knows no {key!r:.60}; known: {', '.join(_KEYS)}") for key in data if key not in _KEYS]
    words: dict[str, Any] = {}
    for key, kind in (("outcome", Phase), ("stuck_in", Phase), ("pace", Pace)):
        if key in data:
            try:
                words[key] = kind(data[key])
            except ValueError:
                flaws.append(Flaw(f"/{key}", f"{key} is one of {', '.join(kind)}, got {data[key]!r:.60}"))
    stretch = data.get("stretch", 1.0)
    if isinstance(stretch, bool) or not isinstance(stretch, int | float) or not 0 <= stretch <= 1e6:
        flaws.append(Flaw("/stretch", f"stretch is a number from 0 to 1000000, got {stretch!r:.60}"))
    if words.get("outcome", Phase.SUCCEEDED) not in (Phase.SUCCEEDED, Phase.FAILED):
        flaws.append(Flaw("/outcome", f"outcome is succeeded or failed, got {words['outcome'].value!r}"))
    if words.get("stuck_in", Phase.QUEUED) not in (Phase.QUEUED, Phase.RUNNING):
        flaws.append(Flaw("/stuck_in", f"stuck_in is queued or running, got {words['stuck_in'].value!r}"))
    if not isinstance(data.get("title"), str):
        flaws.append(Flaw("/title", "title is missing: a line that says what the scenario is for"))
    if not isinstance(data.get("error", ""), str):
        flaws.append(Flaw("/error", f"error is the name of an ErrorCase, got {data['error']!r:.60}"))
    elif "error" in data and words.get("outcome") is not Phase.FAILED:
        flaws.append(Flaw("/error", "error is for a task that fails: outcome: failed is missing"))
    if not isinstance(data.get("note", ""), str):
        flaws.append(Flaw("/note", f"note is text, got {data['note']!r:.60}"))
    faults = _faults(name, data.get("faults", []), kinds, flaws)
    if flaws:
        raise ScenarioError("\n".join(f"{name}: {flaw.text}" for flaw in flaws), flaws)
    error, note = data.get("error"), data.get("note", "")
    return Scenario(name, data["title"], error=error, stretch=float(stretch), faults=faults, note=note, **words)


def _faults(name: str, data: Any, kinds: Mapping[str, FaultKind], flaws: list[Flaw]) -> tuple[Rule, ...]:
    if not isinstance(data, list):
        flaws.append(Flaw("/faults", f"faults is a list, got {type(data).__name__}"))
        return ()
    made = []
    for index, item in enumerate(data):
        at = f"/faults/{index}"
        if not isinstance(item, Mapping) or not isinstance(item.get("fault"), str):
            flaws.append(Flaw(at, f"faults.{index} needs the name of a fault, got {item!r:.60}"))
            continue
        kind = kinds.get(item["fault"])
        if kind is None:
            flaws.append(Flaw(f"{at}/fault", f"faults.{index} {near_misses('fault', item['fault'], kinds)}"))
            continue
        try:
            options = {str(key): value for key, value in item.items() if key != "fault"}
            made.append(rules.make(f"{name}-{index}", kind, options))
        except FaultError as error:
            flaws.append(Flaw(at, f"faults.{index} {error}"))
    return tuple(made)
