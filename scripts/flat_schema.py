"""A JSON Schema without its $ref and allOf, for those who write what it says into a page or a type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockreel_contracts import pointer

Data = Mapping[str, Any]
CONDITION = ("if", "then", "else")


def flattened(schema: Any, root: Data) -> dict[str, Any]:
    """Return a schema with its $ref and allOf merged in; what stands beside them counts more.

    Only if/then/else rules that differ stay under allOf; `conditions` returns them all.
    """
    if not isinstance(schema, Mapping):
        return {}
    whole: dict[str, Any] = {}
    if "$ref" in schema:
        whole = flattened(pointer.get(root, schema["$ref"].removeprefix("#")), root)
    for part in schema.get("allOf", ()):
        whole = _merged(whole, flattened(part, root))
    return _merged(whole, {key: value for key, value in schema.items() if key not in ("$ref", "allOf")})


def conditions(flat: Data) -> list[Data]:
    """Return the if/then/else rules of a flat schema; one that has several keeps the others under allOf."""
    own = {key: flat[key] for key in CONDITION if key in flat}
    return [*flat.get("allOf", ()), *([own] if "if" in own else [])]


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    required = [*base.get("required", ()), *(n for n in over.get("required", ()) if n not in base.get("required", ()))]
    others = [*base.get("allOf", ()), *over.get("allOf", ())]
    if "if" in base and "if" in over:  # two rules, not one: merged, they would say what neither says
        others.append({key: base[key] for key in CONDITION if key in base})
        base = {key: value for key, value in base.items() if key not in CONDITION}
    whole: dict[str, Any] = pointer.merge(base, over)
    return {**whole, **({"required": required} if required else {}), **({"allOf": others} if others else {})}
