"""Takes the callbacks of a run on a port of its own, and writes down what came."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from mockreel.conformance.exchange import Arrival

_MOST = 1024 * 1024  # bytes of a body that are kept
_LOOK_S = 0.01  # how often it is looked whether to stop
_PATIENCE_S = 10.0  # for a caller that does not finish its request
PATH = "/mockreel-callback/"


class Receiver:
    """`arrivals` are all that came, oldest first. Each task has a URL of its own; `plan` says what it answers there."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.arrivals: list[Arrival] = []
        self._now_ms = now_ms
        self._plans: dict[int, list[int]] = {}
        self._changed = threading.Condition()
        self._base = ""

    @contextmanager
    def serve(self, host: str | None = None, *, bind: str = "127.0.0.1", port: int = 0) -> Iterator[None]:
        """Listen. `host` (NAME or NAME:PORT) is how the server reaches this machine, where that is not `bind`."""
        with ThreadingHTTPServer((bind, port), _handler(self)) as server:
            name = host or bind
            self._base = f"http://{name if ':' in name else f'{name}:{server.server_port}'}{PATH}"
            loop = threading.Thread(target=server.serve_forever, args=(_LOOK_S,), name="callbacks", daemon=True)
            loop.start()
            try:
                yield
            finally:
                server.shutdown()

    def plan(self, task: int, answers: Sequence[int] = ()) -> str:
        """Return the URL of a task's callbacks, whose first are answered with these statuses, all others with 200."""
        self._plans[task] = list(answers)
        return f"{self._base}{task}"

    def wait_for(self, task: int, count: int, timeout_s: float) -> bool:
        """Wait until so many callbacks of a task have come."""

        def has_come() -> bool:
            return sum(arrival.task == task for arrival in self.arrivals) >= count

        with self._changed:
            return self._changed.wait_for(has_come, timeout_s)

    def take(self, method: str, target: str, headers: Any, body: bytes) -> int:
        """Write a callback down; returns the status to answer with."""
        parts = urlsplit(target)
        last = parts.path.rpartition("/")[2]
        task = int(last) if last.isascii() and last.isdecimal() and len(last) < 10 else None
        with self._changed:
            plan = self._plans.get(-1 if task is None else task)
            status = plan.pop(0) if plan else 200
            self.arrivals.append(
                Arrival(
                    len(self.arrivals) + 1,
                    self._now_ms(),
                    task,
                    method,
                    parts.path,
                    parts.query,
                    tuple((str(name), str(value)) for name, value in headers.items()),
                    body,
                    status,
                )
            )
            self._changed.notify_all()
        return status


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _PATIENCE_S

        def do_POST(self) -> None:
            text = self.headers.get("Content-Length", "0")
            length = int(text) if text.isascii() and text.isdecimal() else 0
            body = self.rfile.read(min(length, _MOST))
            self.send_response(receiver.take(self.command, self.path, self.headers, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_PUT = do_POST  # noqa: N815 - the library's names

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing: what came is in `arrivals`."""

    return Handler
