"""Tasks that hang until the contract gives them up, in each state in which they can hang."""

from __future__ import annotations

from mockreel.conformance import watching
from mockreel.conformance.bench import Bench
from mockreel.conformance.exchange import Intent, Trial
from mockreel.conformance.making import bodies
from mockreel.conformance.probes.credits import settle
from mockreel_contracts import Phase
from mockreel_contracts.model import Expiry

NAME = "expiry"
POINTER = "behavior.yaml#/lifecycle/expires"
INTENT = Intent(NAME, "accept", pointer=POINTER)
LOOK = Intent(NAME, pointer=POINTER)
_EDGE_MS = 5000  # how near to the moment it is looked
_HANGS = ("stuck_at_first", "stuck_queued", "stuck")


def probe(bench: Bench) -> None:
    """Let each expiry of the contract come."""
    expiries = bench.contract.lifecycle.expiries
    if not expiries:
        return
    if not (bench.has_control and bench.control.is_manual):
        bench.record.miss(NAME, "tasks expire after too long; that takes a mock with a manual clock")
        return
    for index, expiry in enumerate(expiries):
        body = bodies.expiring(bench, index)
        if body is None:
            bench.record.miss(NAME, f"no request was found whose task ends as {expiry.to}")
            continue
        _expire(bench, expiry, [_hanging(bench, body, f"{NAME}-{index}-{hang}", hang) for hang in _HANGS])


def _hanging(bench: Bench, body: object, role: str, scenario: str) -> Trial:
    key = bench.role(role)
    callback = () if bench.receiver is not None and bench.contract.callback is not None else None
    bench.balance(LOOK, key=key)
    trial = bench.submit(body, INTENT, key=key, plan=Phase.EXPIRED, scenario=scenario, callback=callback)
    bench.balance(LOOK, key=key)
    return trial


def _expire(bench: Bench, expiry: Expiry, trials: list[Trial]) -> None:
    after_ms = expiry.after_ms / bench.record.speed
    start_ms = min((trial.submit.at_ms for trial in trials if trial.submit), default=bench.control.now_ms())
    longest_ms = max(watching.longest_ms(bench, trial) for trial in trials)
    for moment_ms in (0, longest_ms, after_ms - _EDGE_MS, after_ms + _EDGE_MS, after_ms + _EDGE_MS):
        bench.wait(max(start_ms + moment_ms - bench.control.now_ms(), 0) / 1000)
        for trial in trials:
            if trial.task_id:
                watching.look(bench, trial, LOOK)
    for trial in trials:
        trial.is_over = True
        settle(
            bench, trial.key, expects=bench.contract.lifecycle.states[expiry.to].phase in bench.contract.credits.refund
        )
