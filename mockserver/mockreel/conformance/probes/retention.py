"""A task and its result as they grow old: kept as long as the contract says, and then gone."""

from __future__ import annotations

from mockreel.conformance import fetching, watching
from mockreel.conformance.bench import Bench
from mockreel.conformance.evidence import tracing
from mockreel.conformance.exchange import Intent
from mockreel.conformance.making import bodies
from mockreel_contracts import Phase

NAME = "retention"
POINTER = "behavior.yaml#/lifecycle/retention_s"
INTENT = Intent(NAME, "accept", pointer=POINTER)
LOOK = Intent(NAME, pointer=POINTER)
_NEARLY = 0.9
_OVER_MS = 3_600_000


def probe(bench: Bench) -> None:
    """Look at a task and its result shortly before and after the end of their lives."""
    if not (bench.has_control and bench.control.is_manual):
        bench.record.miss(NAME, "tasks and results live too long; that takes a mock with a manual clock")
        return
    lifecycle = bench.contract.lifecycle
    key = bench.role(NAME)
    trial = bench.submit(bodies.cheapest(bench), INTENT, key=key, plan=Phase.SUCCEEDED, scenario="fast")
    watching.watch(bench, [trial], LOOK)
    trial.is_over = True
    end = tracing.end_of(bench.record, trial)
    if end is None:
        bench.record.miss(NAME, "the task that was to grow old did not end")
        return
    steps = [
        (lifecycle.asset_life_ms * _NEARLY, "result"),
        (lifecycle.asset_life_ms + _OVER_MS, "result"),
        (lifecycle.retention_ms * _NEARLY, "task"),
        (lifecycle.retention_ms + _OVER_MS, "task"),
    ]
    start_ms, urls = end.exchange.at_ms, fetching.urls_of(bench.record, trial)
    for moment_ms, what in sorted(steps):
        bench.wait(max(start_ms + moment_ms - bench.control.now_ms(), 0) / 1000)
        if what == "task":
            watching.look(bench, trial, LOOK)
        else:
            for url in urls:
                fetching.fetch(bench, trial, url, LOOK)
