"""Tasks that call back: taken at once, not taken at first, never taken."""

from __future__ import annotations

from mockreel.conformance import watching
from mockreel.conformance.bench import Bench
from mockreel.conformance.control import FAULT_HEADER
from mockreel.conformance.exchange import Intent, Trial
from mockreel.conformance.making import bodies
from mockreel.conformance.probes import cancel
from mockreel_contracts import Phase

NAME = "callbacks"
POINTER = "behavior.yaml#/callback"
INTENT = Intent(NAME, "accept", pointer=POINTER)
LOOK = Intent(NAME, pointer=POINTER)
_REFUSED = 500
_PATIENCE_S = 2.0  # for a callback that is on its way
_LONGEST_S = 10.0  # of waits for repeats, where time passes by itself


def probe(bench: Bench) -> None:
    """Have tasks of each outcome call back, and answer them well and badly."""
    rules = bench.contract.callback
    if rules is None:
        return
    if bench.receiver is None:
        bench.record.miss(NAME, "the server cannot reach this machine; give --callback-host")
        return
    if not bench.has_control:
        if not any(trial.callback_url for trial in bench.record.trials):
            bench.record.miss(NAME, "no task was made that calls back")
        bench.wait(_PATIENCE_S)
        return
    before = [200 for state in bench.contract.lifecycle.way()[:-1] if state.name in rules.events]
    made = [
        _made(bench, Phase.SUCCEEDED, ()),
        _made(bench, Phase.FAILED, ()),
        _made(bench, Phase.SUCCEEDED, (*before, _REFUSED)),
    ]
    if before:
        made.append(_made(bench, Phase.SUCCEEDED, (_REFUSED,)))
    if bench.control.is_manual:
        attempts = max(event.attempts for event in rules.events.values())
        made.append(_made(bench, Phase.FAILED, (*before, *[_REFUSED] * (attempts + 1))))
    else:
        bench.record.miss(NAME, "the last repeats take too long; give the mock a manual clock to see them")
    exits = cancel.cancelable(bench) if bench.contract.by_role("cancel") else []
    if exits and exits[0].name == bench.contract.lifecycle.initial:
        made.append(_canceled(bench))
    watching.watch(bench, made, LOOK)
    _wait_for_repeats(bench)
    for trial in made:
        if trial.task_id:
            watching.look(bench, trial, LOOK)
        trial.is_over = True


def _made(bench: Bench, plan: Phase, answers: tuple[int, ...]) -> Trial:
    """Make a task; where time passes by itself, a quick one."""
    if bench.control.is_manual:
        scenario, headers = ("success" if plan is Phase.SUCCEEDED else "generation_failed"), None
    else:
        scenario, headers = "fast", ({FAULT_HEADER: "task_fails"} if plan is Phase.FAILED else None)
    body = bodies.cheapest(bench)
    return bench.submit(body, INTENT, plan=plan, scenario=scenario, callback=answers, headers=headers)


def _canceled(bench: Bench) -> Trial:
    trial = bench.submit(bodies.cheapest(bench), INTENT, plan=Phase.CANCELED, scenario="stuck_at_first", callback=())
    if trial.task_id:
        cancel.cancel(bench, trial)
    return trial


def _wait_for_repeats(bench: Bench) -> None:
    """Let the time of the repeats pass: all of it on a manual clock, otherwise as much as is bearable."""
    rules = bench.contract.callback
    if rules is None:
        return
    longest_s = max((sum(event.retries_ms) for event in rules.events.values()), default=0) / 1000
    if bench.control.is_manual:
        bench.wait(longest_s + 60)
        return
    first_s = max((event.retries_ms[0] for event in rules.events.values() if event.retries_ms), default=0) / 1000
    bench.wait(min(first_s / bench.record.speed, _LONGEST_S) + _PATIENCE_S)
