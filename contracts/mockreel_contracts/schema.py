"""JSON Schema, compiled once: is it valid, and if not, which rule broke where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import orjson

from mockreel_contracts import pointer

_RULES_WITHOUT_WORDS = (
    "not",
    "falseSchema",
    "anyOf",
    "oneOf",
    "if",
)  # the schema's description says more than the rule
_LISTED = 256  # items of a list that violations are told of
_SHOWN = 120  # characters of a refused value that a message repeats


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One broken rule: the JSON pointer of the value, the name of the field, the schema keyword, and a sentence."""

    pointer: str
    field: str
    keyword: str
    text: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.text} [{self.keyword}]"


class Schema:
    """A JSON Schema 2020-12 with the document that its references point into."""

    __slots__ = ("_root", "_validator", "defaults", "source")

    def __init__(self, source: Mapping[str, Any], root: Mapping[str, Any]) -> None:
        """Compile `source`, whose references `#/components/…` point into `root`. Raises ValueError with the reason."""
        self.source = source
        schemas = root.get("components", {}).get("schemas", {})
        self._root = {"allOf": [dict(source)], "components": {"schemas": schemas}}
        try:
            self._validator = jsonschema_rs.Draft202012Validator(
                self._root, validate_formats=True, mask="the value", offline=True
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            raise ValueError(getattr(error, "message", str(error))) from None
        self.defaults = _defaults(source, root, 0)

    def is_valid(self, value: Any) -> bool:
        """Whether `value` keeps every rule."""
        return self._validator.is_valid(value)

    def violations(self, value: Any) -> tuple[Violation, ...]:
        """Return every broken rule, ordered by pointer; of a long list, those of its first 256 items."""
        if self._validator.is_valid(value):
            return ()
        shown = _trimmed(value)
        found = {_violation(error, self._root) for error in self._validator.iter_errors(shown)}
        if not found:  # what is wrong lies beyond what was looked at
            text = f"an item beyond the first {_LISTED} of a list breaks a rule"
            return (Violation("", "body", "items", text),)
        return tuple(sorted(found))

    def filled(self, value: Any) -> Any:
        """Return `value` with the schema's `default` keywords filled in where a key is absent."""
        return _fill(value, self.defaults) if self.defaults else value


def _violation(error: jsonschema_rs.ValidationError, root: Mapping[str, Any]) -> Violation:
    path = [str(part) for part in error.instance_path]
    keyword = error.kind.name
    names = {str(part) for part in error.schema_path[-3:]}
    if "dependentRequired" in names:
        keyword = "dependentRequired"
    text = error.message
    if keyword in ("required", "dependentRequired"):
        path.append(str(getattr(error.kind, "property", "")))
        text = "is required" if keyword == "required" else f"is required beside the fields given ({text})"
    else:
        if keyword == "enum":
            text = f"the value is not one of {_shown(error.kind.value)}"
        if keyword in _RULES_WITHOUT_WORDS:
            text = _description(error.schema_path, root) or text
        text = f"{text}, got {_shown(error.instance)}"
    field = next((part for part in reversed(path) if not part.isdigit()), "body")
    return Violation(pointer.of(path), field, keyword, text)


def _trimmed(value: Any) -> Any:
    """Return `value` with its lists cut, so that a list of a million wrong items does not give a million violations."""
    if isinstance(value, dict):
        return {key: _trimmed(item) for key, item in value.items()}
    return [_trimmed(item) for item in value[:_LISTED]] if isinstance(value, list) else value


def _description(path: list[str | int], root: Mapping[str, Any]) -> str:
    """Return what the schema that was broken says of itself."""
    try:
        schema = pointer.get(root, pointer.of(path[:-1]))
    except KeyError:
        return ""
    return str(schema.get("description", "")).rstrip(".") if isinstance(schema, Mapping) else ""


def _shown(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters of JSON)"


def _defaults(schema: Any, root: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Return {key: (default, nested defaults)} of an object schema, through $ref and allOf."""
    if not isinstance(schema, Mapping) or depth > 20:
        return {}
    found: dict[str, Any] = {}
    parts = [schema, *schema.get("allOf", ())]
    if "$ref" in schema:
        try:
            parts.append(pointer.get(root, schema["$ref"].removeprefix("#")))
        except (KeyError, ValueError):
            return {}
    for part in parts[1:]:
        found = {**_defaults(part, root, depth + 1), **found}
    for key, child in schema.get("properties", {}).items():
        if not isinstance(child, Mapping):
            continue
        nested = _defaults(child, root, depth + 1)
        if "default" in child:
            found[key] = (True, child["default"], nested)
        elif nested:
            found[key] = (False, None, nested)
    return found


def _fill(value: Any, defaults: dict[str, Any]) -> Any:
    if not isinstance(value, dict):
        return value
    result = dict(value)
    for key, (has_default, default, nested) in defaults.items():
        if key in result:
            if nested:
                result[key] = _fill(result[key], nested)
        elif has_default:
            result[key] = default
    return result
