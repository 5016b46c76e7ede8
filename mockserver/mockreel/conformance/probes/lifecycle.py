"""Tasks that are watched from their making to their end: what they say of themselves, and when."""

from __future__ import annotations

from mockreel.conformance import watching
from mockreel.conformance.bench import Bench
from mockreel.conformance.evidence import tracing
from mockreel.conformance.exchange import Intent, Trial
from mockreel.conformance.fetching import fetch_results
from mockreel.conformance.making import bodies
from mockreel_contracts import Phase

NAME = "lifecycle"
INTENT = Intent(NAME, "accept", pointer="behavior.yaml#/lifecycle")
LOOK = Intent(NAME, pointer="behavior.yaml#/lifecycle")


def probe(bench: Bench) -> None:
    """Have tasks succeed and fail where outcomes can be chosen; otherwise make one and see."""
    if not bench.has_control:
        bench.record.miss(NAME, "without a control no task can be made to fail; start the server's mock with one")
        _alone(bench)
        return
    body = bodies.cheapest(bench)
    trials = [
        bench.submit(body, INTENT, key=bench.role(NAME), plan=Phase.SUCCEEDED),
        bench.submit(body, INTENT, key=bench.role(NAME), plan=Phase.FAILED, scenario="generation_failed"),
    ]
    if can_fail_early(bench):
        trials.append(bench.submit(body, INTENT, key=bench.role(NAME), plan=Phase.FAILED, scenario="early_failure"))
    watching.watch(bench, trials, LOOK)
    finish(bench, trials)


def finish(bench: Bench, trials: list[Trial]) -> None:
    """Note that all was seen, and fetch what came of it."""
    for trial in trials:
        trial.is_over = True
        fetch_results(bench, trial, LOOK)


def can_fail_early(bench: Bench) -> bool:
    """Whether a task that is not running yet may fail."""
    states = bench.contract.lifecycle.states
    waiting = [state for state in bench.contract.lifecycle.way() if state.phase is Phase.QUEUED]
    return bool(waiting) and any(states[name].phase is Phase.FAILED for name in waiting[-1].next)


def _alone(bench: Bench) -> None:
    """Make one task, about which everything is asked: its states, its money, its callbacks, its result."""
    bench.balance(LOOK)
    callback = () if bench.receiver is not None and bench.contract.callback is not None else None
    trial = bench.submit(bodies.cheapest(bench), INTENT, callback=callback)
    bench.balance(LOOK)
    has_ended = watching.watch(bench, [trial], LOOK)
    if not has_ended and trial.task_id:
        bench.record.miss(NAME, "the task did not end in the time that the contract says to wait for it")
    bench.balance(LOOK)
    finish(bench, [trial])


def succeeded(bench: Bench, *, key: str | None = None) -> Trial | None:
    """Return the latest task of the run that was seen to succeed and has results."""
    for trial in reversed(bench.record.trials):
        sight = tracing.end_of(bench.record, trial)
        if sight is not None and sight.seen.phase is Phase.SUCCEEDED and key in (None, trial.key):
            return trial
    return None
