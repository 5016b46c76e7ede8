"""Which rules of a contract's requests a run has kept and has broken.

Every rule of a model's schema, of another operation's body and of a parameter counts twice, as
`OPERATION MODEL /input/prompt maxLength kept` and `… broken`. Models that share a schema count as one, under
the name of the first.

- *broken* is reached by a request that breaks this rule and no other.
- *kept* is reached by a request that keeps all rules and has the value that the rule is about. Of a bound
  (`maxLength`, `minimum` …) the value must stand right at it: only there is an off-by-one mistake seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from mockreel.conformance.exchange import Record
from mockreel.conformance.making import parameters
from mockreel_contracts import Contract, Model, Operation, Violation, pointer
from mockreel_contracts.schema import Schema

if TYPE_CHECKING:
    from mockreel.strategies import Rule

_BOUNDS: Mapping[str, Callable[[Any], Any]] = {
    "maxLength": len,
    "minLength": len,
    "maxItems": len,
    "minItems": len,
    "maxProperties": len,
    "minProperties": len,
    "maximum": lambda value: value,
    "minimum": lambda value: value,
}
_INDEX = re.compile(r"/\d+(?=/|$)")


def keywords(record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the rules that a run's requests reached, and of those that they did not.

    Nothing of either where mockreel[testing] is not installed, which reads the rules of schemas.
    """
    try:
        wanted = list(names(record.contract))
    except ImportError:
        return (), ()
    found: set[str] = set()
    known: set[tuple[str, str, bytes]] = set()
    for exchange in record.exchanges:
        operation = exchange.operation
        if operation is None or (operation.id, exchange.url, exchange.sent) in known:
            continue
        known.add((operation.id, exchange.url, exchange.sent))
        if operation.parameters:
            demands = {each.name: _demands(record.contract, each.schema) for each in operation.parameters}
            found.update(parameters.reached(operation, exchange.url, demands))
        if operation.body is not None and exchange.sent:
            found.update(_body_of(record.contract, operation, exchange.sent))
    return tuple(name for name in wanted if name in found), tuple(name for name in wanted if name not in found)


def names(contract: Contract) -> Iterator[str]:
    """Give the name of everything that can be reached, in the contract's order."""
    for operation in contract.operations.values():
        for subject, schema in _schemas(operation):
            for rule in rules_of(contract, schema):
                for side in ("kept", "broken"):
                    yield _name(operation, subject, rule.pointer, rule.keyword, side)
        for parameter in operation.parameters:
            for keyword in parameters.rules_of(_demands(contract, parameter.schema), parameter):
                yield parameters.name(operation, parameter, keyword, "kept")
                if keyword != parameters.GIVEN:
                    yield parameters.name(operation, parameter, keyword, "broken")


def rules_of(contract: Contract, schema: Schema) -> tuple[Rule, ...]:
    """Return the rules of a schema of the contract. Raises ImportError without mockreel[testing]."""
    known = _RULES.get(id(schema))
    if known is None or known[0] is not schema:
        from mockreel.strategies.rule import rules_in
        from mockreel.strategies.shape import Reading

        found: dict[tuple[str, str], Rule] = {}
        for rule in rules_in(schema.source, Reading(contract.openapi)):
            found.setdefault((rule.pointer, rule.keyword), rule)
        known = (schema, tuple(rule for rule in found.values() if not _is_implied(rule, found)))
        _RULES[id(schema)] = known
    return known[1]


def edges(contract: Contract, schema: Schema, body: Any) -> list[Rule]:
    """Return the bounds at which a body stands."""
    return [rule for rule in rules_of(contract, schema) if rule.keyword in _BOUNDS and _has(body, rule)]


def is_alone(violations: Sequence[Violation]) -> bool:
    """Whether violations are all of one rule."""
    return len({(_INDEX.sub("/0", each.pointer), each.keyword) for each in violations}) == 1


_RULES: dict[int, tuple[Schema, tuple[Rule, ...]]] = {}


def _demands(contract: Contract, schema: Schema) -> dict[str, Any]:
    """Return what a schema of one value, or of the items of a list, asks: keyword to its value."""
    return {rule.keyword: rule.wanted for rule in rules_of(contract, schema)}


def _is_implied(rule: Rule, others: Mapping[tuple[str, str], Rule]) -> bool:
    """Whether a rule cannot be broken alone: an `enum` of the same value says it too."""
    return rule.keyword == "type" and any((rule.pointer, keyword) in others for keyword in ("enum", "const"))


def _name(operation: Operation, subject: str, where: str, keyword: str, side: str) -> str:
    return f"{operation.id} {subject} {where or '/'} {keyword} {side}"


def _schemas(operation: Operation) -> Iterator[tuple[str, Schema]]:
    """Give what bodies are checked by, each with a name."""
    if operation.models:
        yield from ((_subject(operation, model), model.schema) for model in _first_of_files(operation).values())
    elif operation.body is not None:
        yield "body", operation.body


@lru_cache(maxsize=8192)
def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _NOTHING


_NOTHING = object()


def _body_of(contract: Contract, operation: Operation, sent: bytes) -> Iterator[str]:
    body = _parsed(sent)
    if body is _NOTHING:
        return
    for subject, schema in _meant(operation, body):
        violations = schema.violations(body)
        broken = {(_INDEX.sub("/0", violation.pointer), violation.keyword) for violation in violations}
        if len(broken) == 1:
            where, keyword = next(iter(broken))
            yield _name(operation, subject, where, keyword, "broken")
        elif not broken:
            for rule in rules_of(contract, schema):
                if _has(body, rule):
                    yield _name(operation, subject, rule.pointer, rule.keyword, "kept")


def _meant(operation: Operation, body: Any) -> Iterator[tuple[str, Schema]]:
    """Give the schemas that a body is to be judged by: its model's, or every one where it names no model."""
    if operation.models and isinstance(body, dict):
        name = body.get(operation.discriminator, operation.default_model)
        model = operation.models.get(name) if isinstance(name, str) else None
        if model is not None:
            yield _subject(operation, model), model.schema
            return
    yield from _schemas(operation)


def _first_of_files(operation: Operation) -> dict[str, Model]:
    """Return of each schema the first model that it is for."""
    found: dict[str, Model] = {}
    for model in operation.models.values():
        found.setdefault(model.file, model)
    return found


def _subject(operation: Operation, model: Model) -> str:
    return _first_of_files(operation)[model.file].name or model.file


def _has(body: Any, rule: Rule) -> bool:
    """Whether a body has the value of a rule; of a bound, right at it."""
    values = list(_at(body, pointer.split(rule.pointer)))
    edge = _BOUNDS.get(rule.keyword)
    if edge is None:
        return bool(values)
    try:
        return any(edge(value) == rule.wanted for value in values if not isinstance(value, bool))
    except TypeError:
        return False


def _at(value: Any, parts: Sequence[str]) -> Iterator[Any]:
    """Give the values at a pointer; its `0` stands for every item of a list."""
    if not parts:
        yield value
    elif isinstance(value, dict) and parts[0] in value:
        yield from _at(value[parts[0]], parts[1:])
    elif isinstance(value, list) and parts[0] == "0":
        for item in value:
            yield from _at(item, parts[1:])
