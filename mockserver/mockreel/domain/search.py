"""Asking the journal: which of its records, as what, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mockreel.domain import explain, export
from mockreel.domain.export import Record
from mockreel.domain.faults.kind import near_misses
from mockreel.domain.journal import fingerprint

if TYPE_CHECKING:
    from mockreel.domain.stage import Stage

Form = Literal["ndjson", "har", "curl"]
OUTCOMES = ("ok", "refused", "unreached", "unexpected", "undelivered")  # and every ErrorCase


class SearchError(ValueError):
    """The journal is asked for a word that none of its records can have."""


def found(
    stage: Stage,
    *,
    key: str | None = None,
    task_id: str | None = None,
    operation: str | None = None,
    fault: str | None = None,
    outcome: str | None = None,
) -> list[Record]:
    """Return the records that fit all that is asked, oldest first.

    `outcome` is `ok`, `refused`, `unexpected` (for no operation of any contract), `unreached` (the connection broke
    before), `undelivered` (a callback), or the id of an ErrorCase; `operation` is an operationId, `result` or
    `callback`. Raises SearchError for a fault, an operation or an outcome that is not known.
    """
    _check(stage, operation=operation, fault=fault, outcome=outcome)
    wanted = fingerprint(key) if key is not None else None
    return [
        record
        for record in stage.journal
        if wanted in (None, record.key)
        and task_id in (None, record.task_id)
        and operation in (None, record.operation)
        and (fault is None or fault in record.faults)
        and (outcome is None or outcome in _outcomes(record))
    ]


def _check(stage: Stage, **asked: str | None) -> None:
    """Raise SearchError for what nothing can ever be found by: an empty answer would pass for good news."""
    contracts = [service.contract for service in stage.services.values()]
    cases = [case for contract in contracts for case in contract.errors]
    known = {
        "operation": (*stage.board.operations, "result", "callback"),
        "fault": (*stage.settings.faults, *cases),
        "outcome": (*OUTCOMES, *cases),
    }
    for what, word in asked.items():
        if word is None or word in known[what]:
            continue
        if what != "fault" or not any(contract.find_error(word) for contract in contracts):
            raise SearchError(near_misses(what, word, dict.fromkeys(known[what])))


def _outcomes(record: Record) -> tuple[str, ...]:
    """Return every word for what came of a call."""
    is_refused = record.outcome not in ("ok", "unreached")
    words = (record.outcome, "refused") if is_refused else (record.outcome,)
    return words if record.operation else (*words, "unexpected")


def exported(records: list[Record], form: Form, origin: str) -> bytes:
    """Return records as NDJSON, as an HTTP archive, or as shell lines. `origin` is where the mock is reached."""
    if form == "ndjson":
        return export.ndjson(records, origin)
    if form == "har":
        return export.har(records, origin)
    return "".join(f"{export.curl(record, origin)}\n" for record in records).encode()


def explained(stage: Stage, seq: int, origin: str) -> dict[str, Any] | str:
    """Return why a call was answered as it was, or why that cannot be told."""
    record = next((record for record in stage.journal if record.seq == seq), None)
    if record is None:
        return f"the journal has no entry {seq}; it keeps the last {stage.journal.size}"
    service = stage.services.get(record.provider)
    contract = service.contract if service is not None else None  # it was meant for none
    return explain.record(record, contract, export.shown(record, origin))
