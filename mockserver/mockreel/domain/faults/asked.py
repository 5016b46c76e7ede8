"""Faults that a request asks for itself, with the header X-Mock-Fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mockreel.domain.faults.effects import both
from mockreel.domain.faults.kind import FaultError, FaultKind, near_misses
from mockreel_contracts import Contract

MOST = 8  # faults that one request can ask for


class Asked(NamedTuple):
    """What a request asks for: effects by point; `names` are for the journal."""

    effects: Mapping[str, Mapping[str, Any]]
    names: tuple[str, ...]


def parse(text: str, contract: Contract, kinds: Mapping[str, FaultKind]) -> Asked:
    """Read `NAME; field=value, NAME ...`. A name is a fault's, or an ErrorCase's id, code or reason.

    Raises FaultError that names the near misses.
    """
    effects: dict[str, Mapping[str, Any]] = {}
    names = []
    parts = [part for part in (piece.strip() for piece in text.split(",")) if part]
    if len(parts) > MOST:
        raise FaultError(f"at most {MOST} faults at once, got {len(parts)}")
    for part in parts:
        name, *settings = (piece.strip() for piece in part.split(";"))
        case = contract.find_error(name)
        if case is not None:
            if settings:
                raise FaultError(f"{name} is an error and takes no fields")
            effects["answer"] = both("answer", effects.get("answer", {}), {"case": case.id})
            names.append(name)
            continue
        kind = kinds.get(name)
        if kind is None and "=" in name:
            raise FaultError(f"fields follow a semicolon, as in NAME; {name[:60]}; a comma begins another fault")
        if kind is None:
            raise FaultError(near_misses("fault", name, {**kinds, **contract.errors}))
        values = {}
        for setting in settings:
            field, equals, value = (piece.strip() for piece in setting.partition("="))
            if not equals:
                raise FaultError(f"a field of a fault is given as NAME=VALUE, got {setting[:60]!r}")
            values[field] = value
        effects[kind.point] = both(kind.point, effects.get(kind.point, {}), kind.effects(values))
        names.append(name)
    return Asked(effects, tuple(names))
