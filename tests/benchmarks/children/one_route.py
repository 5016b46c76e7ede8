"""The peer of a cold start: FastAPI with one route, on uvicorn. Prints a line of JSON with its URL when it answers."""

from __future__ import annotations

import socket

import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def hello() -> dict[str, str]:
    """Answer."""
    return {"hello": "world"}


class Server(uvicorn.Server):
    """Says when it is ready, as ours does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        print(f'{{"url": "http://127.0.0.1:{SOCK.getsockname()[1]}"}}', flush=True)  # noqa: T201


SOCK = socket.socket()
SOCK.bind(("127.0.0.1", 0))
Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none")).run(sockets=[SOCK])
