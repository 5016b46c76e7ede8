"""A receiver of callbacks for demonstrations and tests: a plain HTTP server of this machine that verifies what it gets.

For production, see `callback_route`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from mockreel_client.callback_errors import CallbackError
from mockreel_client.events import CallbackEvent

Parse = Callable[[list[tuple[str, str]], bytes, str, str], CallbackEvent]
_MOST = 1024 * 1024  # bytes of a body
_LOOK_S = 0.01  # how often it is looked whether to stop: a test waits for that at its end


class CallbackReceiver:
    """Takes callbacks at `url`. `events` are those that verified, `refused` the errors of the others, oldest first.

    `parse` is given headers, body, path and query, and is `parse_callback` with the rest of its arguments. `status` is
    what the next callbacks are answered with (default: 200 for good ones, what the error says for others).
    """

    def __init__(self, parse: Parse) -> None:
        self.url = ""
        self.events: list[CallbackEvent] = []
        self.refused: list[CallbackError] = []
        self.status: int | None = None
        self._parse = parse
        self._changed = threading.Condition()

    @contextmanager
    def serve(self) -> Iterator[None]:
        """Listen on a free port of this machine."""
        with ThreadingHTTPServer(("127.0.0.1", 0), _handler(self)) as server:
            self.url = f"http://127.0.0.1:{server.server_port}/callback"
            loop = threading.Thread(target=server.serve_forever, args=(_LOOK_S,), name="callback-receiver", daemon=True)
            loop.start()
            try:
                yield
            finally:
                server.shutdown()

    def wait_for(self, count: int, timeout_s: float = 5.0) -> bool:
        """Wait until so many callbacks have come, good or bad; on a manual clock they have when `advance` returns."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.events) + len(self.refused) >= count, timeout_s)

    def take(self, headers: Any, body: bytes, target: str) -> int:
        """Verify a callback; returns the HTTP status to answer with."""
        parts = urlsplit(target)
        try:
            event = self._parse(list(headers.items()), body, parts.path, parts.query)
        except CallbackError as error:
            with self._changed:
                self.refused.append(error)
                self._changed.notify_all()
            return self.status or error.status
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()
        return self.status or 200


def _handler(receiver: CallbackReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self.send_response(receiver.take(self.headers, self.rfile.read(min(length, _MOST)), self.path))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing: what came is in `events` and `refused`."""

    return Handler
