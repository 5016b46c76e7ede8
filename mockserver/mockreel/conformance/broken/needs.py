"""What a contract must have for a fault to mean anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockreel.conformance.broken.rules import keywords_of
from mockreel_contracts import Contract, Phase

NEEDS: Mapping[str, Callable[[Contract], bool]] = {
    "balance": lambda contract: bool(contract.by_role("balance")),
    "cancel": lambda contract: bool(contract.by_role("cancel")),
    "list": lambda contract: bool(contract.by_role("list")),
    "link": lambda contract: any("url" in each.reads for each in contract.by_role("download")),
    "file": lambda contract: any(each.reply == "asset" for each in contract.by_role("download")),
    "callback": lambda contract: contract.callback is not None,
    "signature": lambda contract: contract.callback is not None and contract.callback.signature is not None,
    "signed time": lambda contract: (
        contract.callback is not None
        and contract.callback.signature is not None
        and "timestamp" in contract.callback.signature.words
    ),
    "retries": lambda contract: (
        contract.callback is not None and any(event.retries_ms for event in contract.callback.events.values())
    ),
    "several events": lambda contract: _most_events(contract) > 1,
    "told credits": lambda contract: _told(contract, "credits"),
    "told times": lambda contract: any("created_ms" in each.answer for each in contract.operations.values()),
    "told end": lambda contract: _told(contract, "completed_ms"),
    "progress": lambda contract: _told(contract, "progress"),
    "first state": lambda contract: any("state" in each.answer for each in contract.by_role("submit")),
    "running state": lambda contract: any(s.phase is Phase.RUNNING for s in contract.lifecycle.way()),
    "queued state": lambda contract: len([s for s in contract.lifecycle.way() if s.phase is Phase.QUEUED]) > 1,
    "refund": lambda contract: bool(contract.credits.refund) and contract.credits.charge == "submit",
    "retry-after": lambda contract: any("Retry-After" in case.headers for case in contract.errors.values()),
    "errors in http": lambda contract: contract.errors_in == "http",
    "errors in body": lambda contract: contract.errors_in == "body",
    "numeric codes": lambda contract: any(isinstance(case.code, int) for case in contract.errors.values()),
    "get": lambda contract: any(o.method == "GET" for o in contract.operations.values()),
    "combination": lambda contract: bool(keywords_of(contract) & {"if", "dependentRequired", "dependentSchemas"}),
    "maximum": lambda contract: "maximum" in keywords_of(contract),
    "minimum": lambda contract: "minimum" in keywords_of(contract),
    "maxLength": lambda contract: "maxLength" in keywords_of(contract),
    "minLength": lambda contract: "minLength" in keywords_of(contract),
    "maxItems": lambda contract: "maxItems" in keywords_of(contract),
    "minItems": lambda contract: "minItems" in keywords_of(contract),
    "pattern": lambda contract: "pattern" in keywords_of(contract),
    "enum": lambda contract: "enum" in keywords_of(contract),
}
"""By word: whether a contract has it."""


def applies(needs: tuple[str, ...], contract: Contract) -> bool:
    """Whether a contract has all that is named."""
    return all(NEEDS[word](contract) for word in needs)


def _told(contract: Contract, name: str) -> bool:
    return any(name in operation.answer for operation in contract.by_role("query"))


def _most_events(contract: Contract) -> int:
    if contract.callback is None:
        return 0
    return sum(state.name in contract.callback.events for state in contract.lifecycle.way())
