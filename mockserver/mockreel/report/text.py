"""Text that others chose, made fit for a report: it shows, it does not act, and it has an end."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar

LONGEST = 4000  # characters of a sentence
LONGEST_EXCHANGE = 20_000  # characters of what was sent or received, and of a curl line
EXCHANGES = frozenset({"curl", "sent", "received"})
WORDS_OF_OURS = frozenset({"kind", "verdict", "status", "lane"})

_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, escape sequences among them
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the direction of writing
    "\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]"
)
_NUMBER = re.compile(r"[\w-]*\d[\w-]*")

T = TypeVar("T")


def shown(text: str) -> str:
    """Return `text` with everything that is not printable written out, as `\\x1b` or `\\u202e`; lines stay lines."""
    return _UNSHOWN.sub(_written_out, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """Return `text` as `shown` has it, in one line."""
    return " ".join(shown(text).split())


def trimmed(text: str, longest: int) -> str:
    """Return at most `longest` characters of `text`, a notice of what is missing among them."""
    if len(text) <= longest:
        return text
    notice = f" … (cut: {len(text):,} characters in all)"
    return text[: longest - len(notice)] + notice


def without_numbers(text: str) -> str:
    """Return `text` with `#` for each word that holds a digit, so that runs with other ids and times are alike."""
    return _NUMBER.sub("#", text)


def counted(number: int, noun: str) -> str:
    """Return a number and what is counted: 1 check, 2 checks."""
    return f"{number:,} {noun}{'s' if number != 1 else ''}"


def amount(number: float | int) -> str:
    """Return a number as people write it: 12, 12.5."""
    return f"{number:,.12g}" if abs(number) < 1e12 else str(number)


def bounded(report: T) -> T:
    """Return a report whose strings are valid Unicode and have an end. Doing it twice changes nothing."""

    def change(text: str, name: str) -> str:
        return trimmed(_SURROGATE.sub(_written_out, text), LONGEST_EXCHANGE if name in EXCHANGES else LONGEST)

    return mapped(report, change, WORDS_OF_OURS)


def mapped(part: T, change: Callable[[str, str], str], kept: frozenset[str]) -> T:
    """Return a report, or a part of one, with `change(text, field)` for each string outside of the fields `kept`."""
    changed: Any = _mapped(part, change, kept, "")
    return changed  # type: ignore[no-any-return]


def _mapped(value: Any, change: Callable[[str, str], str], kept: frozenset[str], name: str) -> Any:
    if name in kept or isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return change(value, name)
    if is_dataclass(value):
        named = {field.name: getattr(value, field.name) for field in fields(value)}
        return type(value)(**{key: _mapped(each, change, kept, key) for key, each in named.items()})  # type: ignore[misc]
    if isinstance(value, tuple):
        return tuple(_mapped(each, change, kept, name) for each in value)
    if isinstance(value, Mapping):
        return {change(str(key), name): _mapped(each, change, kept, name) for key, each in value.items()}
    return value


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
