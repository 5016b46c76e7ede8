"""Files that come inside a request as data: URIs."""

from __future__ import annotations

import base64
import binascii
import io
from typing import Any

import imagesize

from mockreel_contracts import Violation
from mockreel_contracts.model import InlineInput


def check(rule: InlineInput, document: Any) -> tuple[str, Violation] | None:
    """Return the ErrorCase and the violation of the first inline file that breaks `rule`, or None.

    Strings that are no data: URI are URLs and are not fetched. Of an image only the header is read.
    """
    values = rule.find(document)
    for index, value in enumerate(values if isinstance(values, list) else [values]):
        if not isinstance(value, str) or not value.lower().startswith("data:"):
            continue
        kind, text = _first_problem(rule, value)
        if kind:
            field = f"{rule.name}/{index}" if isinstance(values, list) else rule.name
            return rule.errors.get(kind, ""), Violation(f"/{field}", rule.name, "inputs", text)
    return None


def _first_problem(rule: InlineInput, uri: str) -> tuple[str, str]:
    head, _, data = uri.partition(",")
    media_type = head[5:].partition(";")[0].lower()
    if rule.types and media_type not in rule.types:
        return "type", f"is of type {media_type[:40]!r}; accepted are {', '.join(rule.types)}"
    if rule.max_bytes is not None and len(data) * 3 // 4 > rule.max_bytes + 2:
        return "max_bytes", f"is about {len(data) * 3 // 4} bytes; at most {rule.max_bytes} are accepted"
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return "undecodable", "is not Base64"
    try:
        width, height = imagesize.get(io.BytesIO(content))
    except Exception:
        width = height = -1
    if width <= 0 or height <= 0:
        return "undecodable", "is not an image that can be read"
    if rule.ratio is not None and not rule.ratio[0] <= width / height <= rule.ratio[1]:
        return "ratio", f"is {width}x{height}; width / height must be from {rule.ratio[0]:g} to {rule.ratio[1]:g}"
    return "", ""
