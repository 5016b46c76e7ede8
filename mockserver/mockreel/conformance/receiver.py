"""Takes the callbacks of a run on a port of its own, and writes down what came."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any

from mockreel.conformance.exchange import Arrival

MOST = 2000  # callbacks that are kept
MOST_KEPT = 32 * 1024 * 1024  # bytes of all of them
_MOST = 1024 * 1024  # bytes of a body that are kept
_LOOK_S = 0.01  # how often it is looked whether to stop
_PATIENCE_S = 10.0  # for a caller that does not finish its request
PATH = "/mockreel-callback/"
_LINE = 1024  # bytes
_LENGTH = re.compile("[0-9]{1,12}")
_SIZE = re.compile(b"[0-9A-Fa-f]{1,8}")


class Receiver:
    """`arrivals` are all that came, oldest first. Each task has a URL of its own; `plan` says what it answers there."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.arrivals: list[Arrival] = []
        self._now_ms = now_ms
        self._plans: dict[int, list[int]] = {}
        self._changed = threading.Condition()
        self._base = ""
        self._kept = 0

    @contextmanager
    def serve(self, host: str | None = None, *, bind: str = "127.0.0.1", port: int = 0) -> Iterator[None]:
        """Listen. `host` (NAME or NAME:PORT) is how the server reaches this machine, where that is not `bind`."""
        with _Server((bind, port), _handler(self)) as server:
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
        """Write a callback down; returns the status to answer with. Of a flood only so much is kept."""
        path, _, query = target.partition("?")
        last = path.rpartition("/")[2]
        task = int(last) if last.isascii() and last.isdecimal() and len(last) < 10 else None
        at_ms = self._now_ms()
        with self._changed:
            if len(self.arrivals) >= MOST or self._kept >= MOST_KEPT:
                return 503
            self._kept += len(body)
            plan = self._plans.get(-1 if task is None else task)
            status = plan.pop(0) if plan else 200
            self.arrivals.append(
                Arrival(
                    len(self.arrivals) + 1,
                    at_ms,
                    task,
                    method,
                    path,
                    query,
                    tuple((str(name), str(value)) for name, value in headers.items()),
                    body,
                    status,
                )
            )
            self._changed.notify_all()
        return status


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Say nothing of a caller who broke off."""


def _chunks(file: BufferedIOBase) -> Iterator[bytes]:
    """Give the pieces of a body that is sent in chunks, until its end or until it is too long."""
    left = _MOST + 1
    while left > 0:
        size = file.readline(_LINE).partition(b";")[0].strip()
        if not _SIZE.fullmatch(size) or int(size, 16) == 0:
            while file.readline(_LINE).strip():
                pass
            return
        yield file.read(min(int(size, 16), left))
        left -= int(size, 16)
        file.readline(_LINE)


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _PATIENCE_S

        def do_POST(self) -> None:
            self.send_response(receiver.take(self.command, self.path, self.headers, self._body()))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _body(self) -> bytes:
            if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
                body = b"".join(_chunks(self.rfile))
            else:
                text = self.headers.get("Content-Length", "0")
                length = int(text) if _LENGTH.fullmatch(text) else 0
                body = self.rfile.read(min(length, _MOST + 1))
            self.close_connection = self.close_connection or len(body) > _MOST
            return body[:_MOST]

        do_GET = do_PUT = do_POST  # noqa: N815 - the library's names

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing: what came is in `arrivals`."""

    return Handler
