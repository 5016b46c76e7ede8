"""The mock as a transport of httpx2, with no socket: the same answers, and the errors that a socket would give."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator, Callable, Iterator

import httpx2

from mockreel.domain.messages import Answer, Request, headers_of
from mockreel.server.app import MAX_BODY
from mockreel.server.wire import End, Passage, passage


class MockTransport(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Answers the requests of one client, sync or async, whatever host they are for.

    Nothing is waited for: an answer that comes later than the client's read timeout raises ReadTimeout at once, one
    that comes before it comes at once, and the clock stays where it is. A connection is never kept, so a fault of one
    call does not touch the next.
    """

    def __init__(self, answer: Callable[[Request], Answer], finish: Callable[[Answer, Request], Answer]) -> None:
        """`answer` is quick; `finish` may take its time, and is called in a thread for async clients."""
        self._answer = answer
        self._finish = finish

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request. Raises what httpx2 raises for a fault of the network."""
        asked = _asked(request, request.read())
        return _response(self._finish(self._answer(asked), asked), request)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request. Raises what httpx2 raises for a fault of the network."""
        asked = _asked(request, await request.aread())
        answer = self._answer(asked)
        if answer.asset is not None or answer.waits_for is not None:
            from anyio import to_thread  # what httpx2 waits with itself

            answer = await to_thread.run_sync(self._finish, answer, asked)
        return _response(answer, request)


class _Broken(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body that ends with an error."""

    def __init__(self, pieces: tuple[bytes, ...], error: httpx2.TransportError) -> None:
        self._pieces = pieces
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def _asked(request: httpx2.Request, body: bytes) -> Request:
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


def _response(answer: Answer, request: httpx2.Request) -> httpx2.Response:
    if answer.network is None and not answer.delay_ms:
        headers = (*answer.headers, (b"content-length", b"%d" % len(answer.body)))
        return httpx2.Response(answer.status, headers=headers, content=answer.body if request.method != "HEAD" else b"")
    way = passage(answer, request.method)
    patience_s = request.extensions.get("timeout", {}).get("read")
    if patience_s is not None and way.wait_s > patience_s:
        raise _late()
    if way.head is None:
        raise _broken(way)
    if patience_s is not None and way.gap_s > patience_s:
        return httpx2.Response(answer.status, headers=way.head, stream=_Broken((), _late()))
    if way.is_short:
        return httpx2.Response(answer.status, headers=way.head, stream=_Broken(way.pieces, _broken(way)))
    return httpx2.Response(answer.status, headers=way.head, content=b"".join(way.pieces))


def _late() -> httpx2.ReadTimeout:
    return httpx2.ReadTimeout("timed out")


def _broken(way: Passage) -> httpx2.TransportError:
    """Return the error that httpx2 has for a connection that ends so."""
    if way.end is End.REFUSED:
        return httpx2.ConnectError(f"[Errno {errno.ECONNREFUSED}] {os.strerror(errno.ECONNREFUSED)}")
    if way.end is End.RESET:
        return httpx2.ReadError(f"[Errno {errno.ECONNRESET}] {os.strerror(errno.ECONNRESET)}")
    if way.head is None:
        return httpx2.RemoteProtocolError("Server disconnected without sending a response.")
    headers = dict(way.head)
    got, promised = sum(map(len, way.pieces)), headers.get(b"content-length")
    why = f"received {got} bytes, expected {int(promised)}" if promised is not None else "incomplete chunked read"
    return httpx2.RemoteProtocolError(f"peer closed connection without sending complete message body ({why})")
