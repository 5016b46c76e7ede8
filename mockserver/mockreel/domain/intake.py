"""From the bytes of a request to values, refusing what JSON parsers let through."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import orjson

from mockreel_contracts import Operation, Violation

MAX_DEPTH = 64
_BEYOND = 10**18  # stands for every integer that is larger
_INTEGER = re.compile(r"-?[0-9]{1,400}")
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
MAX_QUERY_FIELDS = 200


class Malformed(ValueError):  # noqa: N818 - a refusal, not a mistake of the program
    """A body that cannot be taken as JSON. `pointer` says where, as far as that can be known."""

    def __init__(self, text: str, pointer: str = "") -> None:
        super().__init__(text)
        self.violation = Violation(pointer, "body", "malformed", text)


def parse_json(body: bytes, content_type: bytes | None) -> Any:
    """Parse a request body. Raises Malformed.

    Refused: another content type, an empty body, what is not JSON (NaN and lone surrogates among it),
    a key that stands twice, NUL in a string, nesting deeper than 64.
    """
    if content_type is not None and content_type.partition(b";")[0].strip().lower() != b"application/json":
        shown = content_type[:60].decode("latin-1")
        raise Malformed(f"Content-Type must be application/json, got {shown!r}")
    if not body:
        raise Malformed("the body is empty; a JSON object is expected")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"the body is not JSON: {error.msg}, line {error.lineno} column {error.colno}") from None
    if not _is_flat(body) or orjson.dumps(value) != body:  # what comes back as it was sent has no key twice
        colons = _colons(value, 1)
        if (b"\\u003" in body or body.count(b":") > colons) and (twice := _first_duplicate(body)):
            raise Malformed(f"the key {twice!r} stands twice in one object")
    if b"\\u0000" in body:
        at = _find_nul(value, "")
        if at is not None:
            raise Malformed("a string holds the character NUL (U+0000)", at)
    return value


def query_values(query: bytes) -> dict[str, list[str]]:
    """Return all values of every query parameter, broken UTF-8 replaced."""
    if not query:
        return {}
    found: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            query.decode("latin-1"), keep_blank_values=True, errors="replace", max_num_fields=MAX_QUERY_FIELDS
        )
    except ValueError:
        return {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def check_parameters(
    operation: Operation, queries: Mapping[str, Sequence[str]], path: Mapping[str, str]
) -> tuple[Violation, ...]:
    """Return what is wrong with the parameters of a request."""
    found = []
    for parameter in operation.parameters:
        at = f"{parameter.where}.{parameter.name}"
        values = queries.get(parameter.name, ()) if parameter.where == "query" else (path.get(parameter.name, ""),)
        if not values and parameter.is_required:
            found.append(Violation(at, parameter.name, "required", "is required"))
            continue
        if not values:
            continue
        value: Any = [_as("string", v) for v in values] if parameter.kind == "array" else _as(parameter.kind, values[0])
        found.extend(
            Violation(at, parameter.name, violation.keyword, violation.text)
            for violation in parameter.schema.violations(value)
        )
    return tuple(found)


def _as(kind: str, text: str) -> Any:
    """Return the value of a parameter's text, or the text itself when it is not of the kind."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind == "integer" and _INTEGER.fullmatch(text):
        return max(min(int(text[:20]), _BEYOND), -_BEYOND)
    if kind == "number" and _NUMBER.fullmatch(text):
        return float(text)
    return text


def _is_flat(body: bytes) -> bool:
    """Whether too few brackets open for a body to be nested too deeply."""
    return body.count(b"{") + body.count(b"[") <= MAX_DEPTH


def _colons(value: Any, depth: int) -> int:
    """Count the keys and the colons in keys and strings: no more can stand in the text unless a key stands twice."""
    if isinstance(value, str):
        return value.count(":")
    if isinstance(value, dict):
        if depth > MAX_DEPTH:
            raise Malformed(f"the body is nested deeper than {MAX_DEPTH}")
        total = len(value)
        for key, item in value.items():
            total += key.count(":") + _colons(item, depth + 1)
        return total
    if isinstance(value, list):
        if depth > MAX_DEPTH:
            raise Malformed(f"the body is nested deeper than {MAX_DEPTH}")
        return sum(_colons(item, depth + 1) for item in value)
    return 0


def _first_duplicate(body: bytes) -> str:
    found: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                found.append(key)
            seen.add(key)

    json.loads(body, object_pairs_hook=look)
    return found[0][:60] if found else ""


def _find_nul(value: Any, at: str) -> str | None:
    if isinstance(value, str):
        return at if "\0" in value else None
    if isinstance(value, dict):
        for key, item in value.items():
            found = at if "\0" in key else _find_nul(item, f"{at}/{key}")
            if found is not None:
                return found
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found = _find_nul(item, f"{at}/{index}")
            if found is not None:
                return found
    return None
