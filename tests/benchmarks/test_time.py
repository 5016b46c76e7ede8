"""Hours of virtual time in one call, with many tasks."""

from __future__ import annotations

import time

from mockreel.server.courier import Courier
from mockreel.server.steering import SteeredClock
from tests.benchmarks import report
from tests.benchmarks.subjects import PROVIDERS, subject

TASKS, HOURS_S = 100_000, 4 * 3600
FAILS = {b"x-mock-scenario": b"generation_failed"}


def test_hours_with_many_tasks() -> None:
    """Seconds of an advance of four hours; tasks that fail / that succeed; a second advance / the first."""
    first: dict[str, list[float]] = {"succeed": [], "fail": []}
    again: list[float] = []
    for provider in PROVIDERS:
        for end, times in first.items():
            took_s, idle_s = _advances(provider, FAILS if end == "fail" else {})
            times.append(took_s)
            again.append(idle_s / took_s)
            report.inform(f"an advance of 4 hours, {TASKS:,} tasks that {end}, {provider}", took_s, unit="s")
    failing = report.ratio(first["fail"], first["succeed"])
    report.at_most("an advance over tasks that fail, against ones that succeed", failing, 2, note="refunds")
    report.at_most("an advance in which nothing happens, against the first", max(again), 0.02, note="the worst of all")


def _advances(provider: str, headers: dict[bytes, bytes]) -> tuple[float, float]:
    """Return the seconds of two advances, the second after the end of every task."""
    made = subject(provider)
    engine, request = made.engine(), made.create()
    request = request._replace(headers={**request.headers, **headers})
    for _ in range(TASKS):
        assert engine.handle(request).status == 200
    clock = SteeredClock(engine, Courier(engine))
    taken = []
    for _ in range(2):
        began = time.perf_counter()
        happened = clock.advance(HOURS_S)
        taken.append(time.perf_counter() - began)
        happened.clear()
    return taken[0], taken[1]
