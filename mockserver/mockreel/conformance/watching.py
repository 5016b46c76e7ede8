"""Watching tasks: looking at them as often as their contract's durations ask for, until they have ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mockreel.conformance.bench import Bench
from mockreel.conformance.evidence import tracing
from mockreel.conformance.evidence.tracing import Sight
from mockreel.conformance.exchange import Exchange, Intent, Trial
from mockreel_contracts import Phase, State

_STEP_MS = 4000  # the longest between two looks, before speed
_SLACK = 2.5  # how much longer than the contract's longest a task may take
_GRACE_MS = 2000
_GROWTH = 1.3  # of the wait between two looks at a server whose time is not steered

IsDone = Callable[[Sight], bool]


def watch(
    bench: Bench, trials: Sequence[Trial], intent: Intent, *, until: IsDone | None = None, limit_ms: float | None = None
) -> bool:
    """Look at tasks by turns until each has ended (or `until` holds of it); whether all have.

    Each is looked at at once, by every query operation, and again at its end. `limit_ms` is on the server's clock; by
    default it is two and a half times what the contract's longest durations add up to.
    """
    is_done: IsDone = until or (lambda sight: sight.is_over(bench.contract.lifecycle))
    open_trials = [trial for trial in trials if trial.task_id]
    last = {trial.number: None for trial in open_trials}
    end_ms = bench.control.now_ms() + (
        max((longest_ms(bench, t) for t in open_trials), default=0) if limit_ms is None else limit_ms
    )
    wait_s = bench.contract.polling.first_s
    seen: dict[int, tuple[Sight, int] | None] = dict(last)
    while open_trials:
        for trial in list(open_trials):
            sight = look(bench, trial, intent)
            _note_gap(bench, trial, seen[trial.number], sight)
            if sight is not None:
                seen[trial.number] = (sight, bench.control.now_ms())
                if is_done(sight):
                    open_trials.remove(trial)
                    if until is None:
                        look(bench, trial, intent)
        if not open_trials or bench.control.now_ms() >= end_ms:
            break
        steps = [step_ms(bench, trial, known[0] if (known := seen[trial.number]) else None) for trial in open_trials]
        pause_s = min(steps) / 1000
        if not bench.has_control:
            pause_s = max(pause_s, wait_s)
            wait_s = min(wait_s * _GROWTH, bench.contract.polling.most_s)
        bench.wait(pause_s)
    return not open_trials


def look(bench: Bench, trial: Trial, intent: Intent) -> Sight | None:
    """Look at a task once by every query operation; returns the last answer that told its state."""
    exchanges: list[Exchange] = [
        bench.look(trial, intent, operation=operation) for operation in bench.contract.by_role("query")
    ]
    return next((s for s in reversed(tracing.looks(bench.record, trial)) if s.exchange in exchanges), None)


def ended(bench: Bench, phase: Phase) -> IsDone:
    """Return whether a sight shows a task in a phase."""
    return lambda sight: phase in tracing.phases(bench.contract, sight.names)


def least_ms(bench: Bench, trial: Trial, state: State) -> float:
    """Return how long a task of this model stays in a state at least, by the contract and the server's speed."""
    return trial.model.duration_ms.get(state.name, state.duration_ms)[0] / bench.record.speed


def longest_ms(bench: Bench, trial: Trial) -> float:
    """Return how long a task may take, and some more."""
    if not bench.has_control:
        return bench.contract.polling.give_up_s * 1000
    way = bench.contract.lifecycle.way()
    total = sum(trial.model.duration_ms.get(state.name, state.duration_ms)[1] for state in way)
    return total * _SLACK / bench.record.speed + _GRACE_MS


def step_ms(bench: Bench, trial: Trial, sight: Sight | None) -> float:
    """Return how long to wait before the next look, so that no state can pass between the two."""
    states = bench.contract.lifecycle.states
    names = sight.names if sight is not None else frozenset({bench.contract.lifecycle.initial})
    following = [states[after] for name in names for after in states[name].next]
    stays = [least_ms(bench, trial, state) / 2 for state in following if not state.phase.is_terminal]
    return max(min([*stays, _STEP_MS / bench.record.speed]), 5)


def _note_gap(bench: Bench, trial: Trial, before: tuple[Sight, int] | None, now: Sight | None) -> None:
    """A task is watched closely as long as each look comes before the state after next can begin."""
    if before is None and now is not None:
        start_ms = trial.submit.at_ms if trial.submit else 0
        initial = bench.contract.lifecycle.states[bench.contract.lifecycle.initial]
        is_plain = trial.scenario in PLAIN and bench.has_control
        trial.is_watched_closely = is_plain and now.exchange.at_ms - start_ms < least_ms(bench, trial, initial)
    elif before is not None and now is not None:
        states = bench.contract.lifecycle.states
        gap_ms = bench.control.now_ms() - before[0].exchange.at_ms
        following = [states[after] for name in before[0].names for after in states[name].next]
        stays = [least_ms(bench, trial, state) for state in following if not state.phase.is_terminal]
        if any(gap_ms >= stay for stay in stays):
            trial.is_watched_closely = False


PLAIN = ("", "success", "generation_failed", "early_failure", "stuck")
"""The scenarios in which states last as long as the contract says."""
