"""Text with {words}: filled in by who sends, found again by who receives."""

from __future__ import annotations

import re
from collections.abc import Mapping

_WORD = re.compile(r"\{(\w+)\}")


class Pattern:
    """Text in which `{name}` stands for a value.

    >>> Pattern("{id}.{timestamp}").fill({"id": b"7", "timestamp": b"12"})
    b'7.12'
    """

    __slots__ = ("_parts", "names", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        pieces = _WORD.split(text)
        self.names = tuple(pieces[1::2])
        self._parts = tuple((piece.encode(), index % 2 == 1) for index, piece in enumerate(pieces) if piece)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Pattern({self.text!r})"

    def fill(self, words: Mapping[str, bytes]) -> bytes:
        """Return the text with its words filled in. Raises KeyError for a word that is not given."""
        return b"".join(words[part.decode()] if is_word else part for part, is_word in self._parts)

    def find(self, name: str, filled: str) -> str | None:
        """Return what stands for `name` in a filled text; None where the text is not of this pattern."""
        source = "".join(
            ("(.*)" if part.decode() == name else ".*") if is_word else re.escape(part.decode())
            for part, is_word in self._parts
        )
        found = re.fullmatch(source, filled)
        return found[1] if found and found.groups() else None
