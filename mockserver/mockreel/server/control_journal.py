"""The control API on the journal."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import Response

from mockreel.domain import export, search
from mockreel.domain.engine import Engine
from mockreel.server.endpoints import MAX_SHOWN, Key, attempt, holding

TYPES = {"ndjson": "application/x-ndjson", "har": "application/json", "curl": "text/plain; charset=utf-8"}


def add(app: FastAPI, engine: Engine) -> None:
    """Add the endpoints."""
    locked = holding(engine)

    @app.get("/_mock/journal", summary="Exchanges and deliveries, newest first; or all as NDJSON, HAR or curl")
    @locked
    async def journal(
        request: Request,
        key: Key | None = None,
        task_id: str | None = None,
        operation: str | None = None,
        fault: str | None = None,
        outcome: Annotated[
            str | None,
            Query(description="ok, refused, unexpected, unreached, undelivered, or the id of an ErrorCase"),
        ] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_SHOWN)] = 100,
        form: Annotated[Literal["json", "ndjson", "har", "curl"], Query(alias="format")] = "json",
    ) -> Any:
        found = attempt(
            lambda: search.found(engine, key=key, task_id=task_id, operation=operation, fault=fault, outcome=outcome)
        )
        origin = str(request.base_url).rstrip("/")
        if form != "json":
            return Response(search.exported(found, form, origin), media_type=TYPES[form])
        entries = [export.shown(record, origin) for record in reversed(found[-limit:])]
        return {"total": len(found), "dropped": engine.journal.dropped, "kept": engine.journal.size, "entries": entries}

    @app.get("/_mock/journal/{seq}/explain", summary="Why a call was answered as it was")
    @locked
    async def explain_call(seq: int, request: Request) -> dict[str, Any]:
        told = search.explained(engine, seq, str(request.base_url).rstrip("/"))
        if isinstance(told, str):
            raise HTTPException(404, told)
        return told
