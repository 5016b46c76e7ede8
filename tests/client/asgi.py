"""One request to an ASGI app, without a socket and without an HTTP library."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.client.samples import Sent


@dataclass(frozen=True)
class Reply:
    """An answer, and how much of the request the app had read by then."""

    status: int
    body: Any
    chunks_read: int


def deliver(app: Any, sent: Sent, path: str = "/hook", *, chunk: int = 65536, **scope: Any) -> Reply:
    """Post a callback. `scope` overrides what the server tells the app; None leaves a key out."""
    chunks = [sent.body[at : at + chunk] for at in range(0, len(sent.body), chunk)]
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in chunks]
    told = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        **scope,
    }
    return call(app, {key: value for key, value in told.items() if value is not None}, messages)


def call(app: Any, scope: dict[str, Any], messages: list[dict[str, Any]]) -> Reply:
    """Run one request of which these messages come in, and then its end."""
    coming: Iterator[dict[str, Any]] = iter(messages)
    read: list[Any] = []
    sent: list[Any] = []

    async def receive() -> Any:
        message = next(coming, None)
        read.extend([message] if message else [])
        return message or {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Reply(sent[0]["status"], json.loads(body) if body[:1] == b"{" else body, len(read))
