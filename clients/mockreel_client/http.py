"""The only file that knows the HTTP library: requests out, answers in, sync and async alike."""

from __future__ import annotations

import anyio
import httpx2

from mockreel_client.clock import RealClock
from mockreel_client.effects import Fetch, Lost, Received, Send

_CLOCK = RealClock()  # that of the connections, also where a client waits on another
MAX_ANSWER = 10 * 1024 * 1024  # bytes
_HEADERS = 2  # times the timeout of a call: one to find a connection, one for the headers
_UNSENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
)
"""What is raised before anything is sent. LocalProtocolError is not: with HTTP/2 it may be about the answer."""
_FAILURES = (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, UnicodeError)
"""What may come of a request; UnicodeError is about host names that the resolver cannot write."""


class Exchange:
    """Carries requests out with a client of httpx2. One that was handed in is not closed.

    `timeout_s` is for each of: to find a connection, to make one, to send, each read of the headers, the whole body.
    """

    def __init__(self, client: httpx2.Client | None, timeout_s: float) -> None:
        """Raises ValueError for anything but an httpx2.Client."""
        if client is not None and not isinstance(client, httpx2.Client):
            raise ValueError(f"http_client is an httpx2.Client; got a {_named(client)}")
        self._is_own = client is None
        self._client = client or httpx2.Client()
        self._timeout_s = timeout_s

    def close(self) -> None:
        """Close the connections."""
        if self._is_own:
            self._client.close()

    def send(self, wanted: Send) -> Received | Lost:
        """Send a request and read the answer."""
        body = _Body(self._timeout_s, MAX_ANSWER)
        try:
            with self._client.stream(
                wanted.method,
                wanted.url,
                headers=wanted.headers,
                content=wanted.content or None,
                timeout=self._timeout_s,
                follow_redirects=False,
            ) as response:
                for chunk in response.iter_bytes():
                    body.add(chunk)
                return _received(response, body.whole())
        except _FAILURES as error:
            return _lost(error)
        except _StoppedError as stopped:
            return Lost(str(stopped), True)

    def fetch(self, wanted: Fetch) -> Received | Lost:
        """Read a file into its sink."""
        response, body = None, _Body(wanted.timeout_s, None)
        try:
            with self._client.stream(
                "GET", wanted.url, headers=wanted.headers, timeout=self._timeout_s, follow_redirects=False
            ) as response:
                if _begin(response, wanted):
                    for chunk in response.iter_bytes():
                        wanted.sink.write(chunk)
                        body.check()
                return _received(response, b"")
        except (*_FAILURES, _StoppedError) as error:
            return _received(response, b"", cut=_told(error)) if response is not None else _lost(error)


class AsyncExchange:
    """The same for an event loop, with an httpx2.AsyncClient.

    It also gives up on headers that come without an end, one by one or as interim answers (103), after twice the time.
    """

    def __init__(self, client: httpx2.AsyncClient | None, timeout_s: float) -> None:
        """Raises ValueError for anything but an httpx2.AsyncClient."""
        if client is not None and not isinstance(client, httpx2.AsyncClient):
            raise ValueError(f"http_client is an httpx2.AsyncClient; got a {_named(client)}")
        self._is_own = client is None
        self._client = client or httpx2.AsyncClient()
        self._timeout_s = timeout_s

    async def close(self) -> None:
        """Close the connections."""
        if self._is_own:
            await self._client.aclose()

    async def send(self, wanted: Send) -> Received | Lost:
        """Send a request and read the answer."""
        with anyio.move_on_after(_HEADERS * self._timeout_s):
            return await self._send(wanted)
        return Lost(f"no answer within {_HEADERS * self._timeout_s:g} s", True)

    async def fetch(self, wanted: Fetch) -> Received | Lost:
        """Read a file into its sink."""
        most_s = wanted.timeout_s + _HEADERS * self._timeout_s
        with anyio.move_on_after(most_s):
            return await self._fetch(wanted)
        return Lost(f"no whole file within {most_s:g} s", True)

    async def _send(self, wanted: Send) -> Received | Lost:
        body = _Body(self._timeout_s, MAX_ANSWER)
        try:
            async with self._client.stream(
                wanted.method,
                wanted.url,
                headers=wanted.headers,
                content=wanted.content or None,
                timeout=self._timeout_s,
                follow_redirects=False,
            ) as response:
                async for chunk in response.aiter_bytes():
                    body.add(chunk)
                return _received(response, body.whole())
        except _FAILURES as error:
            return _lost(error)
        except _StoppedError as stopped:
            return Lost(str(stopped), True)

    async def _fetch(self, wanted: Fetch) -> Received | Lost:
        response, body = None, _Body(wanted.timeout_s, None)
        try:
            async with self._client.stream(
                "GET", wanted.url, headers=wanted.headers, timeout=self._timeout_s, follow_redirects=False
            ) as response:
                if _begin(response, wanted):
                    async for chunk in response.aiter_bytes():
                        wanted.sink.write(chunk)
                        body.check()
                return _received(response, b"")
        except (*_FAILURES, _StoppedError) as error:
            return _received(response, b"", cut=_told(error)) if response is not None else _lost(error)


class _StoppedError(Exception):
    """We have stopped reading."""


class _Body:
    """What has been read of an answer, and how much longer and larger it may become."""

    def __init__(self, timeout_s: float, most: int | None) -> None:
        self._chunks: list[bytes] = []
        self._size = 0
        self._most = most
        self._timeout_s = timeout_s
        self._until = _CLOCK.now() + timeout_s  # a trickle keeps every single read within its timeout

    def add(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._size += len(chunk)
        if self._most is not None and self._size > self._most:
            raise _StoppedError(f"the answer is larger than {self._most} bytes")
        self.check()

    def check(self) -> None:
        if _CLOCK.now() > self._until:
            raise _StoppedError(f"no whole answer within {self._timeout_s:g} s")

    def whole(self) -> bytes:
        return b"".join(self._chunks)


def _begin(response: httpx2.Response, wanted: Fetch) -> bool:
    """Make the sink ready, and return whether a file comes. Raises _StoppedError for a part that does not fit."""
    at = wanted.begin(response.status_code, _headers(response))
    if at is None:
        return False
    if at > wanted.sink.size:
        raise _StoppedError(f"a part came that begins at byte {at}; asked was for {wanted.sink.size}")
    wanted.sink.begin(at)
    return True


def _received(response: httpx2.Response, body: bytes, *, cut: str = "") -> Received:
    return Received(response.status_code, _headers(response), body, cut)


def _headers(response: httpx2.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _lost(error: Exception) -> Lost:
    return Lost(_told(error), not isinstance(error, _UNSENT))


def _told(error: Exception) -> str:
    if isinstance(error, _StoppedError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _named(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
