"""What was seen of a task, step by step, and what its contract lets follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mockreel.conformance.evidence import reading
from mockreel.conformance.evidence.reading import Seen
from mockreel.conformance.exchange import Exchange, Record, Trial
from mockreel_client.values import phase_of
from mockreel_contracts import Contract, Phase
from mockreel_contracts.model import Lifecycle


@dataclass(frozen=True, slots=True)
class Sight:
    """An answer that tells of a task; `names` are the states that it may be in, none where its word is unknown."""

    exchange: Exchange
    seen: Seen
    names: frozenset[str]

    def is_over(self, lifecycle: Lifecycle) -> bool:
        """Whether the task has come to an end."""
        return bool(self.names) and all(lifecycle.states[name].phase.is_terminal for name in self.names)


def sights(record: Record, trial: Trial) -> list[Sight]:
    """Return the good answers that tell of a task and its state, that of its create first.

    A create that names no state is no sight: the contract says where tasks begin.
    """
    exchanges = ([trial.submit] if trial.submit else []) + record.looks(trial)
    return [sight for sight in (_sight(record, exchange) for exchange in exchanges) if sight is not None]


def _sight(record: Record, exchange: Exchange) -> Sight | None:
    if exchange.number not in record.memory:
        seen, sight = reading.seen(record.contract, exchange), None
        if seen is not None and seen.state is not None:
            sight = Sight(exchange, seen, names_of(record.contract, seen.state, seen.error_code))
        record.memory[exchange.number] = sight
    found: Sight | None = record.memory[exchange.number]
    return found


def looks(record: Record, trial: Trial) -> list[Sight]:
    """Return the sights of a task that were queries."""
    return [sight for sight in sights(record, trial) if sight.exchange is not trial.submit]


def end_of(record: Record, trial: Trial) -> Sight | None:
    """Return the first sight of a task at its end."""
    return next((s for s in sights(record, trial) if s.is_over(record.contract.lifecycle)), None)


def phases(contract: Contract, names: frozenset[str]) -> frozenset[Phase]:
    """Return the phases of states."""
    return frozenset(contract.lifecycle.states[name].phase for name in names)


def names_of(contract: Contract, word: str, code: str | None) -> frozenset[str]:
    """Return the states that have a word. Where several have it, an error code that the contract knows decides."""
    states = [state for state in contract.lifecycle.states.values() if state.wire == word]
    if len(states) > 1 and code is not None:
        phase = phase_of(contract, word, code)
        known = {text for case in contract.errors.values() for text in (case.task_code, case.reason) if text}
        if code in known:
            states = [state for state in states if state.phase is phase]
    return frozenset(state.name for state in states)


def nexts(contract: Contract) -> Mapping[str, frozenset[str]]:
    """Return the states that may follow each state directly; an expiry may end any that is no end."""
    lifecycle = contract.lifecycle
    expired = {expiry.to for expiry in lifecycle.expiries}
    return {
        name: frozenset() if state.phase.is_terminal else frozenset(state.next) | expired
        for name, state in lifecycle.states.items()
    }


def reachable(contract: Contract) -> Mapping[str, frozenset[str]]:
    """Return the states that may follow each state at any distance."""
    direct = nexts(contract)

    def walk(name: str, known: frozenset[str]) -> frozenset[str]:
        for after in direct[name] - known:
            known = walk(after, known | {after})
        return known

    return {name: walk(name, frozenset()) for name in direct}


@dataclass(frozen=True, slots=True)
class Move:
    """Two sights of a task, one after the other. `before` is None for what was before the first query."""

    before: Sight | None
    after: Sight
    started: frozenset[str]
    """The states that it may have been in before."""
    is_near: bool
    """Whether no state need have come between."""
    is_legal: bool


def moves(record: Record, trial: Trial) -> Iterator[Move]:
    """Give the steps from sight to sight; what has an unknown word is passed over."""
    contract = record.contract
    direct, far = nexts(contract), reachable(contract)
    before, now = None, frozenset({contract.lifecycle.initial})
    is_blind = False
    for sight in sights(record, trial):
        if not sight.names:
            is_blind = True
            continue
        if sight.exchange is trial.submit:
            before, now = sight, sight.names
            continue
        legal = frozenset(n for n in sight.names if n in now or any(n in far[c] for c in now))
        near = frozenset(n for n in sight.names if n in now or any(n in direct[c] for c in now))
        yield Move(before, sight, now, bool(near) or is_blind, bool(legal))
        before, now, is_blind = sight, near or legal or sight.names, False
