"""Between the mock and HTTP libraries of the httpx family, with no socket: requests, responses, errors."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Any

from mockreel.domain.messages import Answer, Request, headers_of
from mockreel.server.app import MAX_BODY
from mockreel.server.wire import End, Passage, passage


def asked(request: Any, body: bytes) -> Request:
    """Return a library's request as the engine takes it."""
    url = request.url
    is_too_large = len(body) > MAX_BODY
    return Request(
        request.method,
        url.path,
        url.query,
        headers_of((name.lower(), value) for name, value in request.headers.raw),
        b"" if is_too_large else body,
        f"{url.scheme}://{url.netloc.decode('ascii')}",
        is_too_large,
    )


class Responses:
    """Makes responses of one library, and raises what a library raises for a fault of the network.

    The two differ where respx stands between them: it hands responses of httpx to httpx2, whose users catch the errors
    of httpx2.
    """

    def __init__(self, library: ModuleType, errors: ModuleType) -> None:
        self._library: Any = library
        self._errors: Any = errors
        self._broken_stream = type(
            "BrokenStream", (_Broken, self._library.SyncByteStream, self._library.AsyncByteStream), {}
        )

    def make(self, answer: Answer, request: Any) -> Any:
        """Return the response to a request. Raises an error of the library.

        Nothing is waited for: an answer that comes later than the request's read timeout raises ReadTimeout at once,
        one that comes before it comes at once.
        """
        response = self._library.Response
        if answer.network is None and not answer.delay_ms:
            headers = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]
            return response(answer.status, headers=headers, content=answer.body if request.method != "HEAD" else b"")
        way = passage(answer, request.method)
        patience_s = request.extensions.get("timeout", {}).get("read")
        if patience_s is not None and way.wait_s > patience_s:
            raise self._late()
        if way.head is None:
            raise self._broken(way)
        head = list(way.head)
        if patience_s is not None and way.gap_s > patience_s:
            return response(answer.status, headers=head, stream=self._broken_stream((), self._late()))
        if way.is_short:
            return response(answer.status, headers=head, stream=self._broken_stream(way.pieces, self._broken(way)))
        return response(answer.status, headers=head, content=b"".join(way.pieces))

    def _late(self) -> Exception:
        late: Exception = self._errors.ReadTimeout("timed out")
        return late

    def _broken(self, way: Passage) -> Exception:
        """Return the error for a connection that ends so."""
        error: Exception
        if way.end is End.REFUSED:
            error = self._errors.ConnectError(f"[Errno {errno.ECONNREFUSED}] {os.strerror(errno.ECONNREFUSED)}")
        elif way.end is End.RESET:
            error = self._errors.ReadError(f"[Errno {errno.ECONNRESET}] {os.strerror(errno.ECONNRESET)}")
        elif way.head is None:
            error = self._errors.RemoteProtocolError("Server disconnected without sending a response.")
        else:
            got, promised = sum(map(len, way.pieces)), dict(way.head).get(b"content-length")
            why = (
                f"received {got} bytes, expected {int(promised)}" if promised is not None else "incomplete chunked read"
            )
            text = f"peer closed connection without sending complete message body ({why})"
            error = self._errors.RemoteProtocolError(text)
        return error


class _Broken:
    """A body that ends with an error."""

    def __init__(self, pieces: tuple[bytes, ...], error: Exception) -> None:
        self._pieces = pieces
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""
