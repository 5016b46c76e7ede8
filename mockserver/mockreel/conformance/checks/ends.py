"""Whether tasks are kept as long as they should be, and canceled when they can be."""

from __future__ import annotations

from collections.abc import Iterator

from mockreel.conformance.check import check
from mockreel.conformance.checks.states import MAKERS
from mockreel.conformance.evidence import findings, reading, tracing
from mockreel.conformance.evidence.tracing import Sight
from mockreel.conformance.exchange import Exchange, Record, Trial
from mockreel.report import Finding
from mockreel_contracts import Phase

RETENTION = "behavior.yaml#/lifecycle/retention_s"
STATES = "behavior.yaml#/lifecycle/states"
_NO_CANCEL = "no task was canceled"


@check(
    layer="lifecycle", why="A task that was made can be asked for.", pointer=RETENTION, probes=(*MAKERS, "retention")
)
def task_forgotten_early(record: Record) -> Iterator[Finding | None]:
    """Within the retention a look by the task's own key finds it."""
    for trial, exchange, age_ms in _aged(record):
        if age_ms < record.contract.lifecycle.retention_ms:
            yield (
                None
                if not _is_unknown(record, exchange)
                else findings.of(
                    record,
                    exchange,
                    f"a task is not found {age_ms // 1000} s after it was made",
                    expected=f"tasks are kept for {record.contract.lifecycle.retention_ms // 1000} s",
                    cause="the task is stored late, under another id or for another key, or is forgotten early",
                    pointer=RETENTION,
                    also=(trial.submit,) if trial.submit else (),
                    fold="a task is not found though it was made",
                )
            )


@check(
    layer="lifecycle",
    why="What is old is gone, so that nobody relies on it.",
    pointer=RETENTION,
    needs="no task was looked at after its retention; that takes a control and a manual clock",
    probes=("retention",),
)
def task_kept_too_long(record: Record) -> Iterator[Finding | None]:
    """Well after the retention, counted from the end, a look does not find the task."""
    retention_ms = record.contract.lifecycle.retention_ms
    for trial, exchange, _ in _aged(record):
        end = tracing.end_of(record, trial)
        if not record.is_steered or end is None or exchange.at_ms <= end.exchange.at_ms + retention_ms:
            continue
        yield (
            None
            if not reading.is_good(record.contract, exchange)
            else findings.of(
                record,
                exchange,
                "a task is still found after the time for which tasks are kept",
                expected=f"tasks are kept for {retention_ms // 1000} s",
                cause="tasks are never forgotten",
                pointer=RETENTION,
                also=(end.exchange,),
            )
        )


@check(
    layer="lifecycle",
    why="A task that can be canceled is.",
    pointer=STATES,
    needs=_NO_CANCEL,
    probes=("cancel",),
    role="cancel",
)
def cancel_refused(record: Record) -> Iterator[Finding | None]:
    """A cancel of a task that was, and still is, in a state that allows it is carried out."""
    for trial, exchange, before, after in _cancels(record):
        if exchange.intent.kind != "accept" or exchange.problem:
            continue
        if reading.is_good(record.contract, exchange):
            yield None
        elif _can_cancel(record, before) and (after is None or _can_cancel(record, after.names)):
            yield findings.of(
                record,
                exchange,
                f"a task in state {_words(record, before)} cannot be canceled",
                expected=f"a task in {_words(record, before)} can be canceled",
                cause="the state is not among those that allow it, or another task is meant",
                pointer=f"{STATES}/{min(before)}/next",
                also=(trial.submit,) if trial.submit else (),
            )


@check(
    layer="lifecycle",
    why="A cancel that is accepted stops the task.",
    pointer=STATES,
    needs=_NO_CANCEL,
    probes=("cancel",),
    role="cancel",
)
def cancel_ignored(record: Record) -> Iterator[Finding | None]:
    """After a cancel was carried out the task ends as canceled."""
    for trial, exchange, before, after in _cancels(record):
        is_taken = exchange.intent.kind == "accept" and reading.is_good(record.contract, exchange)
        if not is_taken or after is None or not _can_cancel(record, before):
            continue
        last = [s for s in tracing.looks(record, trial) if s.names][-1]
        found = tracing.phases(record.contract, last.names)
        if Phase.CANCELED in found:
            yield None
        elif record.is_steered or last.is_over(record.contract.lifecycle):
            yield findings.of(
                record,
                last.exchange,
                f"a task was canceled, and is in state {last.seen.state} afterwards",
                expected=f"the phase {Phase.CANCELED}",
                cause="the cancel is answered and not carried out, or the end is given another reason",
                pointer=STATES,
                also=(exchange,),
            )


@check(
    layer="lifecycle",
    why="What cannot be canceled any more is not: its result is paid for.",
    pointer=STATES,
    needs=_NO_CANCEL,
    probes=("cancel",),
    role="cancel",
)
def late_cancel_accepted(record: Record) -> Iterator[Finding | None]:
    """A cancel of a task that was seen in a state that does not allow it is refused."""
    for _, exchange, before, _ in _cancels(record):
        if exchange.intent.refusal != "not_cancelable" or exchange.problem or not before or _can_cancel(record, before):
            continue
        yield (
            None
            if not reading.is_good(record.contract, exchange)
            else findings.of(
                record,
                exchange,
                f"a task in state {_words(record, before)} can be canceled",
                cause="the state is not looked at before a task is canceled",
                fold="a task can be canceled when it is too late",
            )
        )


def _aged(record: Record) -> Iterator[tuple[Trial, Exchange, int]]:
    for trial in record.trials:
        if trial.submit is None or not trial.task_id:
            continue
        for exchange in record.looks(trial):
            if not exchange.problem:
                yield trial, exchange, exchange.at_ms - trial.submit.at_ms


def _is_unknown(record: Record, exchange: Exchange) -> bool:
    """Whether an answer says that there is no such task."""
    if exchange.operation is None:
        return False
    unknown = record.contract.refusal("unknown_task", exchange.operation).id
    return unknown in {case.id for case in reading.cases_of(record.contract, exchange)}


def _cancels(record: Record) -> Iterator[tuple[Trial, Exchange, frozenset[str], Sight | None]]:
    """Give each cancel by a task's own key: the states it may have been in, and the first sight after it."""
    for trial in record.trials:
        sights = [sight for sight in tracing.sights(record, trial) if sight.names]
        for exchange in record.about(trial):
            if exchange.operation is None or exchange.operation.role != "cancel" or exchange.key != trial.key:
                continue
            before = [sight for sight in sights if sight.exchange.number < exchange.number]
            after = [sight for sight in sights if sight.exchange.number > exchange.number]
            names = before[-1].names if before else frozenset({record.contract.lifecycle.initial})
            yield trial, exchange, names, after[0] if after else None


def _can_cancel(record: Record, names: frozenset[str]) -> bool:
    lifecycle = record.contract.lifecycle
    return bool(names) and all(lifecycle.exit(lifecycle.states[n], Phase.CANCELED) is not None for n in names)


def _words(record: Record, names: frozenset[str]) -> str:
    return " or ".join(sorted({record.contract.lifecycle.states[name].wire for name in names}))
