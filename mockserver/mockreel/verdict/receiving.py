"""A receiver of callbacks on this machine that hands each to a function of the client under test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Receive = Callable[[list[tuple[str, str]], bytes, str], int]
"""Takes headers, body and the target of the request line; returns the HTTP status to answer with."""
_LOOK_S = 0.01
_MOST = 1024 * 1024


@contextmanager
def receiving(receive: Receive) -> Iterator[str]:
    """Listen on a free port of this machine; gives the URL. What raises is answered with 500."""

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), _MOST))
            try:
                status = int(receive(list(self.headers.items()), body, self.path))
            except Exception:
                status = 500
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing: the journal has every delivery."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(_LOOK_S,), name="verdict-receiver", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/callback"
        finally:
            server.shutdown()
