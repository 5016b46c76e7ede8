"""Whether tasks go through the states of the contract, in its order, to the end that they were meant for."""

from __future__ import annotations

from collections.abc import Iterator

from mockreel.conformance.check import check
from mockreel.conformance.evidence import findings, tracing
from mockreel.conformance.evidence.tracing import Move, Sight
from mockreel.conformance.exchange import Exchange, Record, Trial
from mockreel.report import Finding
from mockreel_contracts import Phase

STATES = "behavior.yaml#/lifecycle/states"
MAKERS = ("lifecycle", "cancel")
"""The probes that a check of tasks needs; it looks at the tasks of all."""


@check(
    layer="lifecycle",
    why="A client that does not know a state can neither wait nor stop.",
    pointer=STATES,
    probes=MAKERS,
)
def state_unknown(record: Record) -> Iterator[Finding | None]:
    """Every word for a state is one of the contract's."""
    known = sorted({state.wire for state in record.contract.lifecycle.states.values()})
    for trial in record.trials:
        for sight in tracing.sights(record, trial):
            if sight.names:
                yield None
            else:
                yield findings.of(
                    record,
                    sight.exchange,
                    f"a task is in state {sight.seen.state!r}, which the contract does not know",
                    expected=f"one of {', '.join(known)}",
                    cause="the word for a state is spelled otherwise, or is one of the server's own",
                    pointer=STATES,
                    fold="a task is in a state that the contract does not know",
                )


@check(
    layer="lifecycle",
    why="A new task begins in the first state.",
    pointer="behavior.yaml#/lifecycle/initial",
    probes=MAKERS,
)
def first_state_wrong(record: Record) -> Iterator[Finding | None]:
    """The answer to a create, and a look at the same moment, tell the initial state."""
    lifecycle = record.contract.lifecycle
    for trial in record.trials:
        cancels = [e.number for e in record.about(trial) if e.operation is not None and e.operation.role == "cancel"]
        for sight in tracing.sights(record, trial)[:2]:
            is_at_once = record.is_steered and trial.submit is not None and sight.exchange.at_ms == trial.submit.at_ms
            if cancels and cancels[0] < sight.exchange.number:
                continue
            if not sight.names or not (sight.exchange is trial.submit or is_at_once):
                continue
            if lifecycle.initial in sight.names:
                yield None
                continue
            first = lifecycle.states[lifecycle.initial].wire
            yield findings.of(
                record,
                sight.exchange,
                f"a task that was just made is in state {sight.seen.state}, not in {first}",
                expected=f"a task begins in {first}",
                cause="the task begins in another state, or is moved on before anybody can see it",
                pointer="behavior.yaml#/lifecycle/initial",
            )


@check(layer="lifecycle", why="A task moves along the arrows of the contract.", pointer=STATES, probes=MAKERS)
def transition_illegal(record: Record) -> Iterator[Finding | None]:
    """No state follows one that it cannot follow."""
    for trial, move in _moves(record):
        if _is_over(record, move):
            continue
        if move.is_legal:
            yield None
            continue
        before = _words(record, move)
        yield findings.of(
            record,
            move.after.exchange,
            f"a task went from {before} to {move.after.seen.state}, which the contract does not allow",
            expected=_followers(record, move),
            cause="the task goes back to an earlier state, or ends by a way that is not its own",
            pointer=f"{STATES}/{min(move.started)}/next",
            also=_seen_before(trial, move),
        )


@check(
    layer="lifecycle",
    why="A client shows where a task stands; no state is left out.",
    pointer=STATES,
    needs="no task was watched so closely that every state must have been seen; that takes a control",
    probes=MAKERS,
)
def state_skipped(record: Record) -> Iterator[Finding | None]:
    """Of tasks that were watched closely every state was seen."""
    for trial, move in _moves(record):
        if not trial.is_watched_closely or not move.is_legal:
            continue
        if move.is_near:
            yield None
            continue
        yield findings.of(
            record,
            move.after.exchange,
            f"a task went from {_words(record, move)} straight to {move.after.seen.state}, skipping what lies between",
            expected=_followers(record, move),
            cause="a state is never told of, or lasts no time",
            pointer=f"{STATES}/{min(move.started)}/next",
            also=_seen_before(trial, move),
        )


