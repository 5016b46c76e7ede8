"""Parameters of a URL: values that break their schema, and values at its edges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mockreel.conformance.bench import Bench
from mockreel.conformance.exchange import Intent
from mockreel.conformance.probes.asking import ask
from mockreel_contracts import Operation, pointer
from mockreel_contracts.model import Parameter

_TEXTS = ("mockreel", "1.5", "-1", "0", "")
_FREE = ("list", "balance")  # operations that any good parameters are accepted by, at no cost


def send(bench: Bench, operation: Operation, probe: str, key: str) -> None:
    """Send each query parameter missing, broken, and at its edges."""
    for parameter in operation.parameters:
        if parameter.where != "query":
            continue
        at = f"openapi.yaml#{_place(bench, operation, parameter)}"
        if parameter.is_required:
            _refused(bench, operation, probe, key, at, (parameter, "required", None))
        for keyword, text in _breaking(parameter):
            _refused(bench, operation, probe, key, at, (parameter, keyword, text))
        if operation.role in _FREE:
            for text in _edges(parameter):
                intent = Intent(probe, "accept", pointer=at, axis=f"{parameter.name} {text}")
                ask(bench, operation, intent, query={parameter.name: text}, key=key)


def value_of(parameter: Parameter, text: str) -> Any:
    """Return what a text in a URL stands for; the text itself where it is not of the parameter's kind."""
    match parameter.kind:
        case "array":
            return [text]
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
        case "integer" if re.fullmatch(r"-?[0-9]{1,18}", text):
            return int(text)
        case "number" if re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", text):
            return float(text)
        case _:
            return text


def _refused(
    bench: Bench, operation: Operation, probe: str, key: str, at: str, broken: tuple[Parameter, str, str | None]
) -> None:
    parameter, keyword, text = broken
    case = bench.contract.refusal("invalid", operation, keyword).id
    rule = f"{parameter.name} {keyword}" + (f", as {text!r}" if text is not None else "")
    intent = Intent(probe, "refuse", "invalid", case, rule, keyword, at)
    ask(bench, operation, intent, query={} if text is None else {parameter.name: text}, key=key)


def _breaking(parameter: Parameter) -> Iterator[tuple[str, str]]:
    """Go through (keyword, text): for each keyword the first text that breaks it and no other."""
    seen: set[str] = set()
    for text in (*_beyond(parameter), *_TEXTS):
        found = {violation.keyword for violation in parameter.schema.violations(value_of(parameter, text))}
        if len(found) == 1 and not found & seen and (text or found == {"minLength"}):
            seen |= found
            yield found.pop(), text


def _beyond(parameter: Parameter) -> list[str]:
    source = parameter.schema.source
    bounds = [(source.get("minimum"), -1), (source.get("maximum"), 1)]
    return [f"{bound + step}" for bound, step in bounds if isinstance(bound, int)]


def _edges(parameter: Parameter) -> list[str]:
    source = parameter.schema.source
    found = [f"{source[name]}" for name in ("minimum", "maximum") if name in source]
    found += ["true", "false"] if parameter.kind == "boolean" else []
    found += [value for value in source.get("enum", ()) if isinstance(value, str)]
    return [text for text in found if parameter.schema.is_valid(value_of(parameter, text))]


def _place(bench: Bench, operation: Operation, parameter: Parameter) -> str:
    """Return the pointer of a parameter in the OpenAPI document, that of its operation where it is not found there."""
    at = pointer.join("/paths", operation.path, operation.method.lower())
    listed = pointer.get(bench.contract.openapi, at).get("parameters", ())
    for index, each in enumerate(listed):
        if each.get("name") == parameter.name:
            return pointer.join(at, "parameters", str(index))
    return at
