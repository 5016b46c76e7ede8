"""What a contract wants of a request: judged by its own schemas, in the order in which a server looks at it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mockreel.conformance import keywords
from mockreel.conformance.evidence import places
from mockreel.conformance.exchange import Intent
from mockreel.conformance.generated.made import Made
from mockreel.domain import inline, intake
from mockreel_contracts import Contract, ErrorCase, Model, Operation, Violation
from mockreel_contracts.schema import Schema

JSON = b"application/json"


@dataclass(frozen=True, slots=True)
class Aim:
    """The intent of a request; `body` is its JSON value, `model` the one it is for. `group` is what it tries."""

    intent: Intent
    group: tuple[str, ...]
    body: Any = None
    model: Model | None = None


def aim(contract: Contract, made: Made, probe: str, *, known: frozenset[str] = frozenset()) -> Aim:
    """Return what a contract wants of a request; `any` where it does not say. `known` are the ids of own tasks."""
    operation = made.operation
    queries = {name: list(values) for name, values in made.query}
    violations = intake.check_parameters(operation, queries, dict(made.path))
    if violations:
        return _invalid(contract, probe, operation, violations, f"{_place(operation)}/parameters")
    body: Any = None
    if made.content is not None:
        if operation.body is None:
            return _open(probe, operation, "body")
        try:
            body = intake.parse_json(made.content, JSON)
        except intake.Malformed:
            return _malformed(contract, probe, operation, made.content)
    if operation.role == "submit":
        return _submitted(contract, probe, made, body)
    if operation.body is not None:
        if made.content is None and operation.is_body_required:
            return _refused(contract, probe, operation, "malformed", "no body", "", _body_pointer(operation))
        violations = operation.body.violations(body) if made.content is not None else ()
        if violations:
            return _invalid(contract, probe, operation, violations, _body_pointer(operation))
    return _carried_out(probe, made, queries, known)


def _submitted(contract: Contract, probe: str, made: Made, body: Any) -> Aim:
    operation, field = made.operation, made.operation.discriminator
    at = _body_pointer(operation)
    if made.content is None:
        return _refused(contract, probe, operation, "malformed", "no body", "", at)
    if not isinstance(body, dict):
        return _refused(contract, probe, operation, "malformed", "/ type 'object'", "type", at)
    name = body.get(field, operation.default_model)
    if name is None and field not in body:
        return _invalid(contract, probe, operation, (Violation(f"/{field}", field, "required", ""),), at)
    if not isinstance(name, str):
        return _invalid(contract, probe, operation, (Violation(f"/{field}", field, "type", ""),), at)
    model = operation.models.get(name)
    if model is None:
        return _refused(contract, probe, operation, "unknown_model", f"/{field} names no model", "", at)
    violations = model.schema.violations(body)
    if violations:
        return _invalid(contract, probe, operation, violations, model.file, model, body)
    document = {"body": body, "raw": body}
    if any(inline.check(rule, document) is not None for rule in contract.inputs):
        return _open(probe, operation, "inline")
    edges = [str(rule) for rule in keywords.edges(contract, model.schema, body)]
    intent = Intent(probe, "accept", pointer=model.file, axis=" and ".join(edges))
    return Aim(intent, (operation.id, model.name, made.about, *edges), body, model)


def _carried_out(probe: str, made: Made, queries: dict[str, list[str]], known: frozenset[str]) -> Aim:
    """Of a request that breaks no rule: whether what it asks for is there."""
    operation = made.operation
    if any(len(values) > 1 and not _is_list(operation, name) for name, values in queries.items()):
        return _open(probe, operation, "twice")
    if "task_id" in operation.reads:
        if known & {*dict(made.path).values(), *(value for values in queries.values() for value in values)}:
            if operation.role != "query":
                return _open(probe, operation, "known")
            return Aim(Intent(probe, "accept", pointer=_place(operation)), (operation.id, "known"))
        intent = Intent(probe, "refuse", "unknown_task", rule="the id of no task", pointer=_place(operation))
        return Aim(intent, (operation.id, "unknown_task", made.about))  # a strange id may also be called an invalid one
    if operation.role in ("balance", "list") and {*queries} <= {each.name for each in operation.parameters}:
        return Aim(Intent(probe, "accept", pointer=_place(operation)), (operation.id, made.about))
    return _open(probe, operation, made.about)


def _malformed(contract: Contract, probe: str, operation: Operation, content: bytes) -> Aim:
    """Of what our server does not take for JSON: refused where it is none by the standard, too."""
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        text = "no body" if not content else "a body that is not JSON"
        return _refused(contract, probe, operation, "malformed", text, "", _body_pointer(operation))
    return _open(probe, operation, "json")


def _invalid(
    contract: Contract,
    probe: str,
    operation: Operation,
    violations: Sequence[Violation],
    where: str,
    model: Model | None = None,
    body: Any = None,
) -> Aim:
    """Return the aim of a request that breaks rules: its case is known where each of them has the same."""
    first = violations[0]
    schema = model.schema if model is not None else operation.body if where == _body_pointer(operation) else None
    rule = _rule(contract, schema, first) if schema is not None else None
    text = str(rule) if rule is not None else f"{first.pointer or '/'} {first.keyword}"
    if rule is not None:
        where = places.of_rule(contract, operation, model, min(rule.at))
    cases = {contract.refusal("invalid", operation, each.keyword).id: None for each in violations}
    intent = Intent(
        probe,
        "refuse",
        refusal="invalid",
        case=next(iter(cases)) if len(cases) == 1 else "",
        rule=text if keywords.is_alone(violations) else f"{text} and {len(violations) - 1} more",
        keyword=first.keyword,
        pointer=where,
    )
    name = model.name if model is not None and keywords.is_alone(violations) else ""
    return Aim(intent, (operation.id, name, first.pointer, first.keyword), body, model)


def _refused(
    contract: Contract, probe: str, operation: Operation, refusal: str, rule: str, keyword: str, where: str
) -> Aim:
    case: ErrorCase = contract.refusal(refusal, operation)
    intent = Intent(probe, "refuse", refusal, case.id, rule, keyword, where)
    return Aim(intent, (operation.id, refusal))


def _open(probe: str, operation: Operation, about: str) -> Aim:
    return Aim(Intent(probe, "any", pointer=_place(operation)), (operation.id, "any", about))


def _rule(contract: Contract, schema: Schema, violation: Violation) -> Any:
    try:
        rules = keywords.rules_of(contract, schema)
    except ImportError:
        return None
    return next((rule for rule in rules if rule.fits(violation)), None)


def _is_list(operation: Operation, name: str) -> bool:
    return any(each.name == name and each.kind == "array" for each in operation.parameters)


def _place(operation: Operation) -> str:
    path = operation.path.replace("~", "~0").replace("/", "~1")
    return f"openapi.yaml#/paths/{path}/{operation.method.lower()}"


def _body_pointer(operation: Operation) -> str:
    return f"{_place(operation)}/requestBody"
