"""From the bytes of a callback to a JSON object, refusing what JSON parsers let through."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from mockreel_client.callback_errors import MalformedBody, shown
from mockreel_contracts import pointer

MAX_BODY = 1024 * 1024  # bytes
MAX_DEPTH = 64


class _Twice(dict[str, Any]):
    """An object in whose text a key stands twice."""

    key = ""


def parse_object(body: bytes) -> dict[str, Any]:
    """Parse a body. Raises MalformedBody, saying where.

    Refused: what is not JSON in UTF-8 (NaN, infinite numbers and lone surrogates among it), what is no object,
    nesting deeper than 64, a key that stands twice (of which two parsers may take different ones).
    """
    if not body:
        raise MalformedBody("the body is empty; expected a JSON object")
    check_utf8(body)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        at = f"at line {error.lineno} column {error.colno} ({error.msg})"
        raise MalformedBody(f"the body is not JSON {at}; expected a JSON object in UTF-8") from None
    if not isinstance(value, dict):
        raise MalformedBody(f"the body is a JSON {_KINDS.get(type(value), 'number')}; expected an object")
    too_deep = _find(value, 1, lambda _, depth: depth > MAX_DEPTH)
    if too_deep:
        raise MalformedBody(f"the body is nested deeper than {MAX_DEPTH}, at {shown(pointer.of(too_deep[0]))}")
    _refuse_twice(body)
    return value


def check_utf8(body: bytes) -> None:
    """Raises MalformedBody for bytes that are no text."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise MalformedBody(f"the body is not UTF-8 at byte {error.start}; expected a JSON object in UTF-8") from None


def reencodings(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what common libraries make of the same JSON, and how; nothing for what is not JSON."""
    try:
        value = parse_object(body)
    except MalformedBody:
        return
    for sort_keys in (False, True):
        for separators, name in (((",", ":"), "compact"), ((", ", ": "), "with spaces")):
            for ensure_ascii in (False, True):
                text = json.dumps(value, separators=separators, ensure_ascii=ensure_ascii, sort_keys=sort_keys)
                how = [name, *["escaped to ASCII"] * ensure_ascii, *["keys sorted"] * sort_keys]
                yield ", ".join(how), text.encode()


_KINDS: dict[type, str] = {list: "array", str: "string", bool: "boolean", type(None): "null"}


def _refuse_twice(body: bytes) -> None:
    """Refuse a key that stands twice. The depth is known to be small here."""
    tree = json.loads(body.decode(), object_pairs_hook=_object)
    found = _find(tree, 1, lambda value, _: isinstance(value, _Twice))
    if found:
        path, value = found
        raise MalformedBody(
            f"the key {shown(value.key)} stands twice in the object at {shown(pointer.of(path) or '/')}"
        )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    twice = _Twice(plain)
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            twice.key = key
        seen.add(key)
    return twice


def _find(value: Any, depth: int, is_meant: Callable[[Any, int], bool]) -> tuple[list[str], Any] | None:
    """Return the first object or array that is meant, outer before inner, and its path.

    The path is put together on the way back: made beforehand for every value, long keys would cost gigabytes.
    """
    if is_meant(value, depth):
        return [], value
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, dict | list):
            found = _find(item, depth + 1, is_meant)
            if found:
                return [str(key), *found[0]], found[1]
    return None
