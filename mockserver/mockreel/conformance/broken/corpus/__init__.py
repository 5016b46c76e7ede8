"""Every known-bad server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    tellings,
)
from mockreel.conformance.broken.needs import applies, models_for
from mockreel_contracts import Contract
from mockreel_contracts.examples import Example, examples_of

_LAYERS = (
    schema,
    requests,
    refusals,
    auth,
    lifecycle,
    tellings,
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


def model_of(broken: Broken, contract: Contract, examples: Sequence[Example] | None = None) -> str:
    """Return a model by which a known-bad server of a contract can be found. Raises ValueError where there is none."""
    for name in models_for(broken.needs, contract, examples):
        return name
    raise ValueError(f"{broken.name} means nothing for {contract.provider}")


def fitting(contract: Contract, examples: Sequence[Example] | None = None) -> list[Broken]:
    """Return those that mean something for a contract; `examples` are those of its folder, if it is not shipped."""
    own = examples_of(contract.provider) if examples is None else examples
    return [broken for broken in all_broken().values() if applies(broken.needs, contract, own)]
