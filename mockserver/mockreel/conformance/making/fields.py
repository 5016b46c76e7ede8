"""The fields of a model's bodies: what each may be, and a good value for each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mockreel.strategies.bounds import Bounds, bounds_of, same
from mockreel.strategies.shape import Shape
from mockreel_contracts import pointer

_TEXTS = (
    *("a boat", "https://example.com/mockreel-a.png", "5", "1"),
    *("2026-01-01T00:00:00Z", "2026-01-01", "a@example.com", "00000000-0000-4000-8000-000000000000"),
)
_OF_FORMAT = {"uri": "https://example.com/mockreel-a", "date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01"}


def shapes_of(shapes: Iterable[Shape]) -> dict[str, list[Shape]]:
    """Return the shapes that each field has in the alternatives of a body, by its pointer; items of a list are at 0."""
    found: dict[str, list[Shape]] = {}

    def read(shape: Shape, at: str) -> None:
        parts = [(pointer.join(at, name), part) for name, part in shape.fields if name not in shape.absent]
        parts += [(f"{at}/0", shape.item)] if shape.item is not None else []
        for where, part in parts:
            known = found.setdefault(where, [])
            if part not in known:
                known.append(part)
                read(part, where)

    for shape in shapes:
        read(shape, "")
    return found


def enumerated(shapes: Iterable[Shape]) -> dict[str, list[Any]]:
    """Return the values that fields are one of, by pointer, in order; of all alternatives together."""
    found: dict[str, list[Any]] = {}
    for at, parts in shapes_of(shapes).items():
        known: list[Any] = []
        for part in parts:
            values = bounds_of(part).values() or ()
            known += [value for value in values if not any(same(value, other) for other in known)]
        if known:
            found[at] = known
    return found


def full(shapes: Iterable[Shape], base: Any, accepts: Callable[[Any], bool]) -> Any:
    """Return a good body with as many of its fields as go together, the values of `base` where it has them."""
    body = base
    for at, parts in shapes_of(shapes).items():
        if at.endswith("/0") or has(body, at):
            continue
        for part in parts:
            tried = put(body, pointer.split(at), plausible(part))
            if accepts(tried):
                body = tried
                break
    return body


def plausible(shape: Shape) -> Any:
    """Return a value of a shape, None where none comes to mind."""
    bounds = bounds_of(shape)
    values = bounds.values()
    if values is not None:
        return values[0] if values else None
    if "string" in bounds.kinds and (bounds.patterns or bounds.formats or "integer" not in bounds.kinds):
        return _text(bounds)
    if "boolean" in bounds.kinds and "integer" not in bounds.kinds:
        return True
    if "integer" in bounds.kinds:
        low, high = bounds.whole(1000)
        return min(max(low, 1), high)
    if "array" in bounds.kinds:
        return [plausible(shape.item) if shape.item else "a boat"] * max(bounds.fewest, 1)
    if "object" in bounds.kinds:
        return {name: plausible(part) for name, part in shape.fields if name in shape.required}
    return None


def has(body: Any, at: str) -> bool:
    """Whether there is a value at a pointer."""
    try:
        pointer.get(body, at)
    except KeyError:
        return False
    return True


def put(body: Any, keys: Sequence[str], value: Any) -> Any:
    """Return a body with a value put in; objects on the way there are made. Raises ValueError where no value can be."""
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if isinstance(body, list):
        index = int(key)
        return [*body[:index], put(body[index] if index < len(body) else None, rest, value), *body[index + 1 :]]
    if body is None and key == "0":
        return [put(None, rest, value)]
    if body is not None and not isinstance(body, dict):
        raise ValueError(f"there is no place for {key!r}")
    return {**(body or {}), key: put((body or {}).get(key), rest, value)}


def filled(text: Any, length: int, *, by: str = "a") -> str:
    """Return a text of a length: cut, or filled up with what no server trims away."""
    start = text if isinstance(text, str) else ""
    return start[:length].rstrip().ljust(length, by)


def _text(bounds: Bounds) -> str | None:
    wanted = [_OF_FORMAT[name] for name, is_kept in bounds.formats if is_kept and name in _OF_FORMAT]
    longest = math.inf if bounds.longest is None else bounds.longest
    for text in (*wanted, *_TEXTS):
        grown = filled(text, bounds.shortest) if len(text) < bounds.shortest else text[: int(min(longest, 1000))]
        if bounds.fits(grown):
            return grown
    return None
