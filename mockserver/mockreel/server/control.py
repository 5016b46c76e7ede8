"""The control API under /_mock: ordinary FastAPI."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from fastapi import Body, Depends, FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi_offline import FastAPIOffline
from pydantic import AfterValidator, Field, model_validator

from mockreel.domain import explain
from mockreel.domain.callbacks.callback import Status
from mockreel.domain.clock import ClockError
from mockreel.domain.engine import Engine
from mockreel.domain.given import credits_of
from mockreel.domain.ledger import plain
from mockreel.domain.service import Service
from mockreel.domain.task import Task
from mockreel.server import control_callbacks, control_events, control_faults, control_journal
from mockreel.server.courier import Courier, TooManyError
from mockreel.server.endpoints import MAX_SHOWN, Key, Strict, attempt, holding, known_only
from mockreel.server.steering import SteeredClock
from mockreel.server.waiting import Waits

MAX_BODY = 64 * 1024


class Advance(Strict):
    """How far to move a manual clock."""

    seconds: float = Field(ge=0, le=1e9, strict=True, examples=[60])


class KeySettings(Strict):
    """What an API key has; what is left out stays. A callback secret of null turns its signatures off."""

    credits: Annotated[Decimal, AfterValidator(credits_of)] | Literal["unlimited"] | None = Field(
        None, examples=[100, "unlimited"]
    )
    callback_secret: Annotated[str, Field(min_length=1, max_length=1024)] | None = None

    scenario: str | None = Field(None, description="What its tasks follow unless they ask for another; null for none.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set or (self.credits is None and "credits" in self.model_fields_set):
            raise ValueError('say credits (a number or "unlimited"), callback_secret or scenario (text or null)')
        return self


class ScenarioChoice(Strict):
    """A scenario by name, or null; for all, or for the tasks of one API key."""

    scenario: str | None
    key: Key | None = None


class Reset(Strict):
    """What to forget: everything, or what belongs to one API key."""

    key: Key | None = None


def control_app(engine: Engine, courier: Courier, waits: Waits, *, instance: str) -> FastAPI:
    """Build the control API of an engine. Who may call it has been checked before (see guard)."""
    steered = SteeredClock(engine, courier)
    locked = holding(engine)

    app: FastAPI = FastAPIOffline(  # the documentation page needs nothing from outside
        title="Mockreel control API",
        description="Look into the mock and steer it. Provider calls go to the providers' own paths.",
        docs_url="/_mock/docs",
        redoc_url=None,
        openapi_url="/_mock/openapi.json",
        static_url="/_mock/static",
        max_body_size=MAX_BODY,
        strict_content_type=False,  # `curl -d` says form data when it is told nothing
        dependencies=[Depends(known_only)],
        generate_unique_id_function=lambda route: route.name,  # the word that Python has for it, too
    )

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        """Say what is wrong without repeating the value, which may be nothing that JSON can hold."""
        found = [{"at": ".".join(map(str, e["loc"])), "problem": e["msg"]} for e in error.errors()]
        sent = request.headers.get("content-type", "")
        if found[0]["at"] == "body" and not sent.startswith("application/json"):
            found[0]["problem"] = f"a JSON object is expected; send Content-Type: application/json, not {sent[:60]!r}"
        return JSONResponse({"detail": found}, 422)

    @app.exception_handler(404)
    async def missing(request: Request, error: HTTPException) -> JSONResponse:
        """Say where the paths are listed; a 404 that says what is missing stays as it is."""
        is_plain = error.detail == "Not Found"
        detail = f"there is no {request.method} {request.url.path}; see /_mock/docs" if is_plain else error.detail
        return JSONResponse({"detail": detail}, 404)

    @app.get("/_mock", include_in_schema=False)
    async def index() -> RedirectResponse:
        return RedirectResponse("/_mock/docs")

    @app.get("/_mock/health", summary="Is it up, and what does it serve?")
    async def health() -> dict[str, Any]:
        counts = engine.outbox.records.counts
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
    async def advance(step: Advance, limit: Annotated[int, Query(ge=0, le=100_000)] = 10_000) -> dict[str, Any]:
        if not engine.clock.is_manual:
            raise HTTPException(409, "the clock is real; start with `mockreel serve --clock manual` to move it")
        try:
            events = await asyncio.to_thread(steered.advance, step.seconds)
        except (ClockError, TooManyError) as error:
            raise HTTPException(409, str(error)) from None
        return {"now_ms": engine.clock.now_ms(), "total": len(events), "events": events[:limit]}

    @app.get("/_mock/tasks", summary="Tasks, newest first")
    @locked
    async def tasks(
        provider: str | None = None, key: Key | None = None, limit: Annotated[int, Query(ge=1, le=MAX_SHOWN)] = 100
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

    @app.get("/_mock/tasks/{task_id}/explain", summary="Why it is in its state, and what comes next", name="explain")
    @locked
    async def explained(task_id: str) -> dict[str, Any]:
        service, found = _task(engine, task_id)
        return explain.explain(service, found, engine.clock.now_ms(), engine.journal)

    @app.get("/_mock/keys/{key}", summary="The ledger of an API key, by provider")
    @locked
    async def ledger(key: Key, provider: str | None = None) -> dict[str, Any]:
        return {service.contract.provider: _ledger(engine, service, key) for service in _services(engine, provider)}

    @app.put("/_mock/keys/{key}", summary="Give an API key exactly so many credits, a scenario, or a callback secret")
    @locked
    async def set_key(key: Key, settings: KeySettings, provider: str | None = None) -> dict[str, Any]:
        _services(engine, provider)
        if "scenario" in settings.model_fields_set:  # the one that may be refused comes first
            attempt(lambda: engine.set_scenario(settings.scenario, key))
        if settings.credits is not None:
            credits = None if settings.credits == "unlimited" else settings.credits
            engine.set_credits(key, credits, provider=provider)
        if "callback_secret" in settings.model_fields_set:
            engine.set_secret(key, settings.callback_secret, provider=provider)
        return {service.contract.provider: _ledger(engine, service, key) for service in _services(engine, provider)}

    @app.get("/_mock/scenarios", summary="What [[mock:NAME]] in a prompt and X-Mock-Scenario take")
    async def scenarios() -> dict[str, str]:
        return {name: scenario.title for name, scenario in engine.settings.scenarios.items()}

    @app.get("/_mock/scenario", summary="The scenario of every task that asks for none")
    async def scenario() -> dict[str, str | None]:
        return {"scenario": engine.scenarios.get(None)}

    @app.put("/_mock/scenario", summary="Choose it, for all or for one API key; null for the plain success")
    @locked
    async def use_scenario(wanted: ScenarioChoice) -> dict[str, str | None]:
        attempt(lambda: engine.set_scenario(wanted.scenario, wanted.key))
        return {"scenario": wanted.scenario}

    @app.get("/_mock/errors", summary="What the key mock-CASE and X-Mock-Fault take, by provider")
    async def errors() -> dict[str, Any]:
        return {
            name: {
                case.id: {"status": case.status, "code": case.code, "reason": case.reason, "retryable": case.retryable}
                for case in service.contract.errors.values()
            }
            for name, service in engine.services.items()
        }

    control_callbacks.add(app, engine, courier)
    control_faults.add(app, engine)
    control_journal.add(app, engine)
    control_events.add(app, engine, waits)

    @app.post("/_mock/reset", summary="Forget tasks, ledgers and journal, of one key or of all")
    @locked
    async def reset(what: Annotated[Reset | None, Body()] = None) -> dict[str, str]:
        key = what.key if what is not None else None
        engine.reset(key)
        return {"reset": "one key" if key is not None else "everything"}

    return app


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
        "scenario": engine.scenarios.get(key),
        "callback_secret": engine.secret_kind(key, service),
    }