@check(layer="lifecycle", why="An end is final.", pointer=STATES, probes=MAKERS)
def terminal_changes(record: Record) -> Iterator[Finding | None]:
    """What is said of a task that has ended does not change: its state, its error, the moment of its end."""
    lifecycle = record.contract.lifecycle
    for trial in record.trials:
        ended: dict[str, Sight] = {}
        first: Sight | None = None
        for sight in tracing.looks(record, trial):
            operation = sight.exchange.operation.id if sight.exchange.operation else ""
            before = ended.get(operation, first)
            if before is not None and sight.names:
                changed = _changed(before, sight)
                yield (
                    findings.of(
                        record,
                        sight.exchange,
                        f"a task that had ended as {before.seen.state} changed: {changed}",
                        expected="a task that has ended stays as it is",
                        cause="the end is not stored, or something goes on working on the task",
                        pointer=STATES,
                        also=(before.exchange,),
                        fold=f"a task that had ended changed its {changed.partition(' ')[0]}",
                    )
                    if changed
                    else None
                )
            if sight.is_over(lifecycle):
                ended.setdefault(operation, sight)
                first = first or sight


@check(
    layer="lifecycle",
    why="A task that is meant to succeed or to fail does so.",
    pointer="behavior.yaml#/lifecycle",
    needs="no outcome could be chosen",
    probes=MAKERS,
)
def wrong_end(record: Record) -> Iterator[Finding | None]:
    """A task ends in the phase that was asked for."""
    for trial in record.trials:
        end = tracing.end_of(record, trial)
        if trial.plan in (None, Phase.CANCELED) or end is None or not record.is_steered:
            continue
        if trial.plan in tracing.phases(record.contract, end.names):
            yield None
            continue
        yield findings.of(
            record,
            end.exchange,
            f"a task that was to end as {trial.plan} ended as {end.seen.phase} ({end.seen.state})",
            expected=f"the phase {trial.plan}",
            cause="outcomes are mixed up, or the word for one phase is used for another",
            pointer=STATES,
        )


@check(
    layer="lifecycle",
    why="Every task comes to an end.",
    pointer="behavior.yaml#/lifecycle",
    needs="no task was waited for to the end of the contract's durations; that takes a control",
    probes=MAKERS,
)
def end_not_reached(record: Record) -> Iterator[Finding | None]:
    """A task has ended long after the longest durations of the contract are over."""
    for trial in record.trials:
        if not (trial.is_over and trial.task_id and trial.plan and record.is_steered):
            continue
        seen = tracing.looks(record, trial)
        if tracing.end_of(record, trial) is not None:
            yield None
        elif seen and seen[-1].names and trial.plan is not Phase.CANCELED:
            yield findings.of(
                record,
                seen[-1].exchange,
                f"a task has not ended in the time that the contract gives it; it is still in {seen[-1].seen.state}",
                expected=f"the phase {trial.plan}",
                cause="the task hangs, or it takes much longer than the contract says",
                pointer="behavior.yaml#/lifecycle",
                also=(trial.submit,) if trial.submit else (),
                fold=f"a task has not ended, and was to end as {trial.plan}",
            )


def _moves(record: Record) -> Iterator[tuple[Trial, Move]]:
    for trial in record.trials:
        for move in tracing.moves(record, trial):
            yield trial, move


def _is_over(record: Record, move: Move) -> bool:
    states = record.contract.lifecycle.states
    return all(states[name].phase.is_terminal for name in move.started)


def _changed(before: Sight, after: Sight) -> str:
    if not before.names & after.names:
        return f"state from {before.seen.state} to {after.seen.state}"
    if before.exchange.operation is not after.exchange.operation:
        return ""
    for name in ("error_code", "completed_ms"):
        old, new = getattr(before.seen, name), getattr(after.seen, name)
        if old != new:
            return f"{name} from {old} to {new}"
    return ""


def _words(record: Record, move: Move) -> str:
    return " or ".join(sorted({record.contract.lifecycle.states[name].wire for name in move.started}))


def _followers(record: Record, move: Move) -> str:
    states, direct = record.contract.lifecycle.states, tracing.nexts(record.contract)
    words = sorted({states[after].wire for name in move.started for after in direct[name]})
    return f"{_words(record, move)} is followed by {' or '.join(words) or 'nothing'}"


def _seen_before(trial: Trial, move: Move) -> tuple[Exchange, ...]:
    before = move.before.exchange if move.before is not None else trial.submit
    return (before,) if before is not None else ()
