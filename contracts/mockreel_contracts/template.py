"""Replies: YAML as it looks on the wire, with JMESPath where a value goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from mockreel_contracts import pointer
from mockreel_contracts.expressions import ExpressionError, compile_expression

Build = Callable[[Any], Any]


class Template:
    """A compiled reply. `build(document)` gives its value, `render(document)` its bytes."""

    __slots__ = ("_build",)

    def __init__(self, source: Any) -> None:
        """Compile `source`. Raises ExpressionError for an expression that does not compile."""
        self._build = _compile(source)

    def build(self, document: Any) -> Any:
        """Return the reply made from `document`."""
        return self._build(document)

    def render(self, document: Any) -> bytes:
        """Return the reply as JSON."""
        return orjson.dumps(self._build(document))


def problems(source: Any, at: str = "") -> list[tuple[str, str]]:
    """Return (pointer, reason) for every expression in `source` that does not compile."""
    if isinstance(source, str) and source.startswith("="):
        try:
            compile_expression(source[1:])
        except ExpressionError as error:
            return [(at, str(error))]
    if isinstance(source, dict):
        return [found for key, value in source.items() for found in problems(value, pointer.join(at, key))]
    if isinstance(source, list):
        return [found for i, value in enumerate(source) for found in problems(value, pointer.join(at, str(i)))]
    return []


def _compile(source: Any) -> Build:
    if isinstance(source, str) and source.startswith("="):
        return compile_expression(source[1:])
    if isinstance(source, dict):
        return _compile_object(source)
    if isinstance(source, list):
        items = [_compile(item) for item in source]
        return lambda document: [item(document) for item in items]
    return lambda _document: source


def _compile_object(source: dict[str, Any]) -> Build:
    always = [(key, _compile(value)) for key, value in source.items()]
    if not any(key.endswith("?") for key in source):
        return lambda document: {key: value(document) for key, value in always}

    def build(document: Any) -> dict[str, Any]:
        result = {}
        for key, value in always:
            made = value(document)
            if not key.endswith("?"):
                result[key] = made
            elif made is not None:
                result[key[:-1]] = made
        return result

    return build
