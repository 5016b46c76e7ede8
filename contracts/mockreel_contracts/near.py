"""Names that are like one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_CUTOFF = 0.6  # how like: 1 is the same
_COMPARED = 100  # characters


def near(name: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return the names that are like `name`, the nearest first."""
    return difflib.get_close_matches(name[:_COMPARED], list(known), n=most, cutoff=_CUTOFF)
