"""Sockets: the bound one is handed to uvicorn, so that the printed port is the real one."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvicorn

from mockreel.domain.engine import Engine
from mockreel.server import wire
from mockreel.server.app import MockApp

BACKLOG = 2048
TURNS = 100
GC_THRESHOLD = (50_000, 20, 50)  # stored tasks are many and long-lived; the default collects them too often


class PortTakenError(OSError):
    """The address cannot be bound; the message says what to do."""


def bind(host: str, port: int, *, listens: bool = True) -> socket.socket:
    """Bind a socket, and listen on it; port 0 picks one. Raises PortTakenError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        if listens:
            sock.listen(BACKLOG)
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
    _Server(app, on_ready, is_held=False).run(sockets=[sock])


class Background:
    """A server in a thread of its own. `start` returns when it answers, `stop` when it is gone."""

    def __init__(self, app: Any, sock: socket.socket) -> None:
        self.url = url_of(sock)
        self._ready = threading.Event()
        self._server = _Server(app, self._ready.set, is_held=True)
        self._sock = sock
        self._thread = threading.Thread(target=self._run, name="mockreel-server", daemon=True)

    def start(self) -> None:
        """Start serving. Raises RuntimeError when the server does not come up within 10 seconds."""
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError(f"the mock at {self.url} did not come up")

    def stop(self) -> None:
        """Stop serving and close the socket."""
        self._server.end()
        self._thread.join(10)
        self._sock.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._sock])


class _Server(uvicorn.Server):
    """With `is_held`, someone holds the mock in Python, who can end a fault also while nothing listens."""

    def __init__(self, app: Any, on_ready: Callable[[], None] | None, *, is_held: bool) -> None:
        super().__init__(_config(app))
        self._app = app if isinstance(app, MockApp) else None
        self._on_ready = on_ready
        self._is_held = is_held
        self._addresses: list[Any] = []
        self._kept: list[socket.socket] = []  # they hold the ports while nothing listens
        self._is_listening = True
        self._following = asyncio.Lock()
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """End at once. From any thread."""
        self.should_exit = self.force_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._ended.set)

    async def main_loop(self) -> None:
        """Tick until the end, which is not slept through."""
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % 864_000
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), 0.1)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self._app is not None:
            self._app.followers.join(self)
        self._addresses = [sock.getsockname() for sock in sockets or ()]
        if self._on_ready is not None:
            self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        """Every tenth of a second: time may have passed by itself."""
        if self.is_behind:
            await self.follow()
        return await super().on_tick(counter)

    @property
    def is_behind(self) -> bool:
        """Whether it listens though a fault says no, or does not though none does."""
        if self._app is None:
            return False
        is_listening = self._is_listening
        return self._refuses(self._app.engine) is is_listening or not (is_listening or self._kept)

    async def follow(self) -> None:
        """Stop listening when a fault says so, and begin again when it has gone."""
        async with self._following:
            if self._app is None or not self.is_behind or self.should_exit:
                return
            if self._is_listening:
                self._is_listening = False
                for server in self.servers:
                    server.close()
            self._kept = self._kept or await _held(self._addresses)
            if self._kept and not self._refuses(self._app.engine):
                for sock in self._kept:
                    sock.listen(BACKLOG)
                await super().startup(self._kept)
                self._kept, self._is_listening = [], True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._app is not None:
            self._app.followers.leave(self)
            self._app.waits.stop(asyncio.get_running_loop())
        kept = [*(sockets or ()), *self._kept]
        if self.force_exit and not self.server_state.connections and not self.server_state.tasks:
            for each in (*self.servers, *kept):
                each.close()
        else:
            await super().shutdown(kept)  # which gives connections a tenth of a second

    def _refuses(self, engine: Engine) -> bool:
        """Whether nothing is to listen. Where that would lock everyone out for good, calls are reset instead."""
        if not engine.board:
            return False
        with engine.lock:
            now_ms, is_manual = engine.clock.now_ms(), engine.clock.is_manual
            found = [rule for rule in engine.board if wire.refuses(rule, now_ms)]
        return any(self._is_held or (wire.ends(rule) and not is_manual) for rule in found)


async def _held(addresses: list[Any]) -> list[socket.socket]:
    """Bind to addresses without listening: callers are refused. Nothing, if another process takes one first.

    That it can be done shows that whoever listened there has gone, which takes a turn or two of the loop.
    """
    for _ in range(TURNS):
        held: list[socket.socket] = []
        try:
            for address in addresses:
                held.append(bind(*address[:2], listens=False))  # noqa: PERF401 - those before one that fails are closed
        except PortTakenError:
            for sock in held:
                sock.close()
            await asyncio.sleep(0)
        else:
            return held
    return []


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_protocol(),
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        ws="none",
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )


def _protocol() -> Any:
    """Return what speaks HTTP; uvicorn has another way where httptools is not there."""
    try:
        from mockreel.server.pipelining import Pipelined
    except ImportError:
        return "auto"
    return Pipelined
