"""Requests that are sent without waiting for answers, read no faster than they are answered."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle


class Pipelined(HttpToolsProtocol):
    """Reads on when what waits has been answered. Without this, each answer let in a further quarter of a megabyte."""

    _begun: RequestResponseCycle | None = None

    def on_response_complete(self) -> None:
        """Begin the next request that waits; read only where none does."""
        self._begun = self.pipeline[-1][0] if self.pipeline else None
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the answer that is being made go nowhere: uvicorn knows only of the last request that came."""
        super().connection_lost(exc)
        if self._begun is not None:
            self._begun.disconnected = True
