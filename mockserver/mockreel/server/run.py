"""Sockets: the bound one is handed to uvicorn, so that the printed port is the real one."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn

GC_THRESHOLD = (50_000, 20, 50)  # stored tasks are many and long-lived; the default collects them too often


class PortTakenError(OSError):
    """The address cannot be bound; the message says what to do."""


def bind(host: str, port: int) -> socket.socket:
    """Bind a listening socket; port 0 picks one. Raises PortTakenError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(2048)
    except OSError as error:
        sock.close()
        raise PortTakenError(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port, or --port 0"
        ) from None
    return sock


def url_of(sock: socket.socket) -> str:
    """Return the base URL of a bound socket."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: Any, sock: socket.socket, *, on_ready: Callable[[], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
    _Server(_config(app), on_ready).run(sockets=[sock])


class Background:
    """A server in a thread of its own. `start` returns when it answers, `stop` when it is gone."""

    def __init__(self, app: Any, sock: socket.socket) -> None:
        self.url = url_of(sock)
        self._ready = threading.Event()
        self._server = _Server(_config(app), self._ready.set)
        self._sock = sock
        self._thread = threading.Thread(target=self._run, name="mockreel-server", daemon=True)

    def start(self) -> None:
        """Start serving. Raises RuntimeError when the server does not come up within 10 seconds."""
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError(f"the mock at {self.url} did not come up")

    def stop(self) -> None:
        """Stop serving and close the socket."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(10)
        self._sock.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._sock])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._on_ready is not None:
            self._on_ready()


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        ws="none",
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
