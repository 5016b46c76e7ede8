"""The ASGI application: the contract core in front, FastAPI for everything under /_mock."""

from __future__ import annotations

import asyncio
import re
from collections.abc import MutableMapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson

from mockreel.domain import byterange
from mockreel.domain.assets import Asset
from mockreel.domain.engine import Engine
from mockreel.domain.faults import files
from mockreel.domain.messages import JSON, Answer, Request, headers_of
from mockreel.server import guard, media, wire
from mockreel.server.courier import Courier
from mockreel.server.following import Followers
from mockreel.server.waiting import Waits
from mockreel.server.wire import Receive as Receive
from mockreel.server.wire import Send as Send

Scope = MutableMapping[str, Any]

CONTROL = "/_mock"
MAX_BODY = 25 * 1024 * 1024
MAX_DRAINED = 64 * 1024 * 1024
MAX_HEADERS = 200
MAX_HEADER_BYTES = 64 * 1024
_HOST = re.compile(r"[A-Za-z0-9.\-:\[\]_]{1,255}")


class MockApp:
    """Serves an engine. `token`, if given, is asked for by the control API. FastAPI is imported on its first use."""

    def __init__(
        self, engine: Engine, *, courier: Courier | None = None, token: str | None = None, instance: str = ""
    ) -> None:
        self.engine = engine
        self.courier = courier or Courier(engine)
        self._token = token
        self._instance = instance
        self._control: Any = None
        self.waits = Waits(engine.clock)
        engine.on_moved.append(self.waits.moved)
        self.followers = Followers()
        engine.on_steered.append(self.followers.settle)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; anything that is not HTTP is declined."""
        kind = scope["type"]
        if kind == "lifespan":
            await _lifespan(receive, send)
            return
        if kind != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        path = scope["path"]
        headers = headers_of(scope["headers"])
        if path == CONTROL or path.startswith(CONTROL + "/"):
            refused = guard.refusal(path, headers, self._token)
            if refused is not None:
                await _send(send, _plain(*refused), scope["method"])
            else:
                await self.control()(scope, receive, self._after_all_have_followed(send))
            return
        if len(headers) > MAX_HEADERS or sum(map(len, headers.values())) > MAX_HEADER_BYTES:
            await _send(send, _plain(431, "the headers are too many or too large"), scope["method"])
            return
        body, is_too_large = b"", False
        if scope["method"] not in ("GET", "HEAD"):
            body, is_too_large = await _read(receive)
        request = Request(
            scope["method"], path, scope["query_string"], headers, body, _origin(scope, headers), is_too_large
        )
        is_followed = bool(self.engine.schedule.pending)
        answer = self.engine.handle(request)
        if is_followed:  # a step of a capsule may have it that nothing listens from here on
            await self.followers.settled()
        if answer.waits_for is not None:
            await self.courier.first(answer.waits_for)
        if answer.asset is not None:
            answer = await asyncio.to_thread(_rendered, answer, answer.asset, request)
        if answer.delay_ms or answer.network is not None:
            await wire.carry(answer, scope["method"], receive, send, self.waits)
        else:
            await _send(send, answer, scope["method"])

    def _after_all_have_followed(self, send: Send) -> Send:
        """Return a `send` that begins to answer when every server listens, or does not, as the call has it."""

        async def later(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                await self.followers.settled()
            await send(message)

        return later

    def control(self) -> Any:
        """Return the FastAPI application under /_mock."""
        if self._control is None:
            from mockreel.server.control import control_app

            self._control = control_app(self.engine, self.courier, self.waits, instance=self._instance)
        return self._control


def rendered(answer: Answer, request: Request) -> Answer:
    """Return an answer whose file, if it is one, is rendered."""
    return _rendered(answer, answer.asset, request) if answer.asset is not None else answer


def _rendered(answer: Answer, asset: Asset, request: Request) -> Answer:
    output = asset.output
    if asset.kind == "cover":
        content, media_type = media.render_cover(output.width, output.height, asset.hue), "image/png"
    else:
        content, media_type = media.render_video(output, hue=asset.hue), "video/mp4"
    if answer.result is not None:
        made = files.send(content, media_type, request.headers, answer.result, max_age_s=asset.max_age_s)
    else:
        made = byterange.send(content, media_type, request.headers, max_age_s=asset.max_age_s)
    network = answer.network or made.network
    if answer.network is not None and made.network is not None:
        network = replace(answer.network, length=answer.network.length + made.network.length)
    headers = (*answer.headers, *made.headers)
    return Answer(made.status, made.body, headers, at_ms=answer.at_ms, delay_ms=answer.delay_ms, network=network)


async def _send(send: Send, answer: Answer, method: str) -> None:
    headers = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body if method != "HEAD" else b""})


def _plain(status: int, text: str) -> Answer:
    return Answer(status, orjson.dumps({"detail": text}), JSON)


async def _read(receive: Receive) -> tuple[bytes, bool]:
    """Read a body up to its bound. What is larger is read to its end, or to 64 MB, and thrown away."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return (body, False) if len(body) <= MAX_BODY else (b"", True)
    parts, size = [body], len(body)
    while message.get("more_body") and size <= MAX_DRAINED:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= MAX_BODY:
            parts.append(part)
        else:
            parts.clear()
    return (b"".join(parts), False) if size <= MAX_BODY else (b"", True)


def _origin(scope: Scope, headers: dict[bytes, bytes]) -> str:
    host = _host(headers.get(b"host", b""))
    if not host:
        server = scope.get("server") or ("127.0.0.1", 80)
        host = f"{server[0]}:{server[1]}"
    return f"{scope.get('scheme', 'http')}://{host}"


@lru_cache(maxsize=256)
def _host(header: bytes) -> str:
    """Return the host that a header names, or '' when it cannot stand in a URL."""
    host = header.decode("latin-1")
    return host if _HOST.fullmatch(host) else ""


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
