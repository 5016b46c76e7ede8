"""A receiver of callbacks for tests: a plain HTTP server of this machine that verifies what it gets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from mockreel import MockProvider
from mockreel_client import CallbackError, CallbackEvent, parse_callback

_MOST = 1024 * 1024  # bytes of a body
_LOOK_S = 0.01  # how often it is looked whether to stop: a test waits for that at its end


class CallbackReceiver:
    """Takes callbacks at `url`. `events` are those that verified, `refused` the errors of the others, oldest first.

    `status` is what the next ones are answered with (default: 200 for good ones, what the error says for others).
    """

    def __init__(self, mock: MockProvider) -> None:
        self.url = ""
        self.events: list[CallbackEvent] = []
        self.refused: list[CallbackError] = []
        self.status: int | None = None
        self._mock = mock
        self._changed = threading.Condition()

    def wait_for(self, count: int, timeout_s: float = 5.0) -> bool:
        """Wait until so many callbacks have come, good or bad; on a manual clock they have when `advance` returns."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.events) + len(self.refused) >= count, timeout_s)

    def take(self, headers: Any, body: bytes, target: str) -> int:
        """Verify a callback; returns the HTTP status to answer with."""
        parts = urlsplit(target)
        try:
            event = self._parsed(list(headers.items()), body, parts.path, parts.query)
        except CallbackError as error:
            with self._changed:
                self.refused.append(error)
                self._changed.notify_all()
            return self.status or error.status
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()
        return self.status or 200

    def _parsed(self, headers: list[tuple[str, str]], body: bytes, path: str, query: str) -> CallbackEvent:
        """Verify a callback with whatever the mock signs with, at the mock's own time."""
        contracts = [service.contract for service in self._mock.engine.services.values()]
        calling = [contract for contract in contracts if contract.callback is not None]
        contract = calling[0] if len(calling) == 1 else None
        is_signed = contract is None or (contract.callback is not None and contract.callback.signature is not None)
        secrets = self._mock.engine.signing_secrets() if is_signed else ()
        return parse_callback(
            headers, body, secrets or None, provider=contract, now=self._mock.clock.now(), path=path, query=query
        )


@contextmanager
def receiving(mock: MockProvider) -> Iterator[CallbackReceiver]:
    """Listen on a free port of this machine."""
    receiver = CallbackReceiver(mock)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self.send_response(receiver.take(self.headers, self.rfile.read(min(length, _MOST)), self.path))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing: a failing test's report has the journal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/callback"
        threading.Thread(target=server.serve_forever, args=(_LOOK_S,), name="callback-receiver", daemon=True).start()
        try:
            yield receiver
        finally:
            server.shutdown()
