"""The demands on one value, put together: which types it may have, and what is asked of each."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from mockreel.strategies.shape import Shape

KINDS = ("string", "integer", "fraction", "boolean", "null", "array", "object")
"""JSON's types, with those numbers by themselves that are not whole."""

_OF: dict[str, frozenset[str]] = {kind: frozenset((kind,)) for kind in KINDS} | {
    "number": frozenset(("integer", "fraction")),
}


@dataclass(slots=True)
class Bounds:
    """What a value may be. Lengths count characters, sizes items or fields; None has no bound.

    `multiples` are (step, whether it is one); patterns and formats are (text, whether it is of it).
    """

    kinds: frozenset[str] = frozenset(KINDS)
    among: list[Any] | None = None
    barred: list[Any] = field(default_factory=list)
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    multiples: list[tuple[float, bool]] = field(default_factory=list)
    shortest: int = 0
    longest: int | None = None
    patterns: list[tuple[str, bool]] = field(default_factory=list)
    formats: list[tuple[str, bool]] = field(default_factory=list)
    fewest: int = 0
    most: int | None = None
    is_unique: bool | None = None
    fewest_fields: int = 0
    most_fields: int | None = None

    def values(self) -> list[Any] | None:
        """Return every value that the enums leave, None where there is none among the demands."""
        if self.among is None:
            return None
        return [
            value
            for value in self.among
            if kind_of(value) in self.kinds
            and not any(same(value, other) for other in self.barred)
            and self.fits(value)
        ]

    def fits(self, value: Any) -> bool:
        """Whether a value keeps the demands of its own type."""
        match kind_of(value):
            case "string":
                return self.shortest <= len(value) <= (math.inf if self.longest is None else self.longest) and all(
                    (re.search(pattern, value) is not None) is wanted for pattern, wanted in self.patterns
                )
            case "integer" | "fraction":
                return self.has(value)
            case "array":
                return self.fewest <= len(value) <= (math.inf if self.most is None else self.most)
            case _:
                return True

    def has(self, number: float) -> bool:
        """Whether a number keeps the bounds."""
        return (
            (self.low is None or number >= self.low)
            and (self.high is None or number <= self.high)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
            and all((abs(number / step - round(number / step)) < 1e-9) is wanted for step, wanted in self.multiples)
        )

    def whole(self, reach: int) -> tuple[int, int]:
        """Return the least and the greatest whole number; where there is no bound, `reach` from the other or from 0."""
        lows = [self.low, self.above]
        highs = [self.high, self.below]
        low = max((math.ceil(n) + (n is self.above and n == math.ceil(n)) for n in lows if n is not None), default=None)
        high = min(
            (math.floor(n) - (n is self.below and n == math.floor(n)) for n in highs if n is not None), default=None
        )
        if low is None:
            low = -reach if high is None or high > 0 else high - reach
        return low, (max(reach, low + reach) if high is None else high)


def bounds_of(shape: Shape) -> Bounds:
    """Put the demands of a shape together."""
    found = Bounds()
    for each in shape.demands:
        _add(found, each.keyword, orjson.loads(each.value), is_kept=each.is_kept)
    return found


def kind_of(value: Any) -> str:
    """Return which of KINDS a value is of."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, int | float):
        return "integer" if value == int(value) else "fraction"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: 1 and 1.0 are, 1 and true are not."""
    return kind_of(one) == kind_of(other) and bool(one == other)


def _add(to: Bounds, keyword: str, value: Any, *, is_kept: bool) -> None:
    match keyword, is_kept:
        case "type", _:
            names = [value] if isinstance(value, str) else value
            meant = frozenset[str]().union(*(_OF[name] for name in names))
            to.kinds &= meant if is_kept else frozenset(KINDS) - meant
        case (("enum" | "const"), True):
            allowed = value if keyword == "enum" else [value]
            to.among = [v for v in allowed if to.among is None or any(same(v, other) for other in to.among)]
        case (("enum" | "const"), False):
            to.barred += value if keyword == "enum" else [value]
        case (("minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf"), _):
            _number(to, keyword, value, is_kept=is_kept)
        case (("minLength" | "maxLength" | "pattern" | "format"), _):
            _text(to, keyword, value, is_kept=is_kept)
        case (("minItems" | "maxItems" | "uniqueItems"), _):
            _list(to, keyword, value, is_kept=is_kept)
        case (("minProperties" | "maxProperties"), _):
            if not is_kept:
                to.kinds &= {"object"}
            if (keyword == "minProperties") is is_kept:
                to.fewest_fields = max(to.fewest_fields, value if is_kept else value + 1)
            else:
                to.most_fields = _least(to.most_fields, value if is_kept else value - 1)


def _number(to: Bounds, keyword: str, value: float, *, is_kept: bool) -> None:
    if not is_kept:
        to.kinds &= _OF["number"]
        keyword = {
            "minimum": "exclusiveMaximum",
            "maximum": "exclusiveMinimum",
            "exclusiveMinimum": "maximum",
            "exclusiveMaximum": "minimum",
        }.get(keyword, keyword)
    match keyword:
        case "minimum":
            to.low = value if to.low is None else max(to.low, value)
        case "maximum":
            to.high = value if to.high is None else min(to.high, value)
        case "exclusiveMinimum":
            to.above = value if to.above is None else max(to.above, value)
        case "exclusiveMaximum":
            to.below = value if to.below is None else min(to.below, value)
        case _:
            to.multiples.append((value, is_kept))
            if not is_kept and value == 1:
                to.kinds &= {"fraction"}
            elif is_kept and value == int(value):
                to.kinds -= {"fraction"}


def _text(to: Bounds, keyword: str, value: Any, *, is_kept: bool) -> None:
    if not is_kept:
        to.kinds &= {"string"}
    match keyword:
        case "pattern":
            to.patterns.append((value, is_kept))
        case "format":
            to.formats.append((value, is_kept))
        case _ if (keyword == "minLength") is is_kept:
            to.shortest = max(to.shortest, value if is_kept else value + 1)
        case _:
            to.longest = _least(to.longest, value if is_kept else value - 1)


def _list(to: Bounds, keyword: str, value: Any, *, is_kept: bool) -> None:
    if not is_kept:
        to.kinds &= {"array"}
    if keyword == "uniqueItems":
        if value:
            to.is_unique = is_kept
            to.fewest = max(to.fewest, 0 if is_kept else 2)
    elif (keyword == "minItems") is is_kept:
        to.fewest = max(to.fewest, value if is_kept else value + 1)
    else:
        to.most = _least(to.most, value if is_kept else value - 1)


def _least(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)
