"""Chance without state: the same seed and names always roll the same."""

from __future__ import annotations

from hashlib import blake2b


class Dice:
    """A seed. Every roll is a pure function of the seed and the names given, so order does not matter."""

    __slots__ = ("_key", "seed")

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._key = blake2b(str(seed).encode(), digest_size=16).digest()

    def roll(self, *names: object, size: int = 16) -> bytes:
        """Return `size` bytes (at most 64)."""
        text = "\x1f".join(map(str, names)).encode("utf-8", "surrogatepass")
        return blake2b(text, digest_size=size, key=self._key).digest()

    def number(self, *names: object, below: int) -> int:
        """Return an integer from 0 up to, not including, `below`."""
        return int.from_bytes(self.roll(*names, size=8), "big") % below
