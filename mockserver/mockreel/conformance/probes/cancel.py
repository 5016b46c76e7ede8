"""Tasks that are canceled from each state that allows it, and from those that do not."""

from __future__ import annotations

from mockreel.conformance import watching
from mockreel.conformance.bench import Bench
from mockreel.conformance.evidence import tracing
from mockreel.conformance.exchange import Exchange, Intent, Trial
from mockreel.conformance.making import bodies
from mockreel.conformance.probes.credits import settle
from mockreel.conformance.probes.lifecycle import succeeded
from mockreel_contracts import Phase, State

NAME = "cancel"
POINTER = "behavior.yaml#/lifecycle/states"
LOOK = Intent(NAME, pointer=POINTER)
INTENT = Intent(NAME, "accept", pointer=POINTER)


def probe(bench: Bench) -> None:
    """Cancel in time, and too late."""
    if not bench.contract.by_role("cancel"):
        return
    done = succeeded(bench)
    if done is not None:
        too_late(bench, done)
        watching.look(bench, done, LOOK)
    for state in cancelable(bench):
        if not bench.has_control and state.name != bench.contract.lifecycle.initial:
            bench.record.miss(NAME, "without a control a task cannot be held in a state to be canceled there")
            continue
        _in_time(bench, state)
    if bench.has_control:
        _while_running(bench)


def cancelable(bench: Bench) -> list[State]:
    """Return the states from which a task can be canceled."""
    lifecycle = bench.contract.lifecycle
    return [state for state in lifecycle.way() if lifecycle.exit(state, Phase.CANCELED) is not None]


def cancel(bench: Bench, trial: Trial) -> Exchange:
    """Cancel a task that can be canceled."""
    return bench.call(bench.contract.by_role("cancel")[0], INTENT, key=trial.key, task=trial)


def too_late(bench: Bench, trial: Trial) -> Exchange:
    """Cancel a task that cannot be canceled any more."""
    operation = bench.contract.by_role("cancel")[0]
    case = bench.contract.refusal("not_cancelable", operation)
    pointer = f"behavior.yaml#/errors/{case.id}"
    intent = Intent(
        NAME, "refuse", "not_cancelable", case.id, "a task that cannot be canceled any more", pointer=pointer
    )
    return bench.call(operation, intent, key=trial.key, task=trial)


def _in_time(bench: Bench, state: State) -> None:
    """Cancel a task in a state; where outcomes can be chosen it is held there."""
    key = bench.role(f"cancel-{state.name}")
    is_first = state.name == bench.contract.lifecycle.initial
    scenario = "stuck_at_first" if is_first else "stuck" if state.phase is Phase.RUNNING else "stuck_queued"
    bench.balance(LOOK, key=key)
    trial = bench.submit(bodies.cheapest(bench), INTENT, key=key, plan=Phase.CANCELED, scenario=scenario)
    bench.balance(LOOK, key=key)
    if not trial.task_id:
        return
    if is_first:
        watching.look(bench, trial, LOOK)
    else:
        watching.watch(bench, [trial], LOOK, until=lambda sight: state.name in sight.names)
    cancel(bench, trial)
    sight = watching.look(bench, trial, LOOK)
    if not bench.has_control and sight is not None and not sight.is_over(bench.contract.lifecycle):
        watching.watch(bench, [trial], LOOK)
    settle(bench, key, expects=Phase.CANCELED in bench.contract.credits.refund and bench.has_control)
    if sight is not None and sight.is_over(bench.contract.lifecycle):
        too_late(bench, trial)
    trial.is_over = True
    if bench.has_control:
        bench.wait(watching.longest_ms(bench, trial) / 1000 if bench.control.is_manual else 0)
        watching.look(bench, trial, LOOK)


def _while_running(bench: Bench) -> None:
    """Cancel a task in a state that it can leave only by itself, and after its end."""
    running = [s for s in bench.contract.lifecycle.way() if s.phase is Phase.RUNNING and s not in cancelable(bench)]
    if not running:
        return
    scenario = "success" if bench.control.is_manual else "fast"
    body = bodies.cheapest(bench)
    trial = bench.submit(body, INTENT, key=bench.role(NAME), plan=Phase.SUCCEEDED, scenario=scenario)
    watching.watch(
        bench, [trial], LOOK, until=lambda s: running[0].name in s.names or s.is_over(bench.contract.lifecycle)
    )
    if trial.task_id:
        too_late(bench, trial)
    watching.watch(bench, [trial], LOOK)
    if tracing.end_of(bench.record, trial) is not None:
        too_late(bench, trial)
        watching.look(bench, trial, LOOK)
    trial.is_over = True
