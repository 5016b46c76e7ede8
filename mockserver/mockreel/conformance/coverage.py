"""How much of a contract a run has reached: figures, and the names of what it has not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from mockreel.conformance.evidence import reading
from mockreel.conformance.exchange import Record, Trial
from mockreel.conformance.keywords import keywords
from mockreel.report import CheckResult, Coverage, Finding, Status
from mockreel_contracts import Contract, ErrorCase


def coverage(record: Record) -> tuple[Coverage, ...]:
    """Return the coverage of operations, error cases, states, transitions, callbacks, and the rules of requests.

    A rule counts twice, as kept and as broken; see `keywords`.
    """
    contract = record.contract
    states = contract.lifecycle.states
    return (
        _of("operations", contract.operations, _operations(record)),
        _of("errors", contract.errors, _errors(record)),
        _of("states", states, _states(record)),
        _of("transitions", transitions(contract), _transitions(record)),
        _of("callbacks", contract.callback.events if contract.callback else (), _callbacks(record)),
        Coverage("rules", *keywords(record)),
    )


def percent(found: Iterable[Coverage]) -> float:
    """Return what was reached of everything together, in percent."""
    found = tuple(found)
    return Coverage("all", *(tuple(n for each in found for n in getattr(each, side)) for side in _SIDES)).percent


_SIDES = ("reached", "missed")


def transitions(contract: Contract) -> list[str]:
    """Return every transition of a contract, as `from -> to`."""
    return [arrow(state.name, after) for state in contract.lifecycle.states.values() for after in state.next]


def arrow(before: str, after: str) -> str:
    """Return the name of a transition."""
    return f"{before} -> {after}"


def _of(name: str, wanted: Iterable[str], found: Iterable[str]) -> Coverage:
    seen = set(found)
    wanted = tuple(wanted)
    return Coverage(
        name, tuple(each for each in wanted if each in seen), tuple(each for each in wanted if each not in seen)
    )


def _operations(record: Record) -> Iterator[str]:
    """Give the operations that were carried out at least once."""
    for exchange in record.exchanges:
        if exchange.operation is not None and reading.is_good(record.contract, exchange):
            yield exchange.operation.id


def _errors(record: Record) -> Iterator[str]:
    """Give the cases that were answered, and those that tasks ended with.

    Of several cases that look alike it is the one that was meant, where the contract says which that is.
    """
    contract = record.contract
    for exchange in record.exchanges:
        found = [case.id for case in reading.cases_of(contract, exchange)]
        yield from [exchange.intent.case] if exchange.intent.case in found else found
        seen = reading.seen(contract, exchange)
        if seen is not None and seen.error_code is not None:
            yield from (case.id for case in contract.errors.values() if _is_of_task(case, seen.error_code))


def _is_of_task(case: ErrorCase, code: str) -> bool:
    return bool({"task", "callback"} & set(case.stages)) and code in (case.task_code, case.reason)


def _states(record: Record) -> Iterator[str]:
    for trial in record.trials:
        yield from (name for names in states_of(record, trial) for name in names)


def _transitions(record: Record) -> Iterator[str]:
    nexts = {state.name: state.next for state in record.contract.lifecycle.states.values()}
    for trial in record.trials:
        told = states_of(record, trial)
        for before, after in pairwise(told):
            yield from (arrow(b, a) for b in before for a in after if a in nexts[b])


def states_of(record: Record, trial: Trial) -> list[list[str]]:
    """Return the states in which a task was seen, oldest first, each as the names that fit; repeats are left out.

    An answer to the create call that names no state is the initial one: the contract says where tasks begin.
    """
    contract = record.contract
    exchanges = ([trial.submit] if trial.submit else []) + record.looks(trial)
    found: list[list[str]] = []
    for exchange in exchanges:
        seen = reading.seen(contract, exchange)
        if seen is None:
            continue
        if seen.state is None:
            names = [contract.lifecycle.initial] if exchange is trial.submit else []
        else:
            names = reading.state_names(contract, seen)
        if names and (not found or found[-1] != names):
            found.append(names)
    return found


def _callbacks(record: Record) -> Iterator[str]:
    """Give the events that were called back."""
    rules = record.contract.callback
    if rules is None:
        return
    from mockreel.conformance.evidence.arrivals import state_of

    for arrival in record.arrivals:
        yield from (name for name in rules.events if name in state_of(record.contract, arrival))


def gate(found: Iterable[Coverage], least: float) -> CheckResult:
    """Return whether so much of the contract was reached, in percent of all its parts together, as a check."""
    found = tuple(found)
    reached = percent(found)
    missed = [f"{len(each.missed):,} of {each.name}" for each in found if each.missed]
    why = f"At least {least:g} percent of the contract are to be reached."
    if reached >= least:
        return CheckResult("coverage_reached", Status.PASS, why=why, layer="coverage", looked_at=len(found))
    message = f"{reached:.1f} percent of the contract were reached, {least:g} are wanted"
    hint = "a control (of a mock), a greater --budget or --max-time, and no --check or --model reach more"
    finding = Finding(message, cause=f"not reached: {', '.join(missed)}", hint=hint)
    return CheckResult(
        "coverage_reached",
        Status.FAIL,
        why=why,
        layer="coverage",
        message=message,
        looked_at=len(found),
        findings=(finding,),
    )
