"""A model's schema as one plain object, of which Schemathesis breaks one rule at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockreel_contracts import pointer

_DEPTH = 20
_DEPENDING = ("if", "then", "else", "not", "anyOf", "oneOf", "dependentSchemas", "dependentRequired")


def flat(schema: Any, root: Mapping[str, Any], depth: int = 0) -> Any:
    """Return a schema with its references and its `allOf` merged into it, and without its conditions.

    Of a body that breaks a rule in one part of an `allOf`, Schemathesis does not keep the rules of the other parts, so
    that it breaks many at once. What is made of this schema need not fit the true one: it is judged by that.
    """
    if not isinstance(schema, Mapping) or depth > _DEPTH:
        return schema
    parts = [flat(part, root, depth + 1) for part in schema.get("allOf", ())]
    if "$ref" in schema:
        parts.append(flat(pointer.get(root, str(schema["$ref"]).removeprefix("#")), root, depth + 1))
    own = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
    if "properties" in own:
        own["properties"] = {name: flat(each, root, depth + 1) for name, each in own["properties"].items()}
    if "items" in own:
        own["items"] = flat(own["items"], root, depth + 1)
    found: dict[str, Any] = {}
    for part in (*parts, own):
        found = _merged(found, part) if isinstance(part, Mapping) else found
    if depth == 0 or "properties" in found:
        found = {key: value for key, value in found.items() if key not in _DEPENDING}
    return found


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return what two schemas say together; where they say the same thing differently, the other counts."""
    found = {**one, **other}
    if "required" in one and "required" in other:
        found["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    if "properties" in one and "properties" in other:
        names = {**one["properties"], **other["properties"]}
        found["properties"] = {
            name: _merged(one["properties"].get(name, {}), other["properties"].get(name, {})) for name in names
        }
    return found
