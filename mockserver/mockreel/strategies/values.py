"""From a shape to the values that have it."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from mockreel.strategies.bounds import Bounds, bounds_of, same
from mockreel.strategies.shape import ANY, Shape
from mockreel.strategies.texts import Texts, texts

Values = st.SearchStrategy[Any]

_REACH = 1000  # how far numbers go where nothing bounds them
_MORE_ITEMS = 3
_PLAIN: dict[str, Values] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "array": st.just([]),
    "object": st.just({}),
}


@lru_cache(maxsize=4096)
def is_possible(shape: Shape) -> bool:
    """Whether there are values of a shape, as far as can be seen without trying."""
    bounds = bounds_of(shape)
    values = bounds.values()
    if values is not None:
        return bool(values)
    return any(_can_be(kind, bounds, shape) for kind in bounds.kinds)


@lru_cache(maxsize=4096)
def values(shape: Shape, characters: Texts) -> Values:
    """Return the values of a shape, the simplest type first."""
    bounds = bounds_of(shape)
    among = bounds.values()
    if among is not None:
        return st.sampled_from(among) if among else st.nothing()
    kinds = [kind for kind in _order(bounds) if kind in bounds.kinds and _can_be(kind, bounds, shape)]
    made = st.one_of([_of_kind(kind, bounds, shape, characters) for kind in kinds])
    if not bounds.barred:
        return made
    swapped = [
        v.swapcase() for v in bounds.barred if isinstance(v, str) and "string" in kinds and bounds.fits(v.swapcase())
    ]
    near = [value for value in swapped if _is_free(value, bounds)]
    free = made.filter(lambda value: _is_free(value, bounds))
    return st.one_of(free, st.sampled_from(near)) if near else free


def _order(bounds: Bounds) -> tuple[str, ...]:
    has_text = bounds.patterns or bounds.formats or bounds.shortest or any(isinstance(v, str) for v in bounds.barred)
    first = ("string",) if has_text else ("integer", "fraction", "string")
    return (
        *first,
        *(kind for kind in ("null", "boolean", "integer", "fraction", "array", "object") if kind not in first),
    )


def _is_free(value: Any, bounds: Bounds) -> bool:
    return not any(same(value, other) for other in bounds.barred)


def _can_be(kind: str, bounds: Bounds, shape: Shape) -> bool:
    match kind:
        case "string":
            return not texts(bounds, st.just("a")).is_empty
        case "integer":
            low, high = bounds.whole(_REACH)
            return low <= high and not (low == high and not _is_free(low, bounds))
        case "array":
            if bounds.most is not None and bounds.fewest > bounds.most:
                return False
            items = [shape.first, *([shape.item] if bounds.fewest > (shape.first is not None) else [])]
            return all(item is None or is_possible(item) for item in items)
        case "object":
            fields = dict(shape.fields)
            few = math.inf if bounds.most_fields is None else bounds.most_fields
            if not max(len(shape.required), bounds.fewest_fields) <= few:
                return False
            return all(is_possible(fields.get(name, ANY)) for name in shape.required)
        case _:
            return True


def _of_kind(kind: str, bounds: Bounds, shape: Shape, characters: Texts) -> Values:
    match kind:
        case "string":
            return texts(bounds, characters)
        case "integer":
            return _integers(bounds)
        case "fraction":
            return _fractions(bounds)
        case "array" if shape.item is not None or shape.first is not None or bounds.fewest or bounds.most is not None:
            return _lists(bounds, shape, characters)
        case "object" if shape.fields or shape.required or shape.extra or bounds.fewest_fields:
            return _objects(bounds, shape, characters)
        case _:
            return _PLAIN[kind]


def _integers(bounds: Bounds) -> Values:
    low, high = bounds.whole(_REACH)
    steps = [int(step) for step, wanted in bounds.multiples if wanted and step == int(step)]
    if len(steps) == 1 and steps[0] > 1:
        step = steps[0]
        return st.integers(-(-low // step), high // step).map(lambda n: n * step).filter(bounds.has)
    made = st.integers(low, high)
    return made.filter(bounds.has) if bounds.multiples and steps != [1] else made


def _fractions(bounds: Bounds) -> Values:
    low, high = bounds.whole(_REACH)
    if high - low >= 1:  # quarters read better than what a float can be
        return st.builds(lambda n, part: n + part, st.integers(low, high - 1), st.sampled_from((0.5, 0.25, 0.75)))
    least = next((n for n in (bounds.low, bounds.above) if n is not None), low)
    most = next((n for n in (bounds.high, bounds.below) if n is not None), high)
    return st.floats(least, most, allow_nan=False).filter(lambda n: n != int(n) and bounds.has(n))


def _lists(bounds: Bounds, shape: Shape, characters: Texts) -> Values:
    most = bounds.most if bounds.most is not None else bounds.fewest + _MORE_ITEMS
    item = values(shape.item or ANY, characters)
    if bounds.is_unique is False:
        return st.lists(item, min_size=bounds.fewest - 1, max_size=max(most - 1, 1)).map(lambda each: [each[0], *each])
    unique = repr if bounds.is_unique else None
    if shape.first is None:
        return st.lists(item, min_size=bounds.fewest, max_size=most, unique_by=unique)
    first = values(shape.first, characters)
    rest = st.lists(item, min_size=max(bounds.fewest - 1, 0), max_size=most - 1, unique_by=unique)
    return st.builds(lambda one, others: [one, *others], first, rest)


def _objects(bounds: Bounds, shape: Shape, characters: Texts) -> Values:
    fields = {name: part for name, part in shape.fields if name not in shape.absent}
    required = {name: values(fields.get(name, ANY), characters) for name in _in_order(shape)}
    optional = {
        name: values(part, characters)
        for name, part in fields.items()
        if name not in shape.required and is_possible(part)
    }
    if shape.extra:
        required[shape.extra] = st.just("unknown")
    if not bounds.fewest_fields and bounds.most_fields is None:
        return st.fixed_dictionaries(required, optional=optional)
    lacking = max(bounds.fewest_fields - len(required), 0)
    optional |= {f"more_{number}": st.none() for number in range(lacking - len(optional))}
    most = len(optional) if bounds.most_fields is None else bounds.most_fields - len(required)
    chosen = st.lists(st.sampled_from(list(optional)), min_size=lacking, max_size=most, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({**required, **{name: optional[name] for name in names}}))


def _in_order(shape: Shape) -> list[str]:
    """Return the names of the required fields, in the schema's order as far as it knows them."""
    known = [name for name, _ in shape.fields if name in shape.required]
    return [*known, *sorted(shape.required.difference(known))]
