"""Schemas that no shipped contract has: every keyword is kept, and broken alone, as `jsonschema` judges it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockreel.strategies.rule import rules_in
from mockreel.strategies.shape import Reading
from mockreel.strategies.texts import READABLE
from mockreel.strategies.values import is_possible, values
from tests.strategies.judges import broken, validator_of

FLAG = {"enum": [True, False, "true", "false"]}
SCHEMAS: dict[str, dict[str, Any]] = {
    "type": {"type": ["string", "null"]},
    "whole number": {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 9, "multipleOf": 2},
    "number": {"type": "number", "minimum": 0.1, "maximum": 0.9},
    "steps": {"type": "number", "minimum": 0, "maximum": 100, "multipleOf": 10},
    "length": {"type": "string", "minLength": 3, "maxLength": 40},
    "pattern": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$", "maxLength": 12},
    "pattern of other letters": {"type": "string", "pattern": "^[船水]{2}$"},
    "format": {"type": "string", "format": "date-time"},
    "const": {"const": {"a": 1}},
    "enum": {"type": "string", "enum": ["one", "two"]},
    "list": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "maxItems": 3},
    "set": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
    "nested": {"type": "array", "items": {"type": "object", "required": ["a"], "properties": {"a": {"type": "null"}}}},
    "fields": {"type": "object", "minProperties": 1, "maxProperties": 2, "properties": dict.fromkeys("abc", FLAG)},
    "no others": {"type": "object", "properties": {"a": FLAG}, "additionalProperties": False},
    "none": {"type": "object", "properties": {"a": FLAG, "b": False}},
    "not": {"type": "object", "properties": {"a": {"type": "integer", "not": {"multipleOf": 5}}}, "required": ["a"]},
    "any": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer", "minimum": 7}]},
    "if and else": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": ["a", "b"]}, "x": {"type": "integer"}, "y": {"type": "integer"}},
        "if": {"properties": {"kind": {"const": "a"}}},
        "then": {"required": ["x"], "properties": {"x": {"minimum": 1}}},
        "else": {"required": ["y"], "not": {"required": ["x"]}},
    },
    "dependent": {
        "type": "object",
        "properties": {"a": FLAG, "b": FLAG, "c": {"type": "string"}},
        "dependentRequired": {"a": ["b", "c"]},
        "dependentSchemas": {"c": {"properties": {"b": {"enum": [True, False]}}}},
    },
    "all": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["b"]}], "properties": {"b": {"maximum": 5}}},
    "either": {
        "type": "object",
        "properties": {"a": FLAG, "b": FLAG},
        "oneOf": [{"required": ["a"], "not": {"required": ["b"]}}, {"required": ["b"], "not": {"required": ["a"]}}],
    },
}
ROOT = {
    "components": {
        "schemas": {"Base": {"type": "object", "required": ["a"], "properties": {"a": FLAG, "b": {"type": "number"}}}}
    }
}
UNBREAKABLE = {"enum": {("", "type")}, "either": {("", "type")}}  # what is of another type breaks the other rule too


@pytest.mark.parametrize("name", SCHEMAS)
def test_values_keep_the_schema(name: str) -> None:
    schema = SCHEMAS[name]
    shapes = [shape for shape in Reading(ROOT).kept(schema) if is_possible(shape)]
    validator = validator_of(schema, ROOT)
    refused = []

    @settings(max_examples=60)
    @given(st.sampled_from(shapes).flatmap(lambda shape: values(shape, READABLE)))
    def check(value: Any) -> None:
        if broken(validator, value):
            refused.append(value)

    check()
    assert refused == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_rule_is_broken_alone(name: str) -> None:
    schema = SCHEMAS[name]
    reading, validator = Reading(ROOT), validator_of(schema, ROOT)
    left = set()

    def check_rule(rule: Any, shapes: Any) -> None:
        found = []

        @settings(max_examples=15)
        @given(st.sampled_from(shapes).flatmap(lambda shape: values(shape, READABLE)))
        def check(value: Any) -> None:
            found.append((broken(validator, value), value))

        check()
        at = "" if rule.keyword == "falseSchema" else rule.pointer  # jsonschema tells of the object that holds it
        label = {(at, rule.keyword)}
        assert [each for each in found if each[0] != label] == [], rule

    for rule in rules_in(schema, reading):
        shapes = [shape for shape in reading.kept(schema, broken=rule.at) if is_possible(shape)]
        if shapes:
            check_rule(rule, shapes)
        else:
            left.add((rule.pointer, rule.keyword))
    assert left == UNBREAKABLE.get(name, set())
