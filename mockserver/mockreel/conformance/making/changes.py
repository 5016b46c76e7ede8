"""What may be put in the place of a value so that one rule of a schema is broken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from mockreel.conformance.making.fields import filled
from mockreel.strategies.bounds import same
from mockreel_contracts import pointer

FAR = 65_536  # characters; what is far beyond a greater bound is not sent
NO_VALUE = "mockreel-no-such-value"
_NO_PATTERN = ("", " ", "mockreel", "example.com/a.png", "ftp://example.com/a.png", "0", "17", "1.5", "9" * 17)


@dataclass(frozen=True, slots=True)
class Change:
    """A value to put in the place of one, or below it by the keys `below`; none where it `is_absent`."""

    how: str
    value: Any = None
    is_absent: bool = False
    below: tuple[str, ...] = ()


def changes(at: str, keyword: str, wanted: Any, base: Any) -> Iterator[Change]:
    """Go through changes of the value at a pointer that may break the keyword, the nearest first."""
    now = _at(base, at)
    match keyword:
        case "required" | "dependentRequired":
            yield Change("left out", is_absent=True)
        case "maxLength":
            yield Change("one beyond", filled(now, wanted + 1))
            if wanted <= FAR:
                yield Change("far beyond", filled(now, 2 * wanted + 2))
        case "minLength":
            yield Change("one below", filled(now, wanted - 1))
        case "maximum" | "minimum" | "exclusiveMaximum" | "exclusiveMinimum":
            yield from _numbers(keyword, wanted)
        case "multipleOf":
            yield Change("between two steps", wanted * 1.5)
            yield Change("between two steps", wanted * 1000.5)
        case "maxItems" | "minItems" | "uniqueItems":
            yield from _lists(keyword, wanted, now)
        case "enum" | "const":
            yield from _others(wanted if keyword == "enum" else [wanted])
        case "type":
            yield from _types(now)
        case "pattern":
            yield from (Change("not of the pattern", text) for text in _NO_PATTERN)
        case "format":
            yield Change("not of the format", "no such form")
        case "additionalProperties":
            yield Change("a field that is not known", 1, below=("mockreel_unknown",))


def _at(base: Any, at: str) -> Any:
    try:
        return pointer.get(base, at)
    except KeyError:
        return None


def _numbers(keyword: str, bound: float) -> Iterator[Change]:
    away = 1 if keyword in ("maximum", "exclusiveMaximum") else -1
    if keyword.startswith("exclusive"):
        yield Change("at the bound itself", bound)
    else:
        yield Change("one beyond", bound + away)
    yield Change("far beyond", bound + away * max(1000, abs(int(bound))))


def _lists(keyword: str, wanted: Any, now: Any) -> Iterator[Change]:
    items = now if isinstance(now, list) else []
    if keyword == "minItems":
        yield Change("one below", items[: wanted - 1])
    elif items:
        if keyword == "uniqueItems":
            yield Change("an item twice", [items[0], items[0]])
        else:
            yield Change("one beyond", (items * (wanted + 1))[: wanted + 1])
            yield Change("far beyond", (items * (2 * wanted + 2))[: 2 * wanted + 2])


def _others(allowed: Sequence[Any]) -> Iterator[Change]:
    texts = [value for value in allowed if isinstance(value, str)]
    numbers = [value for value in allowed if isinstance(value, int | float) and not isinstance(value, bool)]
    free: list[Change] = [Change("in other letters", text.swapcase()) for text in texts]
    ends = (max(numbers) + 1, min(numbers) - 1) if numbers else ()
    free += [Change("the next number", number) for number in ends]
    free += [Change("a number as text", str(number)) for number in numbers]
    free += [Change("a text as number", int(text)) for text in texts if text.isascii() and text.isdecimal()]
    free.append(Change("another value", NO_VALUE))
    yield from (change for change in free if not any(same(change.value, value) for value in allowed))


def _types(now: Any) -> Iterator[Change]:
    match now:
        case bool():
            yield Change("another type", str(now).lower())
        case int() | float():
            yield Change("another type", str(now))
            yield Change("another type", now + 0.5)
        case str():
            yield Change("another type", 12345)
        case list():
            yield Change("another type", now[0] if now else "text")
        case dict():
            yield Change("another type", orjson.dumps(now).decode())
        case _:
            yield from (Change("another type", value) for value in (12345, "true", 1.5))
    others: tuple[Any, ...] = ("text", True, [], {})
    yield from (Change("another type", value) for value in others)
    yield Change("null", None)
