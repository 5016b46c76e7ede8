"""The rules of a schema, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson

from mockreel.strategies.shape import DEMANDS, Reading
from mockreel_contracts import Violation, pointer

_WHOLE = frozenset(("not", "anyOf", "oneOf"))  # which a validator reports as they stand
_NAMED = frozenset(("required", "dependentRequired"))  # the pointer says what is wanted
_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a model's schema.

    `pointer` is the JSON pointer of the value that breaks it (of a list, its first item) and `keyword` the schema
    keyword, as in a Violation; `wanted` is the keyword's value, `at` the places in the schema that say so, through
    references.
    """

    pointer: str
    keyword: str
    wanted: Any
    at: frozenset[str]

    def __str__(self) -> str:
        return f"{self.pointer or '/'} {self.keyword} {self.wanted!r:.60}"

    def __repr__(self) -> str:
        return f"<Rule {self}>"

    def __hash__(self) -> int:
        return hash((self.pointer, self.keyword, self.at))

    def fits(self, violation: Violation) -> bool:
        """Whether a violation is of this rule."""
        return (violation.pointer, violation.keyword) == (self.pointer, self.keyword)


def rules_in(schema: Any, reading: Reading) -> list[Rule]:
    """Return the rules of `schema` in its order; one that it says twice is one rule."""
    found: dict[tuple[str, str, bytes], Rule] = {}
    for rule in _rules(schema, reading, "", "", 0):
        said = (rule.pointer, rule.keyword, b"" if rule.keyword in _NAMED else orjson.dumps(rule.wanted))
        known = found.setdefault(said, rule)
        found[said] = replace(known, at=known.at | rule.at)
    return list(found.values())


def _rules(schema: Any, reading: Reading, at: str, where: str, depth: int) -> Iterator[Rule]:
    """Go through the rules of `schema`, which is about the value at the pointer `where`."""
    if schema is False:
        yield Rule(where, "falseSchema", False, frozenset((at,)))
    if not isinstance(schema, dict) or depth > _DEPTH:
        return
    for keyword, value in schema.items():
        place = f"{at}/{keyword}"
        if keyword in DEMANDS or keyword in _WHOLE or (keyword == "additionalProperties" and value is False):
            yield Rule(where, keyword, value, frozenset((place,)))
        elif keyword == "required":
            for name in value:
                yield Rule(pointer.join(where, name), keyword, value, frozenset((pointer.join(place, name),)))
        elif keyword == "dependentRequired":
            for name, others in value.items():
                for other in others:
                    yield Rule(
                        pointer.join(where, other), keyword, value, frozenset((pointer.join(place, name, other),))
                    )
        for part, place_of_part, where_of_part in _parts(keyword, value, reading, place, where):
            yield from _rules(part, reading, place_of_part, where_of_part, depth + 1)


def _parts(keyword: str, value: Any, reading: Reading, at: str, where: str) -> Iterator[tuple[Any, str, str]]:
    """Go through (schema, its place, the pointer of its value) of those that a keyword holds and that always count."""
    match keyword:
        case "$ref":
            yield reading.target(value), at, where
        case "allOf":
            for index, part in enumerate(value):
                yield part, f"{at}/{index}", where
        case "properties":
            for name, part in value.items():
                yield part, pointer.join(at, name), pointer.join(where, name)
        case "items":
            yield value, at, f"{where}/0"
        case "dependentSchemas":
            for name, part in value.items():
                yield part, pointer.join(at, name), where
        case "then" | "else":
            yield value, at, where
