"""Sending a file: ranges, validators and HEAD, as RFC 9110 has them. One range; several are answered with the whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b

from mockreel.domain.messages import Answer

_RANGE = re.compile(rb"bytes=(\d{0,18})-(\d{0,18})")


def send(content: bytes, media_type: str, headers: Mapping[bytes, bytes], *, max_age_s: int) -> Answer:
    """Answer a GET of `content`. A HEAD is the same with the body left out by the shell."""
    etag = b'"%s"' % blake2b(content, digest_size=12).hexdigest().encode()
    common = (
        (b"content-type", media_type.encode()),
        (b"etag", etag),
        (b"accept-ranges", b"bytes"),
        (b"cache-control", b"public, max-age=%d" % max(max_age_s, 0)),
    )
    if etag in [tag.strip().removeprefix(b"W/") for tag in headers.get(b"if-none-match", b"").split(b",")]:
        return Answer(304, b"", common)
    asked = headers.get(b"range")
    if asked is None or headers.get(b"if-range", etag) != etag:
        return Answer(200, content, common)
    match = _RANGE.fullmatch(asked.strip())
    if match is None or match[1] == match[2] == b"":
        return Answer(200, content, common)
    size = len(content)
    if match[1]:
        first, last = int(match[1]), min(int(match[2]) if match[2] else size - 1, size - 1)
        if match[2] and int(match[2]) < first:
            return Answer(200, content, common)
    else:
        first, last = max(size - int(match[2]), 0), size - 1
    if first >= size or first > last:
        return Answer(416, b"", (*common, (b"content-range", b"bytes */%d" % size)))
    return Answer(
        206, content[first : last + 1], (*common, (b"content-range", b"bytes %d-%d/%d" % (first, last, size)))
    )
