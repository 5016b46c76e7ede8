"""The samples of a contract as requests: one for each model, without callbacks or with one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockreel_contracts import Contract, Operation, pointer
from mockreel_contracts.examples import Example, examples_of, samples
from mockreel_contracts.expressions import first_path


def with_callback(contract: Contract, operation: Operation, body: Any, url: str) -> Any:
    """Return a body that asks for callbacks at a URL; as it is where the operation takes none."""
    keys = _place(contract, operation.id)
    return _put(body, keys, url) if keys else body


def _put(body: Any, keys: Sequence[str], value: Any) -> Any:
    if not keys:
        return value
    inner = body.get(keys[0], {}) if isinstance(body, dict) else {}
    return {**body, keys[0]: _put(inner, keys[1:], value)}


def chosen(contract: Contract, examples: Sequence[Example] | None, models: Sequence[str]) -> dict[str, Any]:
    """Return a request that is accepted for each model that the run is about, by the model's name.

    Callback URLs of examples are left out: nobody is to be called who did not ask.
    """
    known = samples(contract, examples_of(contract.provider) if examples is None else examples)
    bodies = {name: _without_callback(contract, example) for name, example in known}
    return {name: body for name, body in bodies.items() if not models or name in models} or bodies


def _without_callback(contract: Contract, example: Example) -> Any:
    keys = _place(contract, example.operation)
    try:
        return pointer.without(example.body, pointer.of(keys)) if keys else example.body
    except KeyError:
        return example.body


def _place(contract: Contract, operation: str) -> Sequence[str]:
    """Return where in a body the URL of callbacks stands, nothing where there is no such place."""
    source = contract.behavior["operations"][operation].get("reads", {}).get("callback_url", "")
    return first_path(source, "body") or () if source else ()
