"""Whether callbacks come: all of them, in order, again where they were not taken, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mockreel.conformance.check import check
from mockreel.conformance.evidence import arrivals, findings, tracing
from mockreel.conformance.exchange import Arrival, Exchange, Record, Trial
from mockreel.report import Finding
from mockreel_contracts import Phase
from mockreel_contracts.callback import CallbackEvent

EVENTS = "behavior.yaml#/callback/events"
CALLERS = ("callbacks", "lifecycle")
"""The probes that make tasks which call back."""
_LATE_MS = 1500  # that a repeat may be late
_EARLY_MS = 50  # that one may be early: the clocks of two processes
NO_CALLBACKS = "no task called back"


@check(
    layer="callbacks",
    why="Who waits for a callback waits for ever if it does not come.",
    pointer=EVENTS,
    needs=NO_CALLBACKS,
    probes=CALLERS,
)
def callback_missing(record: Record) -> Iterator[Finding | None]:
    """Each state that the contract tells of, and that a task was seen to come to, was told."""
    for trial in _callers(record):
        if not trial.is_over:
            continue
        states = [arrivals.state_of(record.contract, arrival) for arrival in _of(record, trial)]
        told = {name for names in states for name in names}
        if not all(states):  # what cannot be read may have told of anything
            continue
        for names, exchange in _reached(record, trial):
            yield (
                None
                if told & names
                else findings.of(
                    record,
                    exchange,
                    f"a task came to {_words(record, names)}, and no callback told of it",
                    expected=f"a callback at {trial.callback_url.rpartition('/')[0]}/…",
                    cause="the callback is not sent, or sent elsewhere",
                    pointer=f"{EVENTS}/{min(names)}",
                    also=(trial.submit,) if trial.submit else (),
                    hint="make sure that the server reaches the address that it was given",
                )
            )


@check(
    layer="callbacks",
    why="A receiver that was down is told again.",
    pointer=EVENTS,
    needs="the contract repeats no callback that was not taken, or there was no time to wait for it",
    probes=("callbacks",),
)
def callback_not_repeated(record: Record) -> Iterator[Finding | None]:
    """A callback that was not taken comes again, not sooner than the contract says, as often as it says."""
    for trial, names, event, group in _groups(record):
        waits_ms = [wait / record.speed for wait in event.retries_ms]
        for index, (before, after) in enumerate(pairwise(group[: len(waits_ms) + 1])):
            waited_ms = after.at_ms - before.at_ms
            if _is_taken(before):
                break
            yield (
                None
                if waited_ms >= waits_ms[index] - _EARLY_MS
                else _repeated_wrongly(
                    record,
                    trial,
                    after,
                    names,
                    f"is repeated after {waited_ms / 1000:g} s; the contract says {waits_ms[index] / 1000:g} s",
                    "the waits between repeats are of another schedule",
                    before,
                )
            )
        last, missing = group[-1], len(group) - 1
        if _is_taken(last) or missing >= len(waits_ms):
            continue
        looks = tracing.looks(record, trial)
        if trial.is_over and looks and looks[-1].exchange.at_ms >= last.at_ms + waits_ms[missing] + _LATE_MS:
            yield _repeated_wrongly(
                record,
                trial,
                last,
                names,
                f"was answered with HTTP {last.answered} and is not sent again after attempt {len(group)}",
                "callbacks are not repeated, or given up early",
                last,
            )


@check(layer="callbacks", why="What was taken is not told again.", pointer=EVENTS, needs=NO_CALLBACKS, probes=CALLERS)
def callback_repeated_though_taken(record: Record) -> Iterator[Finding | None]:
    """After a callback was answered with 2xx the same event is not sent again."""
    for _, names, _, group in _groups(record):
        taken = next((arrival for arrival in group if _is_taken(arrival)), None)
        if taken is None:
            continue
        again = [arrival for arrival in group if arrival.number > taken.number]
        yield (
            None
            if not again
            else findings.of_callback(
                record,
                again[0],
                f"the callback of {_words(record, names)} was taken, and is sent again {len(again)} times",
                cause="the answer of the receiver is not looked at, or the event is told twice",
                pointer=f"{EVENTS}/{min(names)}",
                also=(taken,),
                fold=f"the callback of {_words(record, names)} is sent again though it was taken",
            )
        )


@check(
    layer="callbacks",
    why="A later state is told later.",
    pointer=EVENTS,
    needs="no task called back twice",
    probes=CALLERS,
)
def callback_out_of_order(record: Record) -> Iterator[Finding | None]:
    """Callbacks of a task come in the order of its states."""
    far = tracing.reachable(record.contract)
    for trial in _callers(record):
        told = [(a, frozenset(arrivals.state_of(record.contract, a))) for a in _of(record, trial)]
        for (before, earlier), (after, later) in pairwise([each for each in told if each[1]]):
            is_back = not earlier & later and all(e in far[n] and n not in far[e] for e in earlier for n in later)
            yield (
                None
                if not is_back
                else findings.of_callback(
                    record,
                    after,
                    f"the callback of {_words(record, later)} comes after that of {_words(record, earlier)}",
                    expected="callbacks in the order of the states",
                    cause="callbacks are sent side by side, or an old one is sent late",
                    pointer=f"{EVENTS}/{min(later)}",
                    also=(before,),
                )
            )


@check(
    layer="callbacks",
    why="What nobody asked for confuses whoever gets it.",
    pointer=EVENTS,
    needs=NO_CALLBACKS,
    probes=CALLERS,
)
def callback_uncalled_for(record: Record) -> Iterator[Finding | None]:
    """Every callback is of a task that asked for it, about a state that is told, and not more often than is said."""
    rules = record.contract.callback
    if rules is None:
        return
    numbers = {trial.number for trial in _callers(record)}
    events = set(rules.events)
    for arrival in record.arrivals:
        told = frozenset(arrivals.state_of(record.contract, arrival))
        if arrival.task not in numbers:
            yield findings.of_callback(
                record, arrival, "a callback came to an address that no task was given", pointer=EVENTS
            )
        elif told and not told & events:
            yield findings.of_callback(
                record,
                arrival,
                f"a callback tells of {_words(record, told)}, of which the contract tells nobody",
                expected=f"callbacks of {', '.join(rules.events)}",
                cause="every change of a state is told, instead of those that the contract names",
                pointer=EVENTS,
            )
        else:
            yield None
    for _, names, event, group in _groups(record):
        if len(group) > event.attempts and not any(_is_taken(arrival) for arrival in group[: event.attempts]):
            text = f"the callback of {_words(record, names)} was sent {len(group)} times"
            expected = f"at most {event.attempts} attempts"
            yield findings.of_callback(
                record, group[-1], text, expected=expected, cause="repeats never end", pointer=f"{EVENTS}/{event.state}"
            )


def _callers(record: Record) -> list[Trial]:
    return [trial for trial in record.trials if trial.callback_url and trial.task_id]


def _of(record: Record, trial: Trial) -> list[Arrival]:
    return [arrival for arrival in record.arrivals if arrival.task == trial.number]


def _groups(record: Record) -> Iterator[tuple[Trial, frozenset[str], CallbackEvent, list[Arrival]]]:
    """Give the attempts at each event of each task, in order."""
    rules = record.contract.callback
    if rules is None:
        return
    for trial in _callers(record):
        found: dict[frozenset[str], list[Arrival]] = {}
        for arrival in _of(record, trial):
            names = frozenset(arrivals.state_of(record.contract, arrival))
            if names & set(rules.events):
                found.setdefault(names, []).append(arrival)
        for names, group in found.items():
            yield trial, names, rules.events[min(names & set(rules.events))], group


def _reached(record: Record, trial: Trial) -> Iterator[tuple[frozenset[str], Exchange]]:
    """Give the states that are told and that a task was seen in, or must have gone through to succeed."""
    rules, lifecycle = record.contract.callback, record.contract.lifecycle
    if rules is None:
        return
    events = frozenset(rules.events)
    sights = tracing.looks(record, trial)
    seen: dict[frozenset[str], Exchange] = {}
    for sight in sights:
        if sight.names and sight.names <= events:
            seen.setdefault(sight.names, sight.exchange)
    end = tracing.end_of(record, trial)
    if end is not None and tracing.phases(record.contract, end.names) == {Phase.SUCCEEDED}:
        for state in lifecycle.way():
            if state.name in events and not any(state.name in names for names in seen):
                seen[frozenset({state.name})] = end.exchange
    yield from seen.items()


def _is_taken(arrival: Arrival) -> bool:
    return 200 <= arrival.answered < 300


def _repeated_wrongly(
    record: Record, trial: Trial, arrival: Arrival, names: frozenset[str], text: str, cause: str, before: Arrival
) -> Finding:
    rules = record.contract.callback
    event = rules.events[min(names & set(rules.events))] if rules else None
    waits = ", ".join(f"{wait / 1000:g}" for wait in event.retries_ms) if event else ""
    return findings.of_callback(
        record,
        arrival,
        f"the callback of {_words(record, names)} {text}",
        expected=f"repeats after {waits} s",
        cause=cause,
        pointer=f"{EVENTS}/{min(names)}/retries_s",
        also=(before,),
        fold=f"the callback of {_words(record, names)} is repeated wrongly: {cause}",
        hint=f"it is the callback of task {trial.task_id}",
    )


def _words(record: Record, names: frozenset[str]) -> str:
    return " or ".join(sorted({record.contract.lifecycle.states[name].wire for name in names}))
