"""What a contract must have for a fault to mean anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mockreel.conformance.broken.rules import keywords_of
from mockreel_contracts import Contract, Model, Phase
from mockreel_contracts.examples import Example, examples_of, samples

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
    "message by itself": lambda contract: (
        contract.behavior["transport"]["reads"]["message"].removeprefix("body.").isidentifier()
    ),
    "numeric codes": lambda contract: any(isinstance(case.code, int) for case in contract.errors.values()),
    "get": lambda contract: any(o.method == "GET" for o in contract.operations.values()),
}
"""By word: whether a contract has it."""


COMBINATION = {"if", "dependentRequired", "dependentSchemas"}


def models_for(needs: tuple[str, ...], contract: Contract, examples: Sequence[Example] | None = None) -> list[str]:
    """Return the models of a contract, those with a sample, that have the keywords of their schema that are named.

    Samples are made of `examples` (default: those of the shipped contract).
    """
    keywords = [word for word in needs if word not in NEEDS]
    own = examples_of(contract.provider) if examples is None else examples
    names = [name for name, _ in samples(contract, own)]
    return [name for name in names if all(_has(contract, contract.models[name], word) for word in keywords)]


def applies(needs: tuple[str, ...], contract: Contract, examples: Sequence[Example] | None = None) -> bool:
    """Whether a contract has all that is named: words of NEEDS, keywords of a request's schema, or `combination`."""
    return all(NEEDS[word](contract) for word in needs if word in NEEDS) and bool(models_for(needs, contract, examples))


def _has(contract: Contract, model: Model, word: str) -> bool:
    own = keywords_of(contract, model)
    return bool(own & COMBINATION) if word == "combination" else word in own


def _told(contract: Contract, name: str) -> bool:
    return any(name in operation.answer for operation in contract.by_role("query"))


def _most_events(contract: Contract) -> int:
    if contract.callback is None:
        return 0
    return sum(state.name in contract.callback.events for state in contract.lifecycle.way())
