"""The form of a contract's files: each against its JSON Schema, every problem located."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from mockreel_contracts import bundle, pointer
from mockreel_contracts.problem import Problem

BEHAVIOR = "behavior.yaml"


@lru_cache
def _validator(kind: str) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a kind of file: behavior, openapi or model."""
    folder = Path(__file__).parent / "meta"
    name = "openapi" if kind == "openapi" else "behavior"
    meta = orjson.loads((folder / f"{name}.schema.json").read_bytes())
    if kind == "model":
        own = {"type": "object", "properties": {"x-mockreel": {"$ref": "#/$defs/x-mockreel"}}}
        meta = {"$defs": meta["$defs"], "allOf": [{"$ref": meta["$schema"]}, own]}
    return jsonschema_rs.Draft202012Validator(meta, validate_formats=True, offline=True)


def problems(files: Mapping[str, Any]) -> list[Problem]:
    """Return where files break their form: meta/*.schema.json, and JSON Schema 2020-12 for schemas."""
    kinds = {BEHAVIOR: "behavior", bundle.MAIN: "openapi"}
    return [
        _form_problem(error, file)
        for file, value in files.items()
        for error in _validator(kinds.get(file, "model")).iter_errors(value)
    ]


def _form_problem(error: jsonschema_rs.ValidationError, file: str) -> Problem:
    at = pointer.of(error.instance_path)
    rule = f"{error.kind.name}: {_json(error.kind.value)[:120]}" if error.kind.value is not None else ""
    got = _json(error.instance)
    return Problem(file, 0, at, error.message[:300], rule, got if len(got) <= 80 else f"{got[:80]}…")


def _json(value: Any) -> str:
    """Return a value as JSON; what a validator says of the branches of anyOf is among it."""
    return orjson.dumps(value, default=lambda other: getattr(other, "message", str(other))).decode()
