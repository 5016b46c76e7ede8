"""Every rule of a request's body, broken alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import orjson

from mockreel.conformance.bench import Bench
from mockreel.conformance.evidence import places
from mockreel.conformance.exchange import Intent
from mockreel.conformance.probes.asking import ask
from mockreel.conformance.probes.refusals import body_for
from mockreel_contracts import Model, Operation

if TYPE_CHECKING:
    from mockreel.conformance.making.breaking import Broken

NAME = "rules"
_LARGE = 65_536  # bytes; a longer body is sent once, and not for every model that shares the rule


def probe(bench: Bench) -> None:
    """Break each rule of the chosen models, and of bodies that are for no model, between two looks at the balance.

    A rule that models share is broken in all its ways for the first of them, and in one way for the others.
    """
    try:
        from mockreel.conformance.making import breaking
    except ImportError as error:
        bench.record.miss(NAME, str(error))
        return
    from mockreel.strategies.subject import subject_of

    key = bench.role(NAME)
    known: set[str] = set()
    bench.balance(Intent(NAME), key=key)
    for body in bench.samples.values():
        operation, model = bench.model_of(body)
        subject = subject_of(bench.contract, model.name, None)
        for rule in subject.broken:
            is_model = rule.pointer == f"/{operation.discriminator}" and rule.keyword in ("const", "enum")
            if rule.pointer and not is_model:  # those are no body and no model at all
                _send(bench, operation, model, breaking.bodies(subject, rule, body), known)
    for operation in bench.contract.by_role("download"):
        if operation.body is not None and "url" in operation.reads:
            good = body_for(bench, operation)
            for rule in breaking.rules_of(bench.contract, operation.body):
                found = breaking.changed(rule, good, breaking.only(operation.body, rule)) if rule.pointer else []
                _send(bench, operation, None, found, known)
    bench.balance(Intent(NAME), key=key)


def _send(bench: Bench, operation: Operation, model: Model | None, found: Sequence[Broken], known: set[str]) -> None:
    for each in found:
        rule = each.rule
        at = places.of_rule(bench.contract, operation, model, min(rule.at))
        if at in known and (each is not found[0] or len(orjson.dumps(each.body)) > _LARGE):
            continue
        case = bench.contract.refusal("invalid", operation, rule.keyword).id
        intent = Intent(NAME, "refuse", "invalid", case, str(rule), rule.keyword, at, each.how)
        ask(bench, operation, intent, body=each.body, key=bench.role(NAME))
    if found:
        known.add(places.of_rule(bench.contract, operation, model, min(found[0].rule.at)))
