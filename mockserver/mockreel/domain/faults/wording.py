"""Faults and scenarios in words, for those who read a list of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mockreel.domain.faults.kind import Field
from mockreel.domain.faults.rule import Rule, Timing
from mockreel.domain.scenario import Pace, Scenario
from mockreel_contracts import Phase

POINTS: Mapping[str, str] = {
    "answer": "what a call is answered",
    "network": "the connection of a call",
    "money": "what a task costs",
    "task": "the course of a task",
    "result": "the result files",
    "callback": "the callbacks of a task",
}
_CALLS: Mapping[str, str] = {
    "submit": "creates",
    "query": "queries",
    "cancel": "cancels",
    "balance": "balance calls",
    "list": "list calls",
    "download": "download calls",
    "result": "downloads of the result",
}


def bounds(field: Field) -> str:
    """Return what may be given for a field."""
    if field.one_of:
        return ", ".join(field.one_of)
    if isinstance(field.default, int | float) and not isinstance(field.default, bool):
        return field.span()
    return {bool: "true or false", dict: "an object"}.get(type(field.default), "text")


def course(scenario: Scenario) -> Iterator[str]:
    """Tell what a task of a scenario does, a sentence each."""
    if scenario.stuck_in is not None:
        yield f"The task stays {scenario.stuck_in.value} for ever, or until the provider lets it expire."
    elif scenario.outcome is Phase.FAILED:
        yield f"The task fails with {scenario.error or 'the failure that is usual with the provider'}."
    elif not scenario.faults:
        yield "The task succeeds."
    if scenario.pace is Pace.INSTANT:
        yield "It is at its end as soon as it is made."
    elif scenario.pace is not None:
        yield f"What moves it on: {scenario.pace.value}."
    if scenario.stretch != 1:
        yield f"Every state lasts {scenario.stretch:g} times as long."


def said(rule: Rule) -> str:
    """Tell what a rule of a scenario does, to which calls, and when."""
    fields = f" ({', '.join(f'{name} {value}' for name, value in rule.values.items())})" if rule.values else ""
    when = ", ".join([*_calls(rule), *_when(rule.timing)])
    return f"{rule.kind.name}{fields}: {rule.kind.title}" + (f" {when[0].upper()}{when[1:]}." if when else "")


def _calls(rule: Rule) -> Iterator[str]:
    match = rule.match
    if match.on is not None and (match.on != "submit" or rule.kind.point in ("answer", "network")):
        yield f"on {_CALLS.get(match.on, match.on)}"
    for name in ("provider", "key", "test", "model", "prompt", "task"):
        pattern = getattr(match, name)
        if pattern is not None:
            yield f"{name} {pattern}"


def _when(timing: Timing) -> Iterator[str]:
    if timing.every > 1:
        yield f"the first of every {timing.every}"
    if timing.times is not None:
        yield "once" if timing.times == 1 else f"{timing.times} times"
    if timing.after:
        yield f"after the first {timing.after}" if timing.after > 1 else "after the first"
    if timing.probability < 1:
        yield f"with a chance of {timing.probability:g}"
    if timing.from_s:
        yield f"from {timing.from_s:g} s on"
    if timing.until_s is not None:
        yield f"until {timing.until_s:g} s"
    if timing.ramp_s:
        yield f"the chance growing for {timing.ramp_s:g} s"
    if timing.ttl_s is not None:
        yield f"for {timing.ttl_s:g} s"
