"""A Starlette route, and so a FastAPI one, that receives callbacks."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

from mockreel_client.body import MAX_BODY
from mockreel_client.callback_errors import BodyTooLarge, CallbackError
from mockreel_client.callbacks import parse_callback
from mockreel_client.clock import wall_clock
from mockreel_client.events import CallbackEvent
from mockreel_client.inbox import CallbackInbox
from mockreel_client.terms import Secret, check_limits, check_secrets, find_terms
from mockreel_contracts import Contract

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

_log = logging.getLogger("mockreel_client.callbacks")


def callback_route(
    path: str,
    on_event: Callable[[CallbackEvent], object],
    *,
    secret: Secret,
    provider: str | Contract | None = None,
    inbox: CallbackInbox | None = None,
    tolerance_s: float | None = None,
    max_body: int = MAX_BODY,
    clock: Callable[[], float] = wall_clock,
) -> Route:
    """Return a route that verifies callbacks and hands each new event to `on_event` once.

    >>> app = Starlette(routes=[callback_route("/callbacks", on_event, secret="my-secret")])

    `on_event` is a coroutine function, or a function, which runs in a thread. Be quick in it, a queue is best: a
    provider repeats what is not answered in time, and a repeat that comes while `on_event` runs is answered 200.
    `inbox` says what is new (default: one of this route's own); the other arguments are those of `parse_callback`.

    Answers 200 to new, repeated and outdated events alike, so that the provider stops; 400 to a malformed and 413 to
    a too large body; 401 to everything else that `parse_callback` refuses; 500 when `on_event` raises, which is logged,
    and the event is forgotten so that the next attempt gets through. Log: "mockreel_client.callbacks".

    Raises ImportError without Starlette, and what `parse_callback` raises for arguments that are wrong.
    """
    try:
        from starlette.requests import ClientDisconnect
        from starlette.responses import JSONResponse
        from starlette.routing import Route
    except ImportError:
        raise ImportError("callback_route needs Starlette, which is not there: pip install starlette") from None
    secrets = check_secrets(secret)
    check_limits(tolerance_s, max_body)
    contract = None if provider is None else find_terms(provider, secrets, tolerance_s).contract
    seen = CallbackInbox() if inbox is None else inbox

    async def receive(request: Request) -> Response:
        try:
            event = parse_callback(
                request.scope["headers"],
                await _read(request, max_body),
                secrets or None,
                provider=contract,
                now=clock(),
                method=request.method,
                path=_raw_path(request),
                query=request.scope["query_string"],
                tolerance_s=tolerance_s,
                max_body=max_body,
            )
        except CallbackError as error:
            _log.warning("callback refused (%s): %s", error.reason, error)
            return JSONResponse({"received": False, "reason": error.reason}, error.status)
        except ClientDisconnect:
            return JSONResponse({"received": False, "reason": "disconnected"}, 400)
        if seen.take(event) == "new":
            try:
                await _call(on_event, event)
            except BaseException as error:
                seen.forget(event)
                if not isinstance(error, Exception):  # such as a cancellation
                    raise
                _log.exception("callback %s could not be acted on", event.key)
                return JSONResponse({"received": False, "reason": "failed"}, 500)
        return JSONResponse({"received": True})

    return Route(path, receive, methods=["POST"])


async def _call(on_event: Callable[[CallbackEvent], object], event: CallbackEvent) -> None:
    from starlette.concurrency import run_in_threadpool

    if inspect.iscoroutinefunction(on_event):
        await on_event(event)
        return
    result = await run_in_threadpool(on_event, event)
    if inspect.isawaitable(result):  # an object or a lambda does not show that it makes a coroutine
        await result


async def _read(request: Request, max_body: int) -> bytes:
    """Return the body. Raises BodyTooLarge before more than `max_body` bytes are kept."""
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > max_body:
            raise BodyTooLarge(f"the body has more than {max_body} bytes; expected at most {max_body}")
        body += chunk
    return bytes(body)


def _raw_path(request: Request) -> bytes:
    """Return the path as it was sent; not every server hands that over."""
    raw: bytes | None = request.scope.get("raw_path")
    return quote(request.scope["path"]).encode() if raw is None else raw.partition(b"?")[0]
