"""What the endpoints of the control API share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

from fastapi import HTTPException, Request
from pydantic import AfterValidator, BaseModel, ConfigDict

from mockreel.domain.engine import Engine
from mockreel.domain.faults.kind import FaultError, near_misses
from mockreel.domain.given import key_of
from mockreel.domain.scenario import ScenarioError
from mockreel.domain.search import SearchError

MAX_SHOWN = 1000
Endpoint = Callable[..., Awaitable[Any]]
Changed = TypeVar("Changed")
Key = Annotated[str, AfterValidator(key_of)]


class Strict(BaseModel):
    """A body in which nothing unknown may stand."""

    model_config = ConfigDict(extra="forbid")


def holding(engine: Engine) -> Callable[[Endpoint], Endpoint]:
    """Return a decorator that holds the engine's lock while an endpoint runs, which awaits nothing."""

    def locked(endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        async def guarded(*arguments: Any, **options: Any) -> Any:
            with engine.lock:
                return await endpoint(*arguments, **options)

        return guarded

    return locked


def known_only(request: Request) -> None:
    """Refuse query parameters that the endpoint does not know: a typo must not widen what a call does."""
    known = dict.fromkeys(sorted(parameter.alias for parameter in request.scope["route"].dependant.query_params))
    for name in request.query_params:
        if name not in known:
            raise HTTPException(422, near_misses("parameter", name, known) if known else f"takes no {name!r}")


def attempt(change: Callable[[], Changed]) -> Changed:
    """Make a change, or answer 422 with what is wrong with it."""
    try:
        return change()
    except (FaultError, ScenarioError, SearchError) as error:
        raise HTTPException(422, str(error)) from None
