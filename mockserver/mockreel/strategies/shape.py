"""What a JSON Schema asks of a value, as a choice between plain lists of demands.

A schema with conditions (`if`, `anyOf`, `dependentSchemas` …) becomes alternatives in which every condition is decided,
so that a value can be made for any of them without trying. `Reading.kept` can also give those of the values that keep
every rule but one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from mockreel_contracts import pointer

MOST = 400  # alternatives of one schema; those beyond are left out
DEMANDS = frozenset(
    (
        *("type", "enum", "const"),
        *("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("minLength", "maxLength", "pattern", "format"),
        *("minItems", "maxItems", "uniqueItems"),
        *("minProperties", "maxProperties"),
    )
)
"""The keywords that say something of one value by itself."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A keyword with its value as JSON, to be kept or, with `is_kept` false, to be broken."""

    keyword: str
    value: bytes
    is_kept: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """What one value is like. Of an object, `fields` are (name, shape) where they are present.

    Of a list, `item` is the shape of every item, and `first` that of the first instead.
    """

    demands: tuple[Demand, ...] = ()
    fields: tuple[tuple[str, Shape], ...] = ()
    required: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    item: Shape | None = None
    first: Shape | None = None
    extra: str | None = None
    """The name of a field to add that the schema does not know."""

    def __repr__(self) -> str:
        return f"<Shape of {len(self.demands)} demands and {len(self.fields)} fields>"  # hypothesis asks for it often


ANY = Shape()
Broken = frozenset[str]
NONE: Broken = frozenset()


def demand(keyword: str, value: Any, *, is_kept: bool = True) -> Shape:
    """Return the shape that makes one demand."""
    return Shape((Demand(keyword, orjson.dumps(value), is_kept),))


def both(one: Shape, other: Shape) -> Shape | None:
    """Return the shape of what has both, or None where they contradict each other openly."""
    required, absent = one.required | other.required, one.absent | other.absent
    if required & absent:
        return None
    fields = dict(one.fields)
    for name, shape in other.fields:
        merged = both(fields[name], shape) if name in fields else shape
        if merged is not None:
            fields[name] = merged
        elif name in required:
            return None
        else:
            fields.pop(name)
            absent |= {name}
    return Shape(
        tuple(dict.fromkeys((*one.demands, *other.demands))),
        tuple(fields.items()),
        required,
        absent,
        _joined(one.item, other.item),
        _joined(one.first, other.first),
        one.extra or other.extra,
    )


def product(parts: Iterable[list[Shape]]) -> list[Shape]:
    """Return the alternatives of what has one alternative of each part."""
    made = [ANY]
    for part in sorted(parts, key=len):
        found: Iterator[Shape | None] = (both(one, other) for one in made for other in part)
        made = list(islice((shape for shape in found if shape is not None), MOST))
    return made


def weight(shape: Shape) -> tuple[int, int]:
    """Return how much a shape asks for: examples shrink towards the lightest."""
    parts = [weight(part) for _, part in shape.fields]
    return len(shape.required) + sum(n for n, _ in parts), sum(n for _, n in parts) - len(shape.absent)


