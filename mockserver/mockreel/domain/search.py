"""Asking the journal: which of its records, as what, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mockreel.domain import explain, export
from mockreel.domain.export import Record
from mockreel.domain.journal import fingerprint

if TYPE_CHECKING:
    from mockreel.domain.stage import Stage

Form = Literal["ndjson", "har", "curl"]


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

    `outcome` is `ok`, `refused`, `unexpected` (for no operation of any contract), or the name of an ErrorCase;
    `operation` is an operationId, `result` or `callback`.
    """
    wanted = fingerprint(key) if key else None
    return [
        record
        for record in stage.journal
        if wanted in (None, record.key)
        and task_id in (None, record.task_id)
        and operation in (None, record.operation)
        and (fault is None or fault in record.faults)
        and (outcome is None or outcome in _outcomes(record))
    ]


def _outcomes(record: Record) -> tuple[str, ...]:
    """Return every word for what came of a call."""
    words = (record.outcome,) if record.outcome == "ok" else (record.outcome, "refused")
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
