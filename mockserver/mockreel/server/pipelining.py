"""Requests that are sent without waiting for answers, read no faster than they are answered."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Pipelined(HttpToolsProtocol):
    """Reads on when what waits has been answered. Without this, each answer let in a further quarter of a megabyte."""

    def on_response_complete(self) -> None:
        """Begin the next request that waits; read only where none does."""
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()
