"""How far the effects of faults may go: one table, for files, for headers and for rules alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

HOUR_S, DAY_S, YEAR_S = 3600, 86_400, 31_536_000
MOST_ADDED = 64 * 1024  # bytes of the fields that a fault adds, as JSON
_HEADER = re.compile(r"(?:[!-~](?:[ -~]*[!-~])?)?")


class Span(NamedTuple):
    """A finite number from `least` to `most`, both meant, too."""

    least: float
    most: float

    @property
    def words(self) -> str:
        """What may be given, to stand after the kind of value."""
        return f" from {self.least:.10g} to {self.most:.10g}"

    def holds(self, value: Any) -> bool:
        """Whether a number is within; what is not a number is not."""
        return bool(self.least <= value <= self.most)


class Text(NamedTuple):
    """Text of `least` to `most` characters: a printable line, a header's value (ASCII), or anything JSON can hold."""

    most: int
    least: int = 0
    kind: Literal["line", "header", "any"] = "line"

    @property
    def words(self) -> str:
        """What may be given, to stand after the kind of value."""
        kind = {"line": ", a line", "header": ", a line of ASCII", "any": ""}[self.kind]
        return f"{kind} of {f'{self.least} to' if self.least else 'up to'} {self.most} characters"

    def holds(self, value: Any) -> bool:
        """Whether a text is of this kind and length."""
        if not self.least <= len(value) <= self.most:
            return False
        if self.kind == "header":
            return _HEADER.fullmatch(value) is not None
        return value.isprintable() if self.kind == "line" else _is_json(value)


class Added(NamedTuple):
    """An object that JSON can hold, up to `most` bytes of it."""

    most: int = MOST_ADDED

    @property
    def words(self) -> str:
        """What may be given, to stand after the kind of value."""
        return f" of JSON's kinds of value, up to {self.most} bytes"

    def holds(self, value: Any) -> bool:
        """Whether an object can be sent."""
        return _is_json(value) and len(orjson.dumps(value, default=dict)) <= self.most


Bound = Span | Text | Added
_CASE, _WORD, _LATE, _PART = Text(100, 1), Text(1000), Span(0, HOUR_S), Span(0, 1)

BOUNDS: Mapping[str, Mapping[str, Bound]] = {
    "answer": {
        "case": _CASE,
        "late_case": _CASE,
        "delay_s": _LATE,
        "delay_to_s": _LATE,
        "delay_sigma": Span(0, 5),
        "status": Span(200, 599),
        "media_type": Text(200, kind="header"),
        "text": Text(100_000, kind="any"),
        "spoken": _WORD,
        "progress": Span(0, 100),
        "add": Added(),
        "wrap": Text(100, 1),
        "keep": _PART,
    },
    "network": {"hang_s": _LATE, "first_byte_s": _LATE, "dribble_s": _LATE, "length": Span(-1_000_000, 1_000_000)},
    "money": {"refund_late_s": Span(0, YEAR_S)},
    "task": {
        "error": _CASE,
        "stretch": Span(0, 1_000_000),
        "wait_s": Span(0, DAY_S),
        "unknown": _WORD,
        "hidden_looks": Span(0, 1_000_000),
        "hidden_s": Span(0, DAY_S),
        "gone_s": Span(0, YEAR_S),
    },
    "result": {"status": Span(400, 599), "delay_s": _LATE, "keep": _PART, "media_type": Text(200, kind="header")},
    "callback": {
        "copies": Span(0, 100),
        "delay_s": Span(0, DAY_S),
        "age_s": Span(-DAY_S, YEAR_S),
        "state": _WORD,
        "cut": _PART,
        "add": Added(),
        "dribble_s": Span(0, 60),
    },
}
"""By point and effect. What is not here is true or false, or one of a few words (see `effects`)."""


def _is_json(value: Any) -> bool:
    try:
        orjson.dumps(value, default=_object)
    except (TypeError, RecursionError):  # orjson's own error is a TypeError
        return False
    return _is_finite(value)


def _object(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


def _is_finite(value: Any) -> bool:
    """Whether nothing in a value is a number that JSON would make null of."""
    if isinstance(value, float):
        return -1e308 <= value <= 1e308
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return all(map(_is_finite, items))
