"""Task ids in a provider's format, unique at any rate."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from typing import Any

from mockreel.domain.dice import Dice

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SNOWFLAKE_SHIFT = 22  # bits below the milliseconds, as in Twitter's scheme
_ROLLED = re.compile(r"\{(hex|digits|alnum):")

Part = Callable[[int, Mapping[str, Any], int], str]


class IdMaker:
    """Makes the ids of one provider. Words that hold a time or a count never give the same number twice."""

    __slots__ = ("_dice", "_is_rolled", "_last", "_parts")

    def __init__(self, text: str, dice: Dice) -> None:
        """Compile a format such as "task_{vendor}_{unix_ms}"."""
        self._dice = dice
        self._last: dict[int, int] = {}
        self._is_rolled = bool(_ROLLED.search(text))
        pieces = re.split(r"\{([^}]*)\}", text)
        self._parts: list[str | Part] = [
            self._part(index, piece) if index % 2 else piece for index, piece in enumerate(pieces) if piece
        ]

    def make(self, now_ms: int, facts: Mapping[str, Any], salt: str, taken: Container[str]) -> str:
        """Return an id that is not in `taken`. The same clock, facts, salt and history give the same id."""
        attempt = 0
        while True:
            rolled = int.from_bytes(self._dice.roll("id", salt, attempt, size=64), "big") if self._is_rolled else 0
            made = "".join(part if isinstance(part, str) else part(now_ms, facts, rolled) for part in self._parts)
            if made not in taken:
                return made
            attempt += 1

    def _part(self, index: int, word: str) -> Part:
        name, _, argument = word.partition(":")
        size = int(argument) if argument.isdigit() else 0
        match name:
            case "unix_ms":
                return lambda now_ms, facts, rolled: self._rising(index, now_ms)
            case "snowflake":
                return lambda now_ms, facts, rolled: self._rising(index, max(now_ms - size, 1) << _SNOWFLAKE_SHIFT)
            case "counter":
                return lambda now_ms, facts, rolled: self._rising(index, size)
            case "hex":
                return lambda now_ms, facts, rolled: _digits(rolled, 16, size)
            case "digits":
                return lambda now_ms, facts, rolled: _digits(rolled, 10, size)
            case "alnum":
                return lambda now_ms, facts, rolled: _digits(rolled, len(_ALPHABET), size)
            case _:
                return lambda now_ms, facts, rolled: str(facts.get(name, ""))

    def _rising(self, index: int, at_least: int) -> str:
        number = max(at_least, self._last.get(index, -1) + 1)
        self._last[index] = number
        return str(number)


def _digits(number: int, base: int, size: int) -> str:
    if base == 16:
        return f"{number:0128x}"[:size]
    made = []
    for _ in range(size):
        number, digit = divmod(number, base)
        made.append(_ALPHABET[digit])
    return "".join(made)
