"""Where in a contract's folder something stands: `FILE#POINTER`, from the provider's folder."""

from __future__ import annotations

from typing import Any

from mockreel_contracts import Contract, Model, Operation, pointer

MAIN = "openapi.yaml"
_DEPTH = 20
_COMPONENTS = "/components/schemas/"


def of_rule(contract: Contract, operation: Operation, model: Model | None, at: str) -> str:
    """Return where a rule of a request's body stands. `at` is its pointer into the schema, through references."""
    files = {each.file.rsplit("/", 1)[-1].removesuffix(".yaml"): each.file for each in operation.models.values()}
    start = pointer.join("/paths", operation.path, operation.method.lower(), "requestBody", "content")
    file, where = MAIN, pointer.join(start, "application/json", "schema")
    if model is not None and model.name and at.startswith("/$ref"):
        file, where, at = model.file, "", at.removeprefix("/$ref")
    schema = _schema(contract, file, where)
    for part in pointer.split(at):
        if part == "$ref" and isinstance(schema, dict):
            target = schema["$ref"].removeprefix("#")
            stem, _, rest = target.removeprefix(_COMPONENTS).partition("/")
            known = target.startswith(_COMPONENTS) and stem in files
            file, where = (files[stem], f"/{rest}" if rest else "") if known else (MAIN, target)
            schema = pointer.get(contract.openapi, target)
        else:
            where = pointer.join(where, part)
            schema = _step(schema, part)
    return f"{file}#{where}"


def of_model(operation: Operation, model: Model) -> str:
    """Return where a model's input is described."""
    if model.name:
        return model.file
    return f"{MAIN}#{pointer.join('/paths', operation.path, operation.method.lower(), 'requestBody')}"


def of_value(contract: Contract, at: str, value: str) -> str:
    """Return where the OpenAPI document speaks of the value at the pointer `value` of a body with the schema at `at`.

    As far as plain properties and items lead there; beyond, the last place that is known.
    """
    schema = pointer.get(contract.openapi, at)
    for part in pointer.split(value):
        schema, at = _resolved(contract, schema, at)
        step = _into(schema, part)
        if step is None:
            break
        at = pointer.join(at, *step)
        schema = pointer.get(contract.openapi, at)
    return f"{MAIN}#{at}"


def _schema(contract: Contract, file: str, where: str) -> Any:
    if file == MAIN:
        return pointer.get(contract.openapi, where)
    return pointer.get(contract.openapi, _COMPONENTS + file.rsplit("/", 1)[-1].removesuffix(".yaml"))


def _step(schema: Any, part: str) -> Any:
    try:
        return pointer.get(schema, pointer.join("", part))
    except KeyError:
        return None


def _resolved(contract: Contract, schema: Any, at: str) -> tuple[Any, str]:
    for _ in range(_DEPTH):
        if not isinstance(schema, dict) or "$ref" not in schema:
            break
        at = schema["$ref"].removeprefix("#")
        schema = pointer.get(contract.openapi, at)
    return schema, at


def _into(schema: Any, part: str) -> tuple[str, ...] | None:
    if not isinstance(schema, dict):
        return None
    if part in schema.get("properties", {}):
        return ("properties", part)
    return ("items",) if part.isdigit() and isinstance(schema.get("items"), dict) else None
