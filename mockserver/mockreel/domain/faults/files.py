"""What a fault makes of a result file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mockreel.domain import byterange
from mockreel.domain.faults.effects import NetworkEffects, ResultEffects
from mockreel.domain.messages import Answer

SOUND = 64  # bytes at the beginning of a corrupt file that are left, so that it still looks like what it was
PAGE = b"<!doctype html><title>Not available</title><p>This is a page and not the file that was asked for.</p>\n"
_SPOILED = bytes(byte ^ 0x5A for byte in range(256))


def send(
    content: bytes, media_type: str, headers: Mapping[bytes, bytes], effects: ResultEffects, *, max_age_s: int
) -> Answer:
    """Answer a GET of `content` as the fault has it."""
    if effects.media_type is not None:
        content, media_type = PAGE, effects.media_type
    if effects.corrupt:
        content = content[:SOUND] + content[SOUND:].translate(_SPOILED)
    if effects.no_range:
        headers = {name: value for name, value in headers.items() if name != b"range"}
    made = byterange.send(content, media_type, headers, max_age_s=max_age_s)
    if effects.no_range:
        made.headers = tuple(pair for pair in made.headers if pair[0] != b"accept-ranges")
    kept = made.body[: int(len(made.body) * effects.keep)]
    missing = len(made.body) - len(kept)
    return replace(made, body=kept, network=NetworkEffects(length=missing)) if missing else made
