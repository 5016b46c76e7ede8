"""The receiver of the demo: a plain HTTP server that verifies what it gets with the reference client."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from mockreel_client import CallbackError, CallbackEvent, parse_callback

MAX_BODY = 1024 * 1024


class DemoReceiver:
    """Takes callbacks at `url`; `events` are those that verified, `refused` says what was wrong with the others."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self.secrets = tuple(secrets)
        self.url = ""
        self.events: list[CallbackEvent] = []
        self.refused: list[str] = []
        self._changed = threading.Condition()

    @contextmanager
    def serve(self) -> Iterator[None]:
        """Listen on a free port of this machine."""
        with ThreadingHTTPServer(("127.0.0.1", 0), _handler(self)) as server:
            self.url = f"http://127.0.0.1:{server.server_port}/callback"
            threading.Thread(target=server.serve_forever, name="demo-receiver", daemon=True).start()
            try:
                yield
            finally:
                server.shutdown()

    def take(self, headers: Any, body: bytes, target: str) -> int:
        """Verify a callback; returns the HTTP status to answer with."""
        parts = urlsplit(target)
        try:
            event = parse_callback(headers.items(), body, self.secrets, path=parts.path, query=parts.query)
        except CallbackError as error:
            with self._changed:
                self.refused.append(str(error))
                self._changed.notify_all()
            return 401
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()
        return 200

    def wait_for(self, count: int, timeout_s: float) -> bool:
        """Wait until so many callbacks have come, good or bad."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.events) + len(self.refused) >= count, timeout_s)


def _handler(receiver: DemoReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(min(length, MAX_BODY))
            self.send_response(receiver.take(self.headers, body, self.path))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing: the demo prints a table."""

    return Handler
