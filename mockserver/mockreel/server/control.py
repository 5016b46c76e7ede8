"""The control API under /_mock: ordinary FastAPI."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import wraps
from typing import Annotated, Any, Literal, Self, TypeVar

from fastapi import Body, FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mockreel.domain import explain, export
from mockreel.domain.callbacks.callback import Status
from mockreel.domain.engine import Engine
from mockreel.domain.faults.kind import FaultError
from mockreel.domain.journal import fingerprint
from mockreel.domain.ledger import plain
from mockreel.domain.scenario import ScenarioError
from mockreel.domain.service import Service
from mockreel.domain.task import Task
from mockreel.server.courier import Courier
from mockreel.server.steering import SteeredClock

Changed = TypeVar("Changed")
Endpoint = Callable[..., Awaitable[Any]]
MAX_SHOWN = 1000
MAX_BODY = 64 * 1024


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Advance(_Strict):
    """How far to move a manual clock."""

    seconds: float = Field(ge=0, le=1e9, examples=[60])


class KeySettings(_Strict):
    """What an API key has; what is left out stays. A callback secret of null turns its signatures off."""

    credits: Annotated[Decimal, Field(ge=0, le=10**12)] | Literal["unlimited"] | None = Field(
        None, examples=[100, "unlimited"]
    )
    callback_secret: Annotated[str, Field(min_length=1, max_length=1024)] | None = None

    scenario: str | None = Field(None, description="What its tasks follow unless they ask for another; null for none.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set or (self.credits is None and "credits" in self.model_fields_set):
            raise ValueError('say credits (a number or "unlimited"), callback_secret or scenario (text or null)')
        return self


class NewFaults(_Strict):
    """Faults to arm, all or none."""

    faults: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=100,
        examples=[[{"fault": "error", "case": "rate_limited", "on": "submit", "times": 2}]],
    )


class Reset(_Strict):
    """What to forget: everything, or what belongs to one API key."""

    key: str | None = None


def control_app(engine: Engine, courier: Courier, *, instance: str) -> FastAPI:
    """Build the control API of an engine. Who may call it has been checked before (see guard)."""
    steered = SteeredClock(engine, courier)

    app: FastAPI = FastAPIOffline(  # the documentation page needs nothing from outside
        title="Mockreel control API",
        description="Look into the mock and steer it. Provider calls go to the providers' own paths.",
        docs_url="/_mock/docs",
        redoc_url=None,
        openapi_url="/_mock/openapi.json",
        static_url="/_mock/static",
        max_body_size=MAX_BODY,
        strict_content_type=False,  # `curl -d` says form data when it is told nothing
    )

    def auth_of(provider: str) -> tuple[str, str]:
        auth = engine.services[provider].contract.auth
        return auth.header, f"{auth.schemes[0].capitalize()} {export.MASKED}"

    def locked(endpoint: Endpoint) -> Endpoint:
        """Hold the engine's lock while an endpoint runs, which awaits nothing."""

        @wraps(endpoint)
        async def guarded(*arguments: Any, **options: Any) -> Any:
            with engine.lock:
                return await endpoint(*arguments, **options)

        return guarded

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        """Say what is wrong without repeating the value, which may be nothing that JSON can hold."""
        found = [{"at": ".".join(map(str, e["loc"])), "problem": e["msg"]} for e in error.errors()]
        return JSONResponse({"detail": found}, 422)

    @app.get("/_mock", include_in_schema=False)
    async def index() -> RedirectResponse:
        return RedirectResponse("/_mock/docs")

    @app.get("/_mock/health", summary="Is it up, and what does it serve?")
    async def health() -> dict[str, Any]:
        counts = engine.outbox.counts
        return {
            "status": "ok",
            "instance": instance,
            "providers": list(engine.services),
            "seed": engine.settings.seed,
            "callbacks_undelivered": counts[Status.UNDELIVERED] + counts[Status.REFUSED],
        }

    @app.get("/_mock/clock", summary="The time that rules everything")
    @locked
    async def clock() -> dict[str, Any]:
        return {
            "now_ms": engine.clock.now_ms(),
            "clock": "manual" if engine.clock.is_manual else "real",
            "speed": engine.settings.speed,
        }

    @app.post("/_mock/clock/advance", summary="Move a manual clock; returns what happened, in order")
    async def advance(step: Advance) -> dict[str, Any]:
        if not engine.clock.is_manual:
            raise HTTPException(409, "the clock is real; start with `mockreel serve --clock manual` to move it")
        events = await asyncio.to_thread(steered.advance, step.seconds)
        return {"now_ms": engine.clock.now_ms(), "events": events}

    @app.get("/_mock/tasks", summary="Tasks, newest first")
    @locked
    async def tasks(
        provider: str | None = None, key: str | None = None, limit: Annotated[int, Query(ge=1, le=MAX_SHOWN)] = 100
    ) -> dict[str, Any]:
        now = engine.clock.now_ms()
        found = [
            (service, task)
            for service in _services(engine, provider)
            for task in service.tasks.values()
            if key is None or task.sandbox.key == key
        ]
        found.sort(key=lambda pair: -pair[1].created_ms)
        return {"total": len(found), "tasks": [explain.summary(s, t, now) for s, t in found[:limit]]}

    @app.get("/_mock/tasks/{task_id}", summary="One task, whole")
    @locked
    async def task(task_id: str, request: Request) -> dict[str, Any]:
        service, found = _task(engine, task_id)
        return explain.task(service, found, engine.clock.now_ms(), str(request.base_url).rstrip("/"))

    @app.get("/_mock/tasks/{task_id}/explain", summary="Why it is in its state, and what comes next")
    @locked
    async def explained(task_id: str) -> dict[str, Any]:
        service, found = _task(engine, task_id)
        return explain.explain(service, found, engine.clock.now_ms(), engine.journal)

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
            return Response(export.ndjson(found, origin, auth_of), media_type="application/x-ndjson")
        if form == "har":
            return Response(export.har(found, origin, auth_of), media_type="application/json")
        entries = [export.shown(record, origin, auth_of) for record in reversed(found[-limit:])]
        return {"total": len(found), "dropped": engine.journal.dropped, "kept": engine.journal.size, "entries": entries}

    @app.get("/_mock/journal/{seq}/explain", summary="Why a call was answered as it was")
    @locked
    async def explained_call(seq: int, request: Request) -> dict[str, Any]:
        found = next((record for record in engine.journal if record.seq == seq), None)
        if found is None:
            raise HTTPException(404, f"the journal has no entry {seq}; it keeps the last {engine.journal.size}")
        origin = str(request.base_url).rstrip("/")
        contract = engine.services[found.provider].contract
        return explain.record(found, contract, export.shown(found, origin, auth_of))

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
            for callback in engine.outbox
            if key in (None, callback.task.sandbox.key)
            and task_id in (None, callback.task.id)
            and status in (None, callback.status)
        ]
        return {
            "counts": {status.value: count for status, count in engine.outbox.counts.items()},
            "tasks_waiting": engine.outbox.watched,
            "total": len(found),
            "callbacks": [callback.as_json() for callback in reversed(found[-limit:])],
        }

    @app.post("/_mock/callbacks/{callback_id}/redeliver", summary="Send a callback once more, now")
    async def redeliver(callback_id: str) -> dict[str, Any]:
        with engine.lock:
            found = engine.outbox.find(callback_id)
        if found is None:
            raise HTTPException(404, f"no callback {callback_id!r}; GET /_mock/callbacks lists what there is")
        outcome = await asyncio.to_thread(courier.redeliver, found)
        if isinstance(outcome, str):
            raise HTTPException(409, outcome)
        return found.as_json()

    @app.get("/_mock/keys/{key}", summary="The ledger of an API key, by provider")
    @locked
    async def key(key: str) -> dict[str, Any]:
        return {name: _ledger(engine, service, key) for name, service in engine.services.items()}

    @app.put("/_mock/keys/{key}", summary="Give an API key exactly so many credits, or a callback secret")
    @locked
    async def set_key(key: str, settings: KeySettings, provider: str | None = None) -> dict[str, Any]:
        _services(engine, provider)
        if "scenario" in settings.model_fields_set:  # the one that may be refused comes first
            _attempt(lambda: engine.set_scenario(settings.scenario, key))
        if settings.credits is not None:
            credits = None if settings.credits == "unlimited" else settings.credits
            engine.set_credits(key, credits, provider=provider)
        if "callback_secret" in settings.model_fields_set:
            engine.set_secret(key, settings.callback_secret)
        return {service.contract.provider: _ledger(engine, service, key) for service in _services(engine, provider)}

    @app.get("/_mock/faults", summary="The faults that are armed, in the order in which they compose")
    @locked
    async def armed() -> dict[str, Any]:
        return {"faults": [rule.as_json() for rule in engine.board]}

    @app.get("/_mock/faults/kinds", summary="Every fault that can be armed, with its fields")
    async def kinds() -> dict[str, Any]:
        return {name: kind.as_json() for name, kind in engine.settings.faults.items()}

    @app.post("/_mock/faults", summary="Arm faults, all or none", status_code=201)
    @locked
    async def arm(wanted: NewFaults) -> dict[str, Any]:
        made = _attempt(lambda: engine.add_faults(wanted.faults))
        return {"faults": [rule.as_json() for rule in made]}

    @app.delete("/_mock/faults", summary="Disarm every fault")
    @locked
    async def disarm_all() -> dict[str, int]:
        found = [engine.board.remove(rule.id) for rule in engine.board]
        return {"removed": len(found)}

    @app.delete("/_mock/faults/{fault_id}", summary="Disarm a fault")
    @locked
    async def disarm(fault_id: str) -> dict[str, Any]:
        found = engine.board.remove(fault_id)
        if found is None:
            raise HTTPException(404, f"no fault {fault_id!r} is armed; GET /_mock/faults lists those that are")
        return found.as_json()

    @app.get("/_mock/capsule", summary="One line that sets up the same run again: mockreel serve --capsule LINE")
    @locked
    async def capsule() -> dict[str, str]:
        return {"capsule": engine.capsule()}

    @app.get("/_mock/scenarios", summary="What [[mock:NAME]] in a prompt and X-Mock-Scenario take")
    async def scenarios() -> dict[str, str]:
        return {name: scenario.title for name, scenario in engine.settings.scenarios.items()}

    @app.get("/_mock/errors", summary="What the key mock-CASE and X-Mock-Fault take, by provider")
    async def errors() -> dict[str, Any]:
        return {
            name: {
                case.id: {"status": case.status, "code": case.code, "reason": case.reason, "retryable": case.retryable}
                for case in service.contract.errors.values()
            }
            for name, service in engine.services.items()
        }

    @app.post("/_mock/reset", summary="Forget tasks, ledgers and journal, of one key or of all")
    @locked
    async def reset(what: Annotated[Reset | None, Body()] = None) -> dict[str, str]:
        key = what.key if what is not None else None
        engine.reset(key)
        return {"reset": "one key" if key is not None else "everything"}

    return app


def _attempt(change: Callable[[], Changed]) -> Changed:
    """Make a change, or answer 422 with what is wrong with it."""
    try:
        return change()
    except (FaultError, ScenarioError) as error:
        raise HTTPException(422, str(error)) from None


def _services(engine: Engine, provider: str | None) -> list[Service]:
    if provider is not None and provider not in engine.services:
        raise HTTPException(404, f"no provider {provider!r} is served; served are {', '.join(engine.services)}")
    return [service for name, service in engine.services.items() if provider in (None, name)]


def _task(engine: Engine, task_id: str) -> tuple[Service, Task]:
    for service in engine.services.values():
        if task_id in service.tasks:
            return service, service.tasks[task_id]
    raise HTTPException(404, f"no provider has a task {task_id!r}; GET /_mock/tasks lists what there is")


def _ledger(engine: Engine, service: Service, key: str) -> dict[str, Any]:
    sandbox = service.sandbox(key)
    sandbox.settle(engine.clock.now_ms())
    account = sandbox.account
    return {
        "balance": "unlimited" if account.is_unlimited else plain(account.balance),
        "granted": plain(account.granted),
        "charged": plain(account.charged),
        "refunded": plain(account.refunded),
        "tasks": len(sandbox.tasks),
    }
