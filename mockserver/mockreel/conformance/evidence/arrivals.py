"""What a callback says, read by the expressions of the contract."""

from __future__ import annotations

from typing import Any

from mockreel.conformance.exchange import Arrival
from mockreel.conformance.wire import parsed
from mockreel_client.values import phase_of, read
from mockreel_contracts import Contract


def document_of(arrival: Arrival) -> dict[str, Any]:
    """Return what the expressions for callbacks are given; a body that is no JSON is None."""
    return {"body": parsed(arrival.body), "headers": {name.lower(): value for name, value in arrival.headers}}


def said(contract: Contract, arrival: Arrival, name: str) -> Any:
    """Return what a callback says of its task, by the name under which the contract reads it; None for nothing."""
    return read(contract.callback.reads.get(name), document_of(arrival)) if contract.callback else None


def state_of(contract: Contract, arrival: Arrival) -> list[str]:
    """Return the names of the states that a callback may tell of."""
    word, code = said(contract, arrival, "state"), said(contract, arrival, "error_code")
    if not isinstance(word, str):
        return []
    phase = phase_of(contract, word, str(code) if code is not None else None)
    return [state.name for state in contract.lifecycle.states.values() if state.wire == word and state.phase is phase]
