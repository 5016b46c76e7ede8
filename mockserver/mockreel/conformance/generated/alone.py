"""From a body that breaks many rules to bodies that break one: what is wrong is put into one that is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockreel_contracts import Schema, pointer

_MISSING = object()


def alone(schema: Schema, body: Any, good: Any) -> Iterator[Any]:
    """Give `good` with each of the values by which `body` breaks a rule, where it then breaks no other."""
    seen: set[tuple[str, ...]] = set()
    for violation in schema.violations(body):
        parts: list[str] = []
        for part in pointer.split(violation.pointer):
            if part.isdigit():  # of a list, all of it
                break
            parts.append(part)
        if not parts or tuple(parts) in seen:
            continue
        seen.add(tuple(parts))
        changed = _with(good, parts, _at(body, parts))
        if changed is not None and len({(each.pointer, each.keyword) for each in schema.violations(changed)}) == 1:
            yield changed


def _at(value: Any, parts: list[str]) -> Any:
    for part in parts:
        if not isinstance(value, dict) or part not in value:
            return _MISSING
        value = value[part]
    return value


def _with(body: Any, parts: list[str], value: Any) -> Any:
    """Return `body` with a value, or without it; None where it has no place for it."""
    if not isinstance(body, dict):
        return None
    name, *inner = parts
    if inner:
        changed = _with(body.get(name, {}), inner, value)
        return None if changed is None else {**body, name: changed}
    if value is _MISSING:
        return {key: item for key, item in body.items() if key != name}
    return {**body, name: value}
