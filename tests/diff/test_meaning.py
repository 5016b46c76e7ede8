"""What is said of two schemas agrees with values that are tried on both."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockreel_contracts import Schema
from mockreel_contracts.diff import Side
from mockreel_contracts.diff.schemas import Walk
from mockreel_contracts.diff.side import Place

VALUES: list[Any] = [
    *(None, True, False, 0, 1, 2, 2.5, 3, 4, -1, "", "a", "ab", "abc", [], [1], [1, 1], ["a"], [1, 2, 3], {}),
    *({"p": x} for x in (None, 1, 2, 3, "a", "")),
    *({"q": x} for x in (1, 5, "a")),
    *({"p": x, "q": y} for x, y in product((1, 3, "a"), (1, 5, "a"))),
    {"r": 1},
    {"p": 1, "r": 1},
]
small_numbers = st.integers(-1, 4)
scalars = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["integer", "number", "string", "boolean", ["string", "null"], ["integer", "string"]]),
        "enum": st.lists(st.sampled_from([0, 1, 2, 2.5, "a", "ab", None, True]), min_size=1, max_size=4),
        "minimum": small_numbers,
        "maximum": small_numbers,
        "exclusiveMinimum": small_numbers,
        "exclusiveMaximum": small_numbers,
        "minLength": st.integers(0, 3),
        "maxLength": st.integers(0, 3),
        "multipleOf": st.sampled_from([1, 2, 3]),
    },
)
forms = st.one_of(
    scalars,
    st.fixed_dictionaries(
        {"type": st.just("object")},
        optional={
            "properties": st.dictionaries(st.sampled_from("pq"), scalars | st.booleans(), max_size=2),
            "required": st.lists(st.sampled_from("pqr"), unique=True, max_size=2),
            "additionalProperties": st.booleans() | scalars,
            "dependentRequired": st.dictionaries(st.sampled_from("pq"), st.lists(st.sampled_from("qr"), max_size=1)),
            "maxProperties": st.integers(0, 2),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.just("array")},
        optional={"items": scalars | st.booleans(), "minItems": st.integers(0, 2), "uniqueItems": st.booleans()},
    ),
)
schemas = st.recursive(
    forms,
    lambda inner: st.one_of(
        st.builds(lambda a, b: {"anyOf": [a, b]}, inner, inner),
        st.builds(lambda a, b: {"oneOf": [a, b]}, inner, inner),
        st.builds(lambda a, b: {"allOf": [a, b]}, inner, inner),
        st.builds(lambda a, b: {**a, "not": b}, inner, inner),
        st.builds(lambda a, b, c: {"if": a, "then": b, "else": c}, inner, inner, inner),
    ),
    max_leaves=4,
)
NAMED_NEW = {"new", "gone", "new_required", "gone_required", "gone_forbidden"}
"""Here the verdict rests on what people send, not on what would be let through."""


def relations(a: Any, b: Any) -> list[str]:
    side = Side("s", "o", {"o": a}, {"o": Path("o")})
    other = Side("s", "o", {"o": b}, {"o": Path("o")})
    walk = Walk(side, other)
    walk.places(Place("o", "", a), Place("o", "", b), "body")
    return [delta.relation for delta in walk.found if delta.relation]


def fitting(schema: Any) -> list[Any]:
    compiled = Schema(schema, {})
    return [value for value in VALUES if compiled.is_valid(value)]


def check(a: Any, b: Any) -> None:
    said = set(relations(a, b))
    if said & {"unknown", "other", *NAMED_NEW}:
        return
    lost = [value for value in fitting(a) if not Schema(b, {}).is_valid(value)]
    won = [value for value in fitting(b) if not Schema(a, {}).is_valid(value)]
    assert "narrower" in said or not lost, (said, lost)
    assert "wider" in said or not won, (said, won)


@given(schemas, schemas)
def test_what_is_said_to_be_safe_loses_no_value(a: Any, b: Any) -> None:
    check(a, b)


@given(st.data())
def test_one_edit_that_is_said_to_be_safe_loses_no_value(data: st.DataObject) -> None:
    a = data.draw(forms)
    b = {key: value for key, value in a.items() if data.draw(st.booleans())} | data.draw(scalars)
    check(a, b)


@given(schemas, schemas)
def test_the_other_way_round_it_is_the_opposite(a: Any, b: Any) -> None:
    opposite = {
        "narrower": "wider",
        "wider": "narrower",
        "new": "gone",
        "gone": "new",
        "new_required": "gone_required",
        "gone_required": "new_required",
    }
    there, back = relations(a, b), relations(b, a)
    assert bool(there) == bool(back)
    if not {*there, *back} & {"unknown", "other", "gone_forbidden"} and not NAMED_NEW & {*there, *back}:
        assert sorted(opposite[word] for word in there) == sorted(back)


@given(schemas)
def test_a_schema_is_as_it_is(a: Any) -> None:
    assert relations(a, a) == []
