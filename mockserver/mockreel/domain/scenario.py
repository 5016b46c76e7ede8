"""Scenarios: what a task does, chosen by name, in words that hold for every provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mockreel.domain.faults import rule as rules
from mockreel.domain.faults.glob import matches
from mockreel.domain.faults.kind import CASES, ROLES, FaultError, FaultKind, Flaw, near_misses, unknown_case
from mockreel.domain.faults.rule import Rule
from mockreel_contracts import Contract, Phase, pointer


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
MOST_FAULTS = 100  # of a scenario
_WORDS: Mapping[str, tuple[StrEnum, ...]] = {
    "outcome": (Phase.SUCCEEDED, Phase.FAILED),
    "stuck_in": (Phase.QUEUED, Phase.RUNNING),
    "pace": tuple(Pace),
}


def parse(name: str, data: Any, kinds: Mapping[str, FaultKind], contracts: Sequence[Contract] = ()) -> Scenario:
    """Make a scenario of a file's value. Raises ScenarioError with every problem.

    With `contracts`, errors and operations that none of them has are problems, too.
    """
    if not isinstance(data, Mapping):
        text = f"expected a mapping, got {type(data).__name__}"
        raise ScenarioError(f"{name}: {text}", [Flaw("", text)])
    flaws = [Flaw(f"/{key}", f"knows no {key!r:.60}; known: {', '.join(_KEYS)}") for key in data if key not in _KEYS]
    words: dict[str, Any] = {}
    for key, allowed in _WORDS.items():
        if key in data:
            words[key] = next((word for word in allowed if word == data[key]), None)
            if words[key] is None:
                said = " or ".join(allowed) if len(allowed) == 2 else f"one of {', '.join(allowed)}"
                flaws.append(Flaw(f"/{key}", f"{key} is {said}, got {data[key]!r:.60}"))
    stretch = data.get("stretch", 1.0)
    if isinstance(stretch, bool) or not isinstance(stretch, int | float) or not 0 <= stretch <= 1e6:
        flaws.append(Flaw("/stretch", f"stretch is a number from 0 to 1000000, got {stretch!r:.60}"))
    if not isinstance(data.get("title"), str):
        flaws.append(Flaw("/title", "title is missing: a line that says what the scenario is for"))
    if "error" in data:
        flaws.extend(Flaw("/error", text) for text in _error(data["error"], data.get("outcome"), contracts))
    if not isinstance(data.get("note", ""), str):
        flaws.append(Flaw("/note", f"note is text, got {data['note']!r:.60}"))
    faults = _faults(name, data.get("faults", []), kinds, contracts, flaws)
    if flaws:
        raise ScenarioError("\n".join(f"{name}: {flaw.text}" for flaw in flaws), flaws)
    error, note = data.get("error"), data.get("note", "")
    return Scenario(name, data["title"], error=error, stretch=float(stretch), faults=faults, note=note, **words)


def _error(error: Any, outcome: Any, contracts: Sequence[Contract]) -> Iterator[str]:
    """Return what is wrong with the error of a task."""
    if not isinstance(error, str):
        yield f"error is the name of an ErrorCase, got {error!r:.60}"
        return
    if outcome != Phase.FAILED:
        yield "error is for a task that fails: outcome: failed is missing"
    yield from unknown_case(error, contracts)


def _faults(
    name: str, data: Any, kinds: Mapping[str, FaultKind], contracts: Sequence[Contract], flaws: list[Flaw]
) -> tuple[Rule, ...]:
    if not isinstance(data, list):
        flaws.append(Flaw("/faults", f"faults is a list, got {type(data).__name__}"))
        return ()
    if len(data) > MOST_FAULTS:
        flaws.append(Flaw("/faults", f"faults is a list of up to {MOST_FAULTS}, got {len(data)}"))
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
        options = {str(key): value for key, value in item.items() if key != "fault"}
        rule, wrong = _rule(f"{name}-{index}", kind, options)
        if rule is not None:
            wrong += _unknown(rule, options, contracts)
            made.append(rule)
        flaws.extend(Flaw(pointer.join(at, *option), f"faults.{index} {text}") for option, text in wrong)
    return tuple(made)


_Wrong = list[tuple[tuple[str, ...], str]]
"""The option that is wrong, or (), and what is wrong with it."""


def _rule(rule_id: str, kind: FaultKind, options: Mapping[str, Any]) -> tuple[Rule | None, _Wrong]:
    """Return the rule of those options that are good, and everything that is wrong with the others."""
    wrong: _Wrong = []
    good = {}
    for option, value in options.items():
        try:
            rules.make(rule_id, kind, {option: value})
            good[option] = value
        except FaultError as error:
            wrong.append(((option,), str(error)))
    try:
        return rules.make(rule_id, kind, good), wrong
    except FaultError as error:
        return None, [*wrong, ((), str(error))]


def _unknown(rule: Rule, options: Mapping[str, Any], contracts: Sequence[Contract]) -> _Wrong:
    """Return the names in a rule that no contract has."""
    wrong: _Wrong = []
    operations = {name: None for contract in contracts for name in contract.operations}
    on = rule.match.on
    provider = rule.match.provider
    if contracts and provider is not None and not any(matches(provider, each.provider) for each in contracts):
        known = {contract.provider: None for contract in contracts}
        wrong.append((("provider",), near_misses("provider", provider, known)))
    if contracts and on is not None and on not in ROLES and on not in operations:
        wrong.append((("on",), near_misses("role or operation", on, dict.fromkeys((*ROLES, *operations)))))
    for word in (rule.effects[effect] for effect in CASES if rule.effects.get(effect) is not None):
        option = next(((name,) for name, value in options.items() if str(value) == word), ())
        wrong += [(option, text) for text in unknown_case(word, contracts)]
    return wrong
