"""The control API on the journal."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import Response

from mockreel.domain import explain, export
from mockreel.domain.engine import Engine
from mockreel.domain.journal import fingerprint
from mockreel.server.endpoints import MAX_SHOWN, holding


def add(app: FastAPI, engine: Engine) -> None:
    """Add the endpoints."""
    locked = holding(engine)

    @app.get("/_mock/journal", summary="Exchanges and deliveries, newest first; or all of them as NDJSON or HAR")
    @locked
    async def journal(
        request: Request,
        key: str | None = None,
        task_id: str | None = None,
        operation: str | None = None,
        fault: str | None = None,
        outcome: Annotated[str | None, Query(description="ok, refused, or the name of an ErrorCase")] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_SHOWN)] = 100,
        form: Annotated[Literal["json", "ndjson", "har"], Query(alias="format")] = "json",
    ) -> Any:
        wanted = fingerprint(key) if key else None
        found = [
            record
            for record in engine.journal
            if wanted in (None, record.key)
            and task_id in (None, record.task_id)
            and operation in (None, record.operation)
            and (fault is None or fault in record.faults)
            and outcome in (None, record.outcome, "refused" if record.outcome != "ok" else None)
        ]
        origin = str(request.base_url).rstrip("/")
        if form == "ndjson":
            return Response(export.ndjson(found, origin), media_type="application/x-ndjson")
        if form == "har":
            return Response(export.har(found, origin), media_type="application/json")
        entries = [export.shown(record, origin) for record in reversed(found[-limit:])]
        return {"total": len(found), "dropped": engine.journal.dropped, "kept": engine.journal.size, "entries": entries}

    @app.get("/_mock/journal/{seq}/explain", summary="Why a call was answered as it was")
    @locked
    async def explained_call(seq: int, request: Request) -> dict[str, Any]:
        found = next((record for record in engine.journal if record.seq == seq), None)
        if found is None:
            raise HTTPException(404, f"the journal has no entry {seq}; it keeps the last {engine.journal.size}")
        origin = str(request.base_url).rstrip("/")
        contract = engine.services[found.provider].contract
        return explain.record(found, contract, export.shown(found, origin))
