"""In-process, with pytest-benchmark's own timers: the contract core without a socket."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from mockreel.domain.engine import Engine
from mockreel.domain.messages import Request
from mockreel_contracts import Contract
from tests.benchmarks import report
from tests.benchmarks.subjects import PROVIDERS, Subject, subject

OPERATIONS = 60
ROUNDS, COUNT = 30, 300


@pytest.mark.parametrize("provider", PROVIDERS)
def test_create(provider: str, benchmark: BenchmarkFixture) -> None:
    """Authorize, parse, validate, price, store, render, record."""
    made = subject(provider)
    engine, request = made.engine(), made.create()
    assert engine.handle(request).status == 200
    benchmark.pedantic(engine.handle, (request,), rounds=ROUNDS, iterations=COUNT, warmup_rounds=2)  # type: ignore[no-untyped-call]
    _inform(f"create in-process, {provider}", benchmark)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_query(provider: str, benchmark: BenchmarkFixture) -> None:
    """Authorize, find, compute the state, render, record."""
    made = subject(provider)
    handle, request = _with_a_task(made, made.engine())
    benchmark.pedantic(handle, (request,), rounds=ROUNDS, iterations=COUNT, warmup_rounds=2)  # type: ignore[no-untyped-call]
    _inform(f"query in-process, {provider}", benchmark)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_validation(provider: str, benchmark: BenchmarkFixture) -> None:
    """The compiled JSON Schema of one model over a body that keeps it."""
    made = subject(provider)
    operation = made.contract.by_role("submit")[0]
    value: Any = orjson.loads(made.body)
    schema = operation.models[value[operation.discriminator]].schema
    assert schema.violations(value) == ()
    benchmark.pedantic(schema.violations, (value,), rounds=ROUNDS, iterations=COUNT, warmup_rounds=2)  # type: ignore[no-untyped-call]
    _inform(f"validation of a body, {provider}", benchmark)


def test_sixty_operations_against_one() -> None:
    """Time of a query where the contract has 60 operations more / where it has not: routes are not scanned.

    The two sides take turns in going first; the median is over the rounds of all contracts.
    """
    many: list[float] = []
    few: list[float] = []
    for provider in PROVIDERS:
        made = subject(provider)
        sides = [
            (many, _with_a_task(made, replace(made, contract=_widened(made.contract)).engine())),
            (few, _with_a_task(made, made.engine())),
        ]
        for _ in range(2 * ROUNDS):
            for times, side in sides:
                times.append(_time(*side))
            sides.reverse()
    measured = report.ratio(many, few)
    report.at_most(
        f"{OPERATIONS} operations more, against none", measured, 1.05, note="in-process query, all contracts"
    )


def _widened(contract: Contract) -> Contract:
    """Return the contract with copies of its query operation at other paths, before and after it in the alphabet."""
    query = contract.by_role("query")[0]
    copies = {
        f"{query.id}{n}": replace(query, id=f"{query.id}{n}", path=f"{query.path.rpartition('/')[0]}/x{n}{query.path}")
        for n in range(OPERATIONS)
    }
    return replace(contract, operations={**copies, **contract.operations})


def _with_a_task(made: Subject, engine: Engine) -> tuple[Callable[[Request], object], Request]:
    assert engine.handle(made.create()).status == 200
    request = made.query(next(iter(engine.services[made.contract.provider].tasks)))
    assert engine.handle(request).status == 200
    return engine.handle, request


def _time(handle: Callable[[Request], object], request: Request) -> float:
    began = time.perf_counter()
    for _ in range(COUNT):
        handle(request)
    return time.perf_counter() - began


def _inform(what: str, benchmark: BenchmarkFixture) -> None:
    assert benchmark.stats is not None
    report.inform(what, benchmark.stats.stats.median * 1e6, unit="µs")
