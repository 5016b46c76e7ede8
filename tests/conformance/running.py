"""Runs of a verification in this process, as short as a test wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

import httpx2

from mockreel import MockProvider
from mockreel.conformance import judging, verify
from mockreel.conformance.bench import Bench, Keys
from mockreel.conformance.budget import Budget
from mockreel.conformance.target import Target, bench
from mockreel.domain.messages import Answer, Request
from mockreel.report import CheckResult, Status
from mockreel_contracts import load, providers

PROFILES = [(name, profile) for name in providers() for profile in load(name).profiles]
Twist = Callable[[Request, Answer], Answer]


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


def run(mock: MockProvider, only: Sequence[str] | None = None) -> tuple[Bench, dict[str, CheckResult]]:
    """Run probes against a mock that is steered; returns the bench and the results by check."""
    provider = next(iter(mock.engine.services))
    with mock, bench(Target(mock, mock.engine.services[provider].contract, "own-key")) as made:
        verify.run(made, only=only)
        return made, {result.id: result for result in judging.judge(made.record)}


def run_unsteered(mock: MockProvider, budget: Decimal | None = None) -> tuple[Bench, dict[str, CheckResult]]:
    """Run every probe against a mock as against a stranger: no control, one key."""
    contract = next(iter(mock.engine.services.values())).contract
    with mock, httpx2.Client(transport=mock.transport()) as http:
        made = Bench(
            contract,
            contract.base_url,
            http,
            keys=Keys("own-key"),
            budget=Budget(budget),
            control=Unsteered(mock),
            has_control=False,
        )
        verify.run(made)
        return made, {result.id: result for result in judging.judge(made.record)}


def failed(results: dict[str, CheckResult]) -> list[str]:
    """Return the checks that failed."""
    return [name for name, result in results.items() if result.status is Status.FAIL]


@contextmanager
def twisted(mock: MockProvider, twist: Twist) -> Iterator[MockProvider]:
    """Have what a mock answers changed on its way."""
    handle = mock.engine.handle

    def changed(request: Request) -> Answer:
        return twist(request, handle(request))

    mock.engine.handle = changed  # type: ignore[method-assign]
    yield mock
