"""Bodies that break one rule of a schema and no other: a good one with one change, where that is enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from mockreel.conformance.making.changes import Change, changes
from mockreel.conformance.making.fields import enumerated, full, put
from mockreel.strategies.rule import Rule, rules_in
from mockreel.strategies.shape import Reading
from mockreel.strategies.subject import Subject
from mockreel_contracts import Contract, pointer
from mockreel_contracts.schema import Schema

_PAIRS = 4  # combinations of two values that are sent for one rule
_ACROSS = ("/then/", "/else/", "/dependentSchemas/")


@dataclass(frozen=True, slots=True)
class Broken:
    """A body that breaks `rule` and no other. `how` says in what way, such as "one beyond" or "left out"."""

    body: Any
    rule: Rule
    how: str


def is_across(rule: Rule) -> bool:
    """Whether a rule holds only beside certain values of other fields."""
    return all(any(word in f"{at}/" for word in _ACROSS) for at in rule.at)


def bodies(subject: Subject, rule: Rule, base: Any) -> list[Broken]:
    """Return the bodies for one rule of a model, the nearest to a good one first. `base` is one that is accepted."""

    def breaks(body: Any) -> bool:
        return subject.breaks(body, rule)

    if is_across(rule) and rule.keyword in ("not", "const", "enum"):
        found = _paired(rule, base, enumerated(subject.valid), breaks)
    else:
        found = changed(rule, base, breaks)
    return found or changed(rule, full(subject.valid, base, subject.accepts), breaks) or _drawn(subject, rule)


def changed(rule: Rule, base: Any, breaks: Callable[[Any], bool]) -> list[Broken]:
    """Return good bodies with one change: of each way to break the rule the first that breaks no other."""
    found: dict[str, Broken] = {}
    for change in changes(rule.pointer, rule.keyword, rule.wanted, base):
        if change.how in found:
            continue
        with suppress(KeyError, ValueError):
            body = _made(base, rule.pointer, change)
            if breaks(body):
                found[change.how] = Broken(body, rule, change.how)
    return list(found.values())


def rules_of(contract: Contract, schema: Schema) -> list[Rule]:
    """Return the rules of a body that is for no model."""
    return rules_in(schema.source, Reading(contract.openapi))


def only(schema: Schema, rule: Rule) -> Callable[[Any], bool]:
    """Return what says whether a body breaks just one rule of a schema."""

    def breaks(body: Any) -> bool:
        found = schema.violations(body)
        return bool(found) and all(rule.fits(violation) for violation in found)

    return breaks


def _made(base: Any, at: str, change: Change) -> Any:
    if change.is_absent:
        return pointer.without(base, at)
    return put(base, pointer.split(at) + list(change.below), change.value)


def _paired(rule: Rule, base: Any, choices: Mapping[str, Sequence[Any]], breaks: Callable[[Any], bool]) -> list[Broken]:
    """Return good bodies with two changes, of values that do not go together."""
    found = []
    for own in _values(rule, choices):
        for other, values in choices.items():
            for value in values if other != rule.pointer else ():
                body = put(put(base, pointer.split(other), value), pointer.split(rule.pointer), own)
                if breaks(body):
                    found.append(Broken(body, rule, f"{rule.pointer} {own!r} beside {other} {value!r}"))
    step = max(len(found) // _PAIRS, 1)
    return found[::step][:_PAIRS]


def _values(rule: Rule, choices: Mapping[str, Sequence[Any]]) -> Iterator[Any]:
    wanted = rule.wanted
    if isinstance(wanted, dict):
        yield from wanted.get("enum", [wanted["const"]] if "const" in wanted else [])
    yield from choices.get(rule.pointer, ())


def _drawn(subject: Subject, rule: Rule) -> list[Broken]:
    """Return the simplest body that breaks the rule."""
    from hypothesis import HealthCheck, Phase, find, settings
    from hypothesis.errors import HypothesisException

    from mockreel.strategies import invalid_requests

    bodies = invalid_requests(subject.contract, subject.model.name, rule=rule)
    calm = settings(database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    try:
        made = find(bodies, lambda invalid: True, settings=calm, random=Random(0))  # noqa: S311 - no secret
    except HypothesisException:
        return []
    return [Broken(made.body, rule, "the simplest body that does")]
