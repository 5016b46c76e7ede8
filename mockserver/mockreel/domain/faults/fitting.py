"""Whether the values of effects are of the kinds that the effects take, by their annotations and their bounds."""

from __future__ import annotations

import types
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from mockreel.domain.faults.bounds import BOUNDS
from mockreel.domain.faults.effects import EFFECTS

_UNIONS = (types.UnionType, Union)
_WORDS: Mapping[Any, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def unfit(point: str, effects: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong with the effects of a point: the effect, and the words for it."""
    hints, bounds = _hints(point), BOUNDS[point]
    wrong = []
    for name, value in effects.items():
        if name not in hints:
            known = ", ".join(sorted(hints))
            wrong.append((name, f"point {point} has no effect {name!r:.60}; known: {known}"))
            continue
        hint, bound = hints[name], bounds.get(name)
        if not _fits(value, hint) or not (bound is None or value is None or bound.holds(value)):
            words = f"{_said(hint)}{bound.words if bound is not None else ''}"
            wrong.append((name, f"{name} is {words}, got {value!r:.60}"))
    return wrong


@lru_cache
def _hints(point: str) -> Mapping[str, Any]:
    return get_type_hints(EFFECTS[point])


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in _UNIONS:
        return any(_fits(value, each) for each in inner)
    if origin is Literal:
        return value in inner
    if origin is tuple:
        is_short = isinstance(value, list | tuple) and len(value) <= len(get_args(inner[0]))
        return is_short and all(_fits(each, inner[0]) for each in value)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, Mapping if origin is not None else hint)


def _said(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in _UNIONS:
        return _said(inner[0])
    if origin is Literal:
        return f"one of {', '.join(map(str, inner))}"
    if origin is tuple:
        return f"a list, each {_said(inner[0])}"
    return _WORDS.get(hint, "an object")
