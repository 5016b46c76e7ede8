"""One line that holds everything a run was set up with, so that it can be run again."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Any

import orjson

PREFIX = "mockreel1:"
MOST = 64 * 1024  # bytes of what a capsule may hold


class CapsuleError(ValueError):
    """A line is no capsule."""


def pack(content: Mapping[str, Any]) -> str:
    """Return a line of text without spaces. The same content gives the same line."""
    data = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return PREFIX + base64.urlsafe_b64encode(zlib.compress(data, 9)).decode().rstrip("=")


def unpack(line: str) -> dict[str, Any]:
    """Return what a capsule holds. Raises CapsuleError."""
    text = line.strip()
    if not text.startswith(PREFIX):
        raise CapsuleError(f"a capsule begins with {PREFIX}, got {text[:20]!r}")
    coded = text.removeprefix(PREFIX)
    try:
        packed = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
        inflated = zlib.decompressobj()
        data = inflated.decompress(packed, MOST)
        content = orjson.loads(data)
    except (binascii.Error, ValueError, zlib.error):
        raise CapsuleError("the capsule is damaged: copy the whole line") from None
    if not isinstance(content, dict):
        raise CapsuleError("the capsule is damaged: it holds no object")
    return content
