"""JMESPath with the few functions that contracts need beyond the standard ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jmespath
import jmespath.exceptions
import jmespath.functions
import orjson

from mockreel_contracts.closures import closure, field_names, is_false, path

Expression = Callable[[Any], Any]


class ExpressionError(ValueError):
    """A JMESPath expression cannot be compiled."""


class _Functions(jmespath.functions.Functions):
    """`to_string` keeps Chinese readable, `from_json` reads it back; the others turn times and choices into values."""

    @jmespath.functions.signature({"types": []})
    def _func_to_string(self, value: Any) -> str:
        return value if isinstance(value, str) else orjson.dumps(value).decode()

    @jmespath.functions.signature({"types": ["number", "null"]})
    def _func_rfc3339(self, unix_ms: float | None) -> str | None:
        return None if unix_ms is None else rfc3339(int(unix_ms))

    @jmespath.functions.signature({"types": ["number", "null"]})
    def _func_unix(self, unix_ms: float | None) -> int | None:
        return None if unix_ms is None else int(unix_ms) // 1000

    @jmespath.functions.signature({"types": ["number", "string", "null"]})
    def _func_to_ms(self, moment: float | str | None) -> int | None:
        return to_ms(moment)

    @jmespath.functions.signature({"types": []}, {"types": []}, {"types": []})
    def _func_if(self, condition: Any, yes: Any, no: Any) -> Any:
        return no if is_false(condition) else yes

    @jmespath.functions.signature({"types": ["number"]}, {"types": ["number"]})
    def _func_add(self, left: float, right: float) -> float:
        return left + right

    @jmespath.functions.signature({"types": []})
    def _func_from_json(self, text: Any) -> Any:
        try:
            return orjson.loads(text) if isinstance(text, str) else None
        except orjson.JSONDecodeError:
            return None

    @jmespath.functions.signature({"types": ["string"]})
    def _func_lower(self, text: str) -> str:
        return text.lower()


_OPTIONS = jmespath.Options(custom_functions=_Functions())


def rfc3339(unix_ms: int) -> str:
    """Return a moment in Unix milliseconds as RFC 3339 text in UTC."""
    moment = datetime.fromtimestamp(unix_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{unix_ms % 1000:03d}Z"


def utc(unix_ms: int) -> datetime:
    """Return a moment in Unix milliseconds, in UTC."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC)


def to_ms(moment: float | str | None) -> int | None:
    """Return RFC 3339 text or Unix seconds as Unix milliseconds; None for what is neither."""
    if moment is None:
        return None
    try:
        return int(float(moment) * 1000)
    except (ValueError, OverflowError):
        pass
    try:
        parsed = datetime.fromisoformat(str(moment))
    except ValueError:
        return None
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() * 1000)


@lru_cache(maxsize=4096)
def compile_expression(source: str) -> Expression:
    """Compile a JMESPath expression to a function of the document. Raises ExpressionError.

    Plain dotted paths, which most are, need no interpreter.
    A type error at evaluation gives None: what cannot be read is absent.
    """
    parts = source.split(".")
    if all(part.isidentifier() and part.isascii() for part in parts):
        return path(parts)
    try:
        compiled = jmespath.compile(source)
    except jmespath.exceptions.JMESPathError as error:
        raise ExpressionError(" ".join(str(error).split())) from None

    run = closure(compiled.parsed, _OPTIONS)

    def evaluate(document: Any) -> Any:
        try:
            return run(document)
        except (jmespath.exceptions.JMESPathError, TypeError, ValueError, OverflowError):
            return None

    evaluate({})
    _check_functions(source, compiled)
    return evaluate


def first_path(source: str, root: str) -> tuple[str, ...]:
    """Return the keys of the first plain path that begins with `root` in an expression, without `root`."""

    def find(node: Any) -> list[str] | None:
        names = field_names(node)
        if names and names[0] == root:
            return names[1:]
        return next((found for child in node.get("children", ()) if (found := find(child)) is not None), None)

    return tuple(find(jmespath.compile(source).parsed) or ())


def _check_functions(source: str, compiled: Any) -> None:
    """JMESPath finds an unknown function only when it is called; find it when it is written."""
    pending = [compiled.parsed]
    known = _Functions.FUNCTION_TABLE
    while pending:
        node = pending.pop()
        if node.get("type") == "function_expression" and node["value"] not in known:
            raise ExpressionError(f"{source!r} calls the unknown function {node['value']}()")
        pending.extend(child for child in node.get("children", ()) if isinstance(child, dict))
