"""Patterns that users give: `*` stands for anything, `?` for one character, everything else for itself."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache

_KEPT = 4096  # compiled patterns


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text is as the pattern says; small and capital letters differ."""
    if is_literal(pattern):
        return pattern == text
    return _compiled(pattern).match(text) is not None


def is_literal(pattern: str) -> bool:
    """Whether a pattern fits one text only."""
    return "*" not in pattern and "?" not in pattern


@lru_cache(maxsize=_KEPT)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return what fnmatch makes of the pattern: it never tries a part of the text twice."""
    return re.compile(translate(pattern.replace("[", "[[]")))
