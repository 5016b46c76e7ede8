"""Over a socket: our server in a process of its own, the load in another."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import orjson
import pytest

from tests.benchmarks import report
from tests.benchmarks.processes import CHILDREN, SERVE, Burst, load, server
from tests.benchmarks.subjects import PROVIDERS, Subject, subject, wire

ROUNDS = 9
COUNT = 1500
STORED = 50_000


@pytest.fixture(scope="module")
def ours() -> Iterator[int]:
    """Our server, with every shipped contract; gives its port."""
    with server(SERVE) as port:
        yield port


@pytest.mark.parametrize("provider", PROVIDERS)
def test_create_against_a_raw_asgi_app(provider: str, ours: int) -> None:
    """Requests a second of ours / of the bare application: 0.8 says that all we do beyond it costs a fifth."""
    made = subject(provider)
    request = wire(made.create(), made.headers)
    with server([sys.executable, str(CHILDREN / "raw.py")], _peer(made)) as theirs:
        sides = [Burst(ours, request, COUNT), Burst(theirs, request, COUNT)]
        found = load([*sides, *sides * ROUNDS])[2:]
    rates, peers = [r.rate for r in found[::2]], [r.rate for r in found[1::2]]
    note = f"{sorted(rates)[ROUNDS // 2]:,.0f}/s, peer {sorted(peers)[ROUNDS // 2]:,.0f}/s"
    report.at_least(f"create over a socket, {provider}, against raw ASGI", report.ratio(rates, peers), 0.8, note=note)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_query_against_create(provider: str, ours: int) -> None:
    """Requests a second of a query / of a create on the same server: above 1, a look costs less than a task."""
    made = subject(provider)
    create = wire(made.create(), made.headers)
    engine = made.engine()
    engine.handle(made.create())
    theirs = next(iter(engine.services[provider].tasks))
    with server(
        [*SERVE, "--clock", "manual", "--provider", provider]
    ) as port:  # same seed and clock, so the same first id
        load([Burst(port, create, 1, 1)])
        query = wire(made.query(theirs), made.headers)
        sides = [Burst(port, query, COUNT), Burst(port, create, COUNT)]
        found = load([*sides, *sides * ROUNDS])[2:]
    rates, creates = [r.rate for r in found[::2]], [r.rate for r in found[1::2]]
    note = f"{sorted(rates)[ROUNDS // 2]:,.0f}/s"
    report.inform(f"query over a socket, {provider}, against create", report.ratio(rates, creates), unit="x", note=note)


def test_latency_with_many_tasks_stored() -> None:
    """p50 and p99 of a create with 50,000 tasks stored, against the bare application that stores as many bodies."""
    made = subject(PROVIDERS[-1])
    request = wire(made.create(), made.headers)
    with server(SERVE) as ours, server([sys.executable, str(CHILDREN / "raw.py")], _peer(made)) as theirs:
        load([Burst(ours, request, STORED), Burst(theirs, request, STORED)])
        sides = [Burst(ours, request, 2000, 4), Burst(theirs, request, 2000, 4)]
        found = load(sides * 5)
    p50, p99 = sorted(r.p50_ms for r in found[::2])[2], sorted(r.p99_ms for r in found[::2])[2]
    report.inform("create with 50,000 tasks stored, p50", p50, unit="ms", note="4 connections at full load")
    against = report.ratio([r.p99_ms for r in found[::2]], [r.p99_ms for r in found[1::2]])
    report.inform("create with 50,000 tasks stored, p99", p99, unit="ms", note=f"{against:.2f}x the raw ASGI app's")


def _peer(made: Subject) -> dict[str, object]:
    answer = made.engine().handle(made.create())
    return {
        "path": made.create().path,
        "header": made.contract.auth.header,
        "scheme": made.contract.auth.schemes[0],
        "schema": made.schema(),
        "answer": orjson.loads(answer.body),
    }
