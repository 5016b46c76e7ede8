"""What a JSON Schema says by keyword, when its $ref and allOf are taken together."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockreel_contracts.diff.side import MAX_HOPS, Place, Side

TYPES = frozenset(["null", "boolean", "object", "array", "string", "integer", "fraction"])
"""JSON Schema's types, `number` taken apart."""
SIZES = {"Length": "string", "Items": "array", "Properties": "object"}
All = tuple[Place, ...]
"""Schemas that all hold."""


def conjuncts(side: Side, place: Place) -> All:
    """Return the schemas that hold together where `place` stands: itself, what it refers to, and its allOf."""
    found: dict[tuple[str, str], Place] = {}
    pending = [(place, 0)]
    while pending:
        here, hops = pending.pop()
        if here.key in found or hops > MAX_HOPS:
            continue
        found[here.key] = here
        inner = [child for child in (here.child("allOf"),) if child is not None]
        parts = [part for child in inner for part in child.items()]
        reference = here.get("$ref")
        target = side.target(reference, here.file) if isinstance(reference, str) else None
        pending.extend((part, hops + 1) for part in reversed(parts))
        if target is not None:
            pending.append((target, hops + 1))
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Bound:
    """The tightest of the bounds of one kind, and where it is written; `value` is None where there is none."""

    value: float | int | None
    is_exclusive: bool = False
    place: Place | None = None

    def __str__(self) -> str:
        return "none" if self.value is None else f"{'not ' if self.is_exclusive else ''}{self.value:,}".replace(",", "")


def keyed(value: Any) -> str:
    """Return a text that is the same for equal JSON values: 1 and 1.0, not 1 and true."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    return value


def type_of(value: Any) -> str:
    """Return the type of a JSON value, one of TYPES."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if float(value).is_integer() else "fraction"
    kinds = {type(None): "null", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "object")


def where(places: All, keyword: str) -> Place:
    """Return the place of a keyword, or of the schema where no part has it."""
    return next((found for p in places if (found := p.child(keyword)) is not None), places[0])


def types(places: All) -> frozenset[str]:
    """Return the types that are left."""
    left = TYPES
    for place in places:
        written = place.get("type")
        names = [written] if isinstance(written, str) else written if isinstance(written, list) else None
        if names is None:
            continue
        allowed = {str(name) for name in names} | ({"null"} if place.get("nullable") is True else set())
        if "number" in allowed:
            allowed |= {"integer", "fraction"}
        left &= allowed
    return left


def values(places: All, skip: bool = False) -> dict[str, Any] | None:
    """Return the values of enum and const that are left, by their text; None where any value may stand."""
    left: dict[str, Any] | None = None
    for place in () if skip else places:
        lists = [place.value["enum"]] if isinstance(place.get("enum"), list) else []
        if isinstance(place.value, Mapping) and "const" in place.value:
            lists.append([place.value["const"]])
        for listed in lists:
            named = {keyed(value): value for value in listed}
            left = named if left is None else {key: value for key, value in left.items() if key in named}
    return None if left is None else {key: value for key, value in left.items() if fits(value, places)}


def fits(value: Any, places: All) -> bool:
    """Whether a value keeps the types, bounds and sizes; other keywords are not looked at."""
    kind = type_of(value)
    if kind not in types(places):
        return False
    if kind in ("integer", "fraction"):
        low, high = bound(places, is_lower=True), bound(places, is_lower=False)
        if low.value is not None and (value < low.value or (low.is_exclusive and value == low.value)):
            return False
        return high.value is None or not (value > high.value or (high.is_exclusive and value == high.value))
    for noun, sized in SIZES.items():
        if kind == sized:
            least, most = size(places, f"min{noun}"), size(places, f"max{noun}")
            if len(value) < (least.value or 0) or (most.value is not None and len(value) > most.value):
                return False
    return True


def bound(places: All, *, is_lower: bool) -> Bound:
    """Return the lower or the upper bound of numbers; of integers it is a whole number and inclusive."""
    inclusive, exclusive = ("minimum", "exclusiveMinimum") if is_lower else ("maximum", "exclusiveMaximum")
    best = Bound(None)
    for place in places:
        is_out = place.get(exclusive) is True  # OpenAPI 3.0 writes the exclusion as a boolean
        for keyword, excludes in ((inclusive, is_out), (exclusive, True)):
            value = place.get(keyword)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                continue
            found = Bound(value, excludes, place.child(keyword))
            best = found if best.value is None or is_tighter(found, best, is_lower=is_lower) else best
    if best.value is None or "fraction" in types(places):
        return best
    whole = math.ceil(best.value) if is_lower else math.floor(best.value)
    if best.is_exclusive and whole == best.value:
        whole += 1 if is_lower else -1
    return Bound(whole, False, best.place)


def is_tighter(one: Bound, other: Bound, *, is_lower: bool) -> bool:
    """Whether a bound leaves less than another."""
    if one.value is None or other.value is None:
        return other.value is None and one.value is not None
    if one.value == other.value:
        return one.is_exclusive and not other.is_exclusive
    return (one.value > other.value) is is_lower


def size(places: All, keyword: str) -> Bound:
    """Return the tightest of minLength, maxItems and their like. A least size of 0 is none."""
    best = Bound(None)
    for place in places:
        value = place.get(keyword)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            continue
        if keyword.startswith("min") and value <= 0:
            continue
        found = Bound(value, False, place.child(keyword))
        if best.value is None or is_tighter(found, best, is_lower=keyword.startswith("min")):
            best = found
    return best


def is_impossible(places: All) -> bool:
    """Whether plainly nothing fits: a `false`, `not: {}`, or no type left."""
    return any(p.value is False or p.get("not", default=False) in ({}, True) for p in places) or not types(places)


def beside(place: Place, others: All) -> Place:
    """Return which of the schemas of the other side stands where `place` does, or the first."""
    parents = {place.key, (place.file, place.pointer.rpartition("/")[0])}
    parents.add((place.file, place.pointer.rpartition("/")[0].rpartition("/")[0]))
    return next((other for other in others if other.key in parents), others[0])
