"""The control API on callbacks."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query

from mockreel.domain.callbacks.callback import Status
from mockreel.domain.engine import Engine
from mockreel.server.courier import Courier
from mockreel.server.endpoints import MAX_SHOWN, holding


def add(app: FastAPI, engine: Engine, courier: Courier) -> None:
    """Add the endpoints."""
    locked = holding(engine)

    @app.get("/_mock/callbacks", summary="Callbacks, newest first, with their attempts")
    @locked
    async def callbacks(
        key: str | None = None,
        task_id: str | None = None,
        status: Status | None = None,
        limit: Annotated[int, Query(ge=1, le=MAX_SHOWN)] = 100,
    ) -> dict[str, Any]:
        found = [
            callback
            for callback in engine.outbox.records
            if key in (None, callback.task.sandbox.key)
            and task_id in (None, callback.task.id)
            and status in (None, callback.status)
        ]
        return {
            "counts": {status.value: count for status, count in engine.outbox.records.counts.items()},
            "tasks_waiting": engine.outbox.watched,
            "total": len(found),
            "callbacks": [callback.as_json() for callback in reversed(found[-limit:])],
        }

    @app.post("/_mock/callbacks/{callback_id}/redeliver", summary="Send a callback once more, now")
    async def redeliver(callback_id: str) -> dict[str, Any]:
        with engine.lock:
            found = engine.outbox.records.find(callback_id)
        if found is None:
            raise HTTPException(404, f"no callback {callback_id!r}; GET /_mock/callbacks lists what there is")
        outcome = await courier.redeliver(found)
        if isinstance(outcome, str):
            raise HTTPException(409, outcome)
        return found.as_json()
