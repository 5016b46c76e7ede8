"""Is a create request what its model's contract asks for? Found out before any call, and everything at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import orjson

from mockreel_contracts import Contract, Model, Operation, Violation, pointer
from mockreel_contracts.near import near

MAX_DEPTH = 64
_LEAST, _MOST = -(2**63), 2**64 - 1  # the integers that JSON writers take
_SHOWN = 100  # characters of an unknown name that are told


def problems(
    contract: Contract, body: Mapping[str, Any], *, operation: Operation | None = None
) -> tuple[Violation, ...]:
    """Return everything that is wrong with the whole body of a create request, ordered by JSON pointer; () when good.

    Without `operation` it is the submit operation that has the body's model. Besides the keywords of JSON Schema these
    are broken: `json` by values that JSON has no form for (dates, bytes, sets, NaN, keys that are no text); `too_large`
    by a body that is larger, as compact JSON, than the contract allows; `unknown_model` by a model that the contract
    does not know (the text names those spelled alike), and nothing more can be said of that body. Images inside the
    body are not looked at. Raises ValueError when the contract creates no tasks.
    """
    foreign: list[Violation] = []
    plain = _plain(dict(body) if isinstance(body, Mapping) else body, (), foreign)
    if not isinstance(plain, dict):
        return tuple(foreign) or (Violation("", "body", "type", f"is {_named(body)}; expected an object"),)
    foreign += _too_large(contract, plain)
    submits = (operation,) if operation else contract.by_role("submit")
    if not submits:
        raise ValueError(f"the contract of {contract.provider} has no operation that creates tasks")
    model = next(filter(None, (_model_of(submit, plain) for submit in submits)), None)
    if model is None:
        return tuple(sorted((*foreign, _no_model(submits, plain))))
    at = tuple(violation.pointer for violation in foreign if violation.keyword == "json")
    broken = [found for found in model.schema.violations(plain) if not _is_below(found.pointer, at)]
    return tuple(sorted((*foreign, *broken)))


def _too_large(contract: Contract, body: Mapping[str, Any]) -> list[Violation]:
    limit = contract.max_body_bytes
    if limit is None or (size := len(orjson.dumps(body))) <= limit:
        return []
    return [Violation("", "body", "too_large", f"is {size} bytes of JSON; at most {limit} are accepted")]


def _model_of(operation: Operation, body: Mapping[str, Any]) -> Model | None:
    name = body.get(operation.discriminator, operation.default_model)
    return operation.models.get(name) if isinstance(name, str) else None


def _no_model(submits: tuple[Operation, ...], body: Mapping[str, Any]) -> Violation:
    field, names = submits[0].discriminator, [name for submit in submits for name in submit.models]
    at, known, name = pointer.of([field]), ", ".join(names), body.get(field)
    if field not in body:
        return Violation(at, field, "required", f"is required; one of {known}")
    if isinstance(name, str):
        return Violation(at, field, "unknown_model", _hint(name, names))
    return Violation(at, field, "type", f"is {_named(name)}; expected the name of a model, one of {known}")


def _hint(name: str, known: list[str]) -> str:
    folded = {model.casefold(): model for model in known}
    like = near(name.casefold(), folded)
    shown = f"{name[:_SHOWN]!r} is not a model of this provider"
    if like:
        return f"{shown}; did you mean {' or '.join(repr(folded[model]) for model in like)}?"
    return f"{shown}; expected one of {', '.join(known)}"


def _plain(value: Any, path: tuple[object, ...], foreign: list[Violation]) -> Any:
    """Return a copy of `value` that JSON has a form for; what had none is None in it, and told in `foreign`."""
    wrong = _wrong(value, len(path))
    if wrong:
        field = next((str(part) for part in reversed(path) if isinstance(part, str)), "body")
        foreign.append(Violation(pointer.of(path), field, "json", wrong))
        return None
    if isinstance(value, dict):
        return {key: _plain(item, (*path, key), foreign) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, (*path, index), foreign) for index, item in enumerate(value)]
    if isinstance(value, str):
        return str.__str__(value)  # an enum's member becomes its text
    if isinstance(value, bool) or value is None:
        return value
    return int(value) if isinstance(value, int) else float(value)


def _wrong(value: Any, depth: int) -> str:
    if depth > MAX_DEPTH:
        return f"is nested deeper than {MAX_DEPTH}"
    if isinstance(value, dict):
        keys = [
            key for key in value if type(key) is not str or not _is_text(key)
        ]  # orjson takes no subclass of str here
        return f"has the key {keys[0]!r}, {_named(keys[0])}; expected a str of whole characters" if keys else ""
    if isinstance(value, str):
        return "" if _is_text(value) else "holds half of a character (a lone surrogate), which UTF-8 has no form for"
    if isinstance(value, int) and not isinstance(value, bool):
        return "" if _LEAST <= value <= _MOST else "is an integer of more than 64 bits"
    if isinstance(value, float):
        return "" if math.isfinite(value) else f"is {value}, which JSON has no form for"
    return (
        ""
        if value is None or isinstance(value, bool | list | tuple)
        else f"is {_named(value)}, which JSON has no form for"
    )


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _is_below(at: str, pointers: tuple[str, ...]) -> bool:
    return any(at == other or at.startswith(f"{other}/") for other in pointers)


def _named(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
