"""JSON pointers (RFC 6901) and JSON merge patches (RFC 7396)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def join(pointer: str, *parts: str) -> str:
    """Append unescaped `parts` to a pointer."""
    return pointer + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def of(parts: Iterable[object]) -> str:
    """Make a pointer of the path that a validator reports."""
    return join("", *(str(part) for part in parts))


def split(pointer: str) -> list[str]:
    """Take a pointer apart. Raises ValueError when it does not begin with '/'."""
    if not pointer:
        return []
    if not pointer.startswith("/"):
        raise ValueError(f"a JSON pointer begins with '/', got {pointer!r}")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def get(document: Any, pointer: str) -> Any:
    """Return the value at `pointer`. Raises KeyError with the pointer when there is none."""
    value = document
    for part in split(pointer):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, ValueError, TypeError):
            raise KeyError(pointer) from None
    return value


def without(document: Any, pointer: str) -> Any:
    """Return a copy of `document` in which the value at `pointer` is missing. Raises KeyError when it is not there."""
    get(document, pointer)
    *parents, last = split(pointer)
    return _without(document, parents, last)


def merge(target: Any, patch: Any) -> Any:
    """Apply a JSON merge patch: null removes, objects merge, everything else replaces. Neither argument changes."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def _without(value: Any, parents: list[str], last: str) -> Any:
    if isinstance(value, list):
        index = int(parents[0] if parents else last)
        if not parents:
            return value[:index] + value[index + 1 :]
        return [*value[:index], _without(value[index], parents[1:], last), *value[index + 1 :]]
    if not parents:
        return {key: item for key, item in value.items() if key != last}
    return {**value, parents[0]: _without(value[parents[0]], parents[1:], last)}
