"""The callback URL of a create body, put in or taken out where the contract has a place for it."""

from __future__ import annotations

from typing import Any

from mockreel_contracts import pointer
from mockreel_contracts.model import Contract, Operation


def with_callback(operation: Operation, contract: Contract, body: Any, url: str) -> Any:
    """Return a create body that asks for callbacks at `url`, where the contract has a place for that."""
    return body if contract.callback is None else _merged(operation, contract, body, url)


def without_callback(operation: Operation, contract: Contract, body: Any) -> Any:
    """Return a create body that asks for no callbacks."""
    return _merged(operation, contract, body, None)


def _merged(operation: Operation, contract: Contract, body: Any, url: str | None) -> Any:
    source = str(contract.behavior["operations"][operation.id].get("reads", {}).get("callback_url", ""))
    if not source.startswith("body."):
        return body
    patch: Any = url
    for name in reversed(source.removeprefix("body.").split(".")):
        patch = {name: patch}
    return pointer.merge(body, patch)
