"""The peer: a bare ASGI application that does a create's work and nothing else, on the same uvicorn settings.

It checks the key, parses, validates with the same schema and the same validator, stores the bytes and serializes an
answer of the same shape. No routing table, no credits, no lifecycle, no journal: what is left is what a server of this
kind cannot do without.

Standard input: {"path", "header", "scheme", "schema", "answer"}. Standard output: a line of JSON with the URL.
"""

from __future__ import annotations

import gc
import socket
import sys
from typing import Any

import jsonschema_rs
import orjson
import uvicorn

GIVEN = orjson.loads(sys.stdin.buffer.read())
PATH, HEADER, SCHEME = GIVEN["path"], GIVEN["header"].encode(), GIVEN["scheme"].encode()
VALIDATOR = jsonschema_rs.Draft202012Validator(GIVEN["schema"], validate_formats=True)
TASKS: dict[str, bytes] = {}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer one request."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    status, answer = create(scope, body)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


def create(scope: Any, body: bytes) -> tuple[int, bytes]:
    """Do a create's work."""
    headers = dict(scope["headers"])
    if scope["method"] != "POST" or scope["path"] != PATH:
        return 404, b"{}"
    scheme, _, key = headers.get(HEADER, b"").partition(b" ")
    if scheme.lower() != SCHEME or not key:
        return 401, b"{}"
    value = orjson.loads(body)
    if not VALIDATOR.is_valid(value):
        return 422, b"{}"
    TASKS[f"task_{len(TASKS):016d}"] = body
    return 200, orjson.dumps(GIVEN["answer"])


def main() -> None:
    """Serve until ended."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen(2048)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    print(orjson.dumps({"url": f"http://127.0.0.1:{sock.getsockname()[1]}"}).decode(), flush=True)  # noqa: T201
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", server_header=False, ws="none", proxy_headers=False
    )
    uvicorn.Server(config).run(sockets=[sock])


main()
