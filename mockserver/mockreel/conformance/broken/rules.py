"""Other rules for requests than the contract's: every JSON Schema of a request, rewritten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from mockreel_contracts import Contract, Model, Schema
from mockreel_contracts.model import Price, Rule

Rewrite = Callable[[dict[str, Any]], dict[str, Any]]

_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_TABLES = ("properties", "patternProperties", "dependentSchemas", "$defs")
_BOUNDS = ("minLength", "maxLength", "minimum", "maximum")
_ONE = ("items", "then", "else", "additionalProperties", "contains")


def rewritten(contract: Contract, rewrite: Rewrite) -> Contract:
    """Return a contract in which `rewrite` was applied to each subschema of what requests are checked by.

    Conditions (`if`, `not`) stay. What no row of the prices is for costs 10 credits.
    """
    schemas = {name: _walk(each, rewrite) for name, each in contract.openapi["components"]["schemas"].items()}
    root = {**contract.openapi, "components": {**contract.openapi["components"], "schemas": schemas}}
    made: dict[int, Schema] = {}

    def again(schema: Schema) -> Schema:
        if id(schema) not in made:
            made[id(schema)] = Schema(_walk(schema.source, rewrite), root)
        return made[id(schema)]

    operations = {
        name: replace(
            operation,
            body=again(operation.body) if operation.body is not None else None,
            models={key: replace(model, schema=again(model.schema)) for key, model in operation.models.items()},
            parameters=tuple(
                replace(each, schema=again(each.schema)) if each.where == "query" else each
                for each in operation.parameters
            ),
        )
        for name, operation in contract.operations.items()
    }
    credits = replace(contract.credits, prices=(*contract.credits.prices, Price(Rule({}), Decimal(10), False)))
    return replace(contract, operations=operations, credits=credits)


def without(*keywords: str) -> Callable[[Contract], Contract]:
    """Return a belief that leaves keywords out."""

    def rewrite(schema: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in schema.items() if name not in keywords}

    return lambda contract: rewritten(contract, rewrite)


def moved(by: int, *keywords: str) -> Callable[[Contract], Contract]:
    """Return a belief in which the numbers of keywords are off by so much. No length becomes less than 0."""

    def rewrite(schema: dict[str, Any]) -> dict[str, Any]:
        return {
            name: value + by if name in keywords and isinstance(value, int) and not (value + by < 0 <= value) else value
            for name, value in schema.items()
        }

    return lambda contract: rewritten(contract, rewrite)


def keywords_of(contract: Contract, model: Model) -> set[str]:
    """Return the keywords that requests for a model are checked by.

    A bound of what must be of a certain form, or one of some words, does not count: that holds the value anyhow.
    """
    found: set[str] = set()

    def note(schema: dict[str, Any]) -> dict[str, Any]:
        is_held = bool({"pattern", "enum", "const"} & schema.keys())
        found.update(name for name in schema if not (is_held and name in _BOUNDS))
        return schema

    _follow(model.schema.source, contract.openapi, note, 0)
    return found


def _follow(schema: Any, root: Mapping[str, Any], note: Rewrite, depth: int) -> None:
    if not isinstance(schema, dict) or depth > 20:
        return
    note(schema)
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        _follow(root["components"]["schemas"].get(name), root, note, depth + 1)
    for child in _children(schema):
        _follow(child, root, note, depth + 1)


def _children(schema: Mapping[str, Any]) -> list[Any]:
    return [
        *(each for name in _LISTS for each in schema.get(name, ())),
        *(each for name in _TABLES for each in schema.get(name, {}).values()),
        *(schema[name] for name in _ONE if name in schema),
    ]


def _walk(schema: Any, rewrite: Rewrite) -> Any:
    if not isinstance(schema, dict):
        return schema
    made = rewrite(dict(schema))
    for name in _LISTS:
        if name in made:
            made[name] = [_walk(each, rewrite) for each in made[name]]
    for name in _TABLES:
        if name in made:
            made[name] = {key: _walk(each, rewrite) for key, each in made[name].items()}
    for name in _ONE:
        if name in made:
            made[name] = _walk(made[name], rewrite)
    return made