class Reading:
    """A schema being read. `root` is the document into which its references point."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def kept(self, schema: Any, at: str = "", broken: Broken = NONE) -> list[Shape]:
        """Return the alternatives of the values that keep `schema`, but break the rule at `broken`.

        That is one pointer into the schema, through references (`/allOf/0/$ref/properties/x/enum`), or those of all
        places that make the same rule.
        """
        if isinstance(schema, bool):
            return [ANY] if schema != (at in broken) else []
        return product(
            self._kept(schema, keyword, value, f"{at}/{keyword}", broken) for keyword, value in schema.items()
        )

    def broken(self, schema: Any) -> list[Shape]:
        """Return the alternatives of the values that break `schema`."""
        if isinstance(schema, bool):
            return [] if schema else [ANY]
        found: list[Shape] = []
        for keyword, value in schema.items():
            found += self._broken(schema, keyword, value)
        return found[:MOST]

    def target(self, reference: str) -> Any:
        """Return the schema that a reference names."""
        return pointer.get(self._root, reference.removeprefix("#"))

    def _kept(self, schema: Mapping[str, Any], keyword: str, value: Any, at: str, broken: Broken) -> list[Shape]:
        if at in broken:
            return self._broken(schema, keyword, value)
        match keyword:
            case _ if keyword in DEMANDS:
                return [demand(keyword, value)]
            case "$ref":
                return self.kept(self.target(value), at, broken)
            case "not":
                return self.broken(value)
            case "allOf":
                return product(self.kept(part, f"{at}/{i}", broken) for i, part in enumerate(value))
            case "anyOf" | "oneOf":
                return [shape for part in value for shape in self.kept(part)][:MOST]
            case "required":
                lost = frozenset(name for name in value if pointer.join(at, name) in broken)
                return [Shape(_object().demands if lost else (), required=frozenset(value) - lost, absent=lost)]
            case "properties":
                return product(self._field(name, part, pointer.join(at, name), broken) for name, part in value.items())
            case "items":
                return self._items(value, at, broken)
            case "dependentRequired":
                return product(
                    self._needed(name, other, is_broken=pointer.join(at, name, other) in broken)
                    for name, others in value.items()
                    for other in others
                )
            case "dependentSchemas":
                return product(self._beside(name, part, pointer.join(at, name), broken) for name, part in value.items())
            case "if":
                stem = at.removesuffix("if")
                then, other = schema.get("then", True), schema.get("else", True)
                holds, fails = self.kept(value), self.broken(value)
                if _leads(f"{stem}then", broken):
                    fails = []
                if _leads(f"{stem}else", broken):
                    holds = []
                return [
                    *product((holds, self.kept(then, f"{stem}then", broken))),
                    *product((fails, self.kept(other, f"{stem}else", broken))),
                ][:MOST]
            case _:  # `then` and `else` are read with `if`; the rest is left to a validator
                return [ANY]

    def _broken(self, schema: Mapping[str, Any], keyword: str, value: Any) -> list[Shape]:
        match keyword:
            case _ if keyword in DEMANDS:
                return [demand(keyword, value, is_kept=False)]
            case "$ref":
                return self.broken(self.target(value))
            case "not":
                return self.kept(value)
            case "allOf":
                return [shape for part in value for shape in self.broken(part)]
            case "anyOf" | "oneOf":
                return product(self.broken(part) for part in value)
            case "required":
                return [Shape(_object().demands, absent=frozenset((name,))) for name in value]
            case "properties":
                return [
                    Shape(_object().demands, ((name, shape),), frozenset((name,)))
                    for name, part in value.items()
                    for shape in self.broken(part)
                ]
            case "items":
                return self._first(self.broken(value), [ANY])
            case "dependentRequired":
                return [
                    one for a, others in value.items() for b in others for one in self._needed(a, b, is_broken=True)
                ]
            case "dependentSchemas":
                given = ((Shape(required=frozenset((name,))), part) for name, part in value.items())
                return [shape for one, part in given for shape in product(([one], self.broken(part)))]
            case "additionalProperties" if value is False:
                known = schema.get("properties", {})
                name = next(word for word in ("other", "another", "yet_another", "x_other") if word not in known)
                return [Shape(_object().demands, extra=name)]
            case "if":
                return [
                    *product((self.kept(value), self.broken(schema.get("then", True)))),
                    *product((self.broken(value), self.broken(schema.get("else", True)))),
                ]
            case _:
                return []

    def _field(self, name: str, part: Any, at: str, broken: Broken) -> list[Shape]:
        is_meant = _leads(at, broken)
        shapes = self.kept(part, at, broken)
        required = frozenset((name,)) if is_meant else frozenset[str]()
        if not shapes and not is_meant:
            return [Shape(absent=frozenset((name,)))]
        return [Shape(_object().demands if is_meant else (), ((name, shape),), required) for shape in shapes]

    def _items(self, part: Any, at: str, broken: Broken) -> list[Shape]:
        if _leads(at, broken):
            return self._first(self.kept(part, at, broken), self.kept(part))
        return [Shape(item=shape) for shape in self.kept(part)] or [demand("maxItems", 0)]

    def _first(self, firsts: list[Shape], others: list[Shape]) -> list[Shape]:
        """Return lists whose first item is of one of these shapes, and the others of theirs."""
        filled = (*demand("type", "array").demands, *demand("minItems", 1).demands)
        return [Shape(filled, first=first, item=other) for first in firsts for other in others]

    def _needed(self, name: str, other: str, *, is_broken: bool) -> list[Shape]:
        if is_broken:
            return [Shape(_object().demands, required=frozenset((name,)), absent=frozenset((other,)))]
        return [Shape(absent=frozenset((name,))), Shape(required=frozenset((name, other)))]

    def _beside(self, name: str, part: Any, at: str, broken: Broken) -> list[Shape]:
        """Return the objects without `name`, and those with it that keep what it asks for."""
        without = [] if _leads(at, broken) else [Shape(absent=frozenset((name,)))]
        return [*without, *product(([Shape(required=frozenset((name,)))], self.kept(part, at, broken)))]


def _leads(at: str, broken: Broken) -> bool:
    """Whether a broken rule stands in the schema at `at`."""
    return any(each == at or each.startswith(f"{at}/") for each in broken)


def _object() -> Shape:
    return demand("type", "object")


def _joined(one: Shape | None, other: Shape | None) -> Shape | None:
    if one is None or other is None:
        return one or other
    return both(one, other) or demand("enum", [])
