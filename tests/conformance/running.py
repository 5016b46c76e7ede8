"""Runs of a verification in this process, as short as a test wants them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import httpx2

from mockreel import MockProvider
from mockreel.conformance import judging, verify
from mockreel.conformance.bench import Bench, Keys
from mockreel.conformance.budget import Budget
from mockreel.conformance.receiver import Receiver
from mockreel.conformance.target import Target, bench
from mockreel.domain.settings import DEFAULT_SECRET
from mockreel.report import CheckResult, Status
from mockreel_contracts import Contract, load, providers

PROFILES = [(name, profile) for name in providers() for profile in load(name).profiles]
LIFE = ["lifecycle", "callbacks", "cancel", "credits", "ids", "list", "download", "expiry", "retention"]
"""The probes of tasks."""


class Unsteered:
    """A server that cannot be steered, on a clock that a test moves in its place."""

    is_manual = False
    speed = 1.0

    def __init__(self, mock: MockProvider) -> None:
        self._mock = mock

    def now_ms(self) -> int:
        return self._mock.clock.now_ms()

    def advance(self, seconds: float) -> None:
        self._mock.clock.advance(seconds)

    def set_credits(self, key: str, credits: float) -> None:
        raise AssertionError(f"nobody can give {key} {credits} credits")


def run(
    mock: MockProvider, only: Sequence[str] | None = None, *, contract: Contract | None = None
) -> tuple[Bench, dict[str, CheckResult]]:
    """Run probes against a mock that is steered; returns the bench and the results by check.

    With another `contract` than its own, the mock is a server that does not keep it.
    """
    own = next(iter(mock.engine.services.values())).contract
    with mock, bench(Target(mock, contract or own, "own-key")) as made:
        verify.run(made, only=only)
        return made, {result.id: result for result in judging.judge(made.record)}


def run_unsteered(
    mock: MockProvider, budget: Decimal | None = None, only: Sequence[str] | None = None
) -> tuple[Bench, dict[str, CheckResult]]:
    """Run probes against a mock as against a stranger: no control, one key."""
    contract = next(iter(mock.engine.services.values())).contract
    receiver = Receiver(mock.clock.now_ms)
    with mock, httpx2.Client(transport=mock.transport()) as http, receiver.serve():
        made = Bench(
            contract,
            contract.base_url,
            http,
            keys=Keys("own-key"),
            budget=Budget(budget),
            control=Unsteered(mock),
            has_control=False,
            receiver=receiver if contract.callback is not None else None,
            callback_secret=DEFAULT_SECRET,
        )
        verify.run(made, only=only)
        return made, {result.id: result for result in judging.judge(made.record)}


def failed(results: dict[str, CheckResult]) -> list[str]:
    """Return the checks that failed."""
    return [name for name, result in results.items() if result.status is Status.FAIL]
