"""Schemas that go in circles, grow without end or are none: compared in bounded time, never silently the same."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from mockreel_contracts.diff import Side, compare
from mockreel_contracts.diff.side import Place

A: dict[str, Any] = {"$ref": "#/components/schemas/A"}


def side(schemas: dict[str, Any]) -> Side:
    body = {"content": {"application/json": {"schema": A}}}
    document = {
        "openapi": "3.1.0",
        "paths": {"/a": {"post": {"requestBody": body}}},
        "components": {"schemas": schemas},
    }
    return Side("s", "o", {"o": document}, {})


def chain(leaf: dict[str, Any]) -> dict[str, Any]:
    names = ["A", *(f"A{i}" for i in range(1, 41))]
    links = {
        one: {"properties": {key: {"allOf": [{"$ref": f"#/components/schemas/{other}"}]} for key in "abcdefgh"}}
        for one, other in pairwise(names)
    }
    return {**links, names[-1]: leaf}


@pytest.mark.parametrize(
    ("old", "new", "count"),
    [
        ({"A": {"allOf": [A]}}, {"A": A}, 0),
        ({"A": {"properties": {"n": A, "v": {"maximum": 3}}}}, {"A": {"properties": {"n": A, "v": {"maximum": 2}}}}, 1),
        ({"A": {"items": A}}, {"A": {"items": A, "type": "array"}}, 1),
        (chain({"maximum": 1}), chain({"maximum": 2}), 1),
        ({"A": {"required": 5}}, {"A": {"required": 5, "enum": "x", "properties": []}}, 0),
    ],
    ids=["allOf", "tree", "list", "chain", "odd"],
)
def test_circles_are_compared_once(old: dict[str, Any], new: dict[str, Any], count: int) -> None:
    assert len(compare(side(old), side(new))) == count


def test_what_is_too_deep_is_not_said_to_be_the_same() -> None:
    deep: dict[str, Any] = {"maximum": 1}
    other: dict[str, Any] = {"maximum": 2}
    for _ in range(90):
        deep, other = {"items": deep}, {"items": other}
    (change,) = compare(side({"A": deep}), side({"A": other}))
    assert change.breaks.callers.verdict == "unknown"
    assert "too large or too deep" in change.text


def test_what_is_written_the_same_is_the_same_however_deep() -> None:
    deep: dict[str, Any] = {"maximum": 1}
    for _ in range(90):
        deep = {"items": deep}
    assert compare(side({"A": deep}), side({"A": deep})) == ()


def test_many_new_properties_are_gone_through_a_few_times_and_not_once_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []
    children = Place.children
    monkeypatch.setattr(Place, "children", lambda self: calls.append(self) or children(self))
    old, new = {"A": {"properties": {}}}, {"A": {"properties": {f"p{n}": {} for n in range(50)}}}
    assert len(compare(side(old), side(new))) == 50
    assert len(compare(side(new), side(old))) == 50
    assert len(calls) < 50
