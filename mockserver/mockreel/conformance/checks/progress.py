"""Whether progress and times of a task go forwards, and are of now."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from mockreel.conformance.check import check
from mockreel.conformance.checks.states import MAKERS
from mockreel.conformance.evidence import findings, reading, tracing
from mockreel.conformance.evidence.reading import Seen
from mockreel.conformance.exchange import Exchange, Record, Trial
from mockreel.report import Finding

ANSWER = "behavior.yaml#/operations"
_SECOND_MS = 1000  # many times are whole seconds
_STEERED_MS = 2000
_UNKNOWN_CLOCK_MS = 300_000
_NO_TIMES = "no operation of the contract tells times of a task, or none was told"


@check(
    layer="lifecycle",
    why="Progress that falls makes a bar run backwards.",
    pointer="behavior.yaml#/lifecycle/states",
    needs="no operation of the contract tells the progress of a task, or it was told less than twice",
    probes=MAKERS,
)
def progress_falls(record: Record) -> Iterator[Finding | None]:
    """What one operation tells of a task's progress never becomes less."""
    for trial in record.trials:
        last: dict[str, tuple[float, Exchange]] = {}
        for sight in tracing.looks(record, trial):
            operation = sight.exchange.operation
            now = _number(sight.seen.progress)
            if operation is None or now is None:
                continue
            before = last.get(operation.id)
            if before is not None:
                yield (
                    None
                    if now >= before[0]
                    else findings.of(
                        record,
                        sight.exchange,
                        f"the progress of a task fell from {before[0]:g} to {now:g}",
                        expected="progress that never falls",
                        cause="progress is guessed anew at each look, or counts down",
                        pointer=f"{ANSWER}/{operation.id}/answer/progress",
                        also=(before[1],),
                        fold="the progress of a task fell",
                    )
                )
            last[operation.id] = now, sight.exchange


@check(
    layer="lifecycle",
    why="A task is made before it is changed, and changed before it is done.",
    pointer=ANSWER,
    needs=_NO_TIMES,
    probes=MAKERS,
)
def timestamps_disordered(record: Record) -> Iterator[Finding | None]:
    """created <= updated <= completed in every answer, and the moment of creation stays."""
    for trial in record.trials:
        created: tuple[int, Exchange] | None = None
        for exchange, seen in _told(record, trial):
            times = [(name, getattr(seen, name)) for name in ("created_ms", "updated_ms", "completed_ms")]
            known = [(name, value) for name, value in times if value is not None]
            wrong = [
                f"{b[0].removesuffix('_ms')} comes before {a[0].removesuffix('_ms')}"
                for a, b in pairwise(known)
                if b[1] < a[1] and not _is_rounded(a[1], b[1])
            ]
            if created is not None and seen.created_ms is not None and not _is_near(created[0], seen.created_ms):
                wrong.append("the moment of creation has changed")
            if len(known) > 1 or (created is not None and seen.created_ms is not None):
                yield (
                    None
                    if not wrong
                    else findings.of(
                        record,
                        exchange,
                        f"the times of a task contradict each other: {' and '.join(wrong)}",
                        expected="created, then updated, then completed, each the same in every answer",
                        cause="a time is taken at the look and not at the event, or two times are mixed up",
                        pointer=_pointer(exchange),
                        also=(created[1],) if created else (),
                    )
                )
            if seen.created_ms is not None and created is None:
                created = seen.created_ms, exchange


@check(
    layer="lifecycle",
    why="Times are those of the events that they name.",
    pointer=ANSWER,
    needs=_NO_TIMES,
    probes=MAKERS,
)
def timestamps_stale(record: Record) -> Iterator[Finding | None]:
    """A task was made when it was made, and ended between the last look that saw it open and the first that did not."""
    slack_ms = _STEERED_MS if record.is_steered else _UNKNOWN_CLOCK_MS
    lifecycle = record.contract.lifecycle
    for trial in record.trials:
        if trial.submit is None or trial.submit.problem:
            continue
        after_ms = trial.submit.at_ms
        sights = {sight.exchange.number: sight for sight in tracing.sights(record, trial)}
        is_over = False
        for exchange, seen in _told(record, trial):
            if seen.created_ms is not None:
                yield _judged(record, exchange, "created", seen.created_ms, trial.submit.at_ms, trial.submit, slack_ms)
            sight = sights.get(exchange.number)
            if sight is None or is_over:
                continue
            if sight.is_over(lifecycle):
                is_over = True
                if seen.completed_ms is not None:
                    yield _judged(record, exchange, "completed", seen.completed_ms, after_ms, exchange, slack_ms)
            else:
                after_ms = exchange.at_ms


def _judged(
    record: Record, exchange: Exchange, name: str, told: int, least: int, last: Exchange, slack_ms: int
) -> Finding | None:
    most = last.at_ms + int(last.took_s * 1000)
    if least - slack_ms <= told <= most + slack_ms:
        return None
    off_s = (told - most if told > most else told - least) / 1000
    return findings.of(
        record,
        exchange,
        f"a task says it was {name} {abs(off_s):.0f} s {'after' if off_s > 0 else 'before'} it was",
        expected=f"the moment at which it was {name}",
        cause="a fixed or an old time is told, or another unit of time than the contract's",
        pointer=_pointer(exchange),
        also=(last,),
        fold=f"a task says it was {name} at another time than it was",
    )


def _told(record: Record, trial: Trial) -> Iterator[tuple[Exchange, Seen]]:
    for exchange in ([trial.submit] if trial.submit else []) + record.looks(trial):
        seen = reading.seen(record.contract, exchange)
        if seen is not None:
            yield exchange, seen


def _is_rounded(one: int, other: int) -> bool:
    """Whether two times differ by less than the second that one of them was rounded to."""
    return abs(one - other) < _SECOND_MS and (one % _SECOND_MS == 0 or other % _SECOND_MS == 0)


def _is_near(one: int, other: int) -> bool:
    return one == other or _is_rounded(one, other)


def _number(value: Any) -> float | None:
    """Return a number, also one written as text with a percent sign."""
    if isinstance(value, str):
        value = value.strip().removesuffix("%")
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _pointer(exchange: Exchange) -> str:
    return f"{ANSWER}/{exchange.operation.id}/answer" if exchange.operation else ANSWER
