"""Reading the values of a body by the expressions of a contract, with the looseness that providers need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockreel_contracts import Contract, Phase
from mockreel_contracts.expressions import Expression


class UnreadableError(ValueError):
    """A value is of a type that the contract does not give it."""


def read(expression: Expression | None, document: Mapping[str, Any]) -> Any:
    """Return what an expression finds, None for nothing."""
    try:
        return expression(document) if expression else None
    except ArithmeticError:  # a number too large for what the expression does with it
        return None


def text(name: str, value: Any) -> str | None:
    """Return a text, or None for none and for the empty one; providers write ids and codes as numbers too."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise UnreadableError(f"the body's {name} is a {type(value).__name__}; expected a text")


def texts(name: str, value: Any) -> tuple[str, ...]:
    """Return texts; a single one counts as a list of one."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise UnreadableError(f"the body's {name} are no texts; expected a list of them")


def number(name: str, value: Any) -> float | None:
    """Return a number."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise UnreadableError(f"the body's {name} is a {type(value).__name__}; expected a number")


def phase_of(contract: Contract, word: str, error_code: str | None = None) -> Phase | None:
    """Return what a provider's word for a state means, None when it is not known.

    Where several states have one word, the error code that comes with it tells them apart: a canceled or expired task
    may be called by the word for a failed one. Else that of the word's own name counts, else the first.
    """
    states = [state for state in contract.lifecycle.states.values() if state.wire == word]
    if len(states) > 1 and error_code is not None:
        told = _phases_by_code(contract).get(error_code)
        if told is not None and any(state.phase is told for state in states):
            return told
    own = next((state for state in states if state.name == word), None)
    return own.phase if own else states[0].phase if states else None


def _phases_by_code(contract: Contract) -> dict[str, Phase]:
    """Return the phases that an error code gives away: those of cancellation and of each expiry."""
    lifecycle, errors = contract.lifecycle, contract.errors
    found: dict[str, Phase] = {}
    cases = [(errors[expiry.error], lifecycle.states[expiry.to].phase) for expiry in lifecycle.expiries]
    if lifecycle.cancellation != lifecycle.failure:
        cases.append((errors[lifecycle.cancellation], Phase.CANCELED))
    for case, phase in cases:
        found.setdefault(case.task_code, phase)
        found.setdefault(case.reason or case.task_code, phase)
    return found
