"""Every known-bad server."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from mockreel.conformance.broken.broken import Broken
from mockreel.conformance.broken.corpus import (
    auth,
    callbacks,
    credits,
    ids,
    lifecycle,
    refusals,
    requests,
    results,
    schema,
)
from mockreel.conformance.broken.needs import applies
from mockreel_contracts import Contract

_LAYERS = (
    schema,
    requests,
    refusals,
    auth,
    lifecycle,
    results,
    credits,
    ids,
    callbacks,
)


@cache
def all_broken() -> Mapping[str, Broken]:
    """Return every known-bad server by its name, in the order of the layers of checks."""
    found: dict[str, Broken] = {}
    for layer in _LAYERS:
        for broken in layer.broken():
            if broken.name in found:
                raise ValueError(f"there are two known-bad servers {broken.name!r}")
            found[broken.name] = broken
    return found


def fitting(contract: Contract) -> list[Broken]:
    """Return those that mean something for a contract."""
    return [broken for broken in all_broken().values() if applies(broken.needs, contract)]
