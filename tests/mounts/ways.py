"""Ways to send a request to a mock: each mount with each library. All give the answer whole, as it came."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple
from urllib.parse import unquote

import aiohttp
import httpx
import httpx2
import requests
import yarl

from mockreel import MockProvider
from mockreel.domain.messages import Request

_OF_THE_CONNECTION = ("connection", "date", "keep-alive", "server")


class Ask(NamedTuple):
    """A request. `target` is a path with its query, as it stands on the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None = None


class Seen(NamedTuple):
    """An answer. Headers are in their order, names in lower case, those of the connection left out."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


Send = Callable[[Ask], Seen]
Way = Callable[[MockProvider], AbstractContextManager[tuple[str, Send]]]


@contextmanager
def engine(mock: MockProvider, origin: str) -> Iterator[tuple[str, Send]]:
    """Ask the engine itself, as if it were at `origin`: what all the others are held against."""

    def send(ask: Ask) -> Seen:
        path, _, query = ask.target.partition("?")
        headers = {name.lower().encode(): value.encode() for name, value in ask.headers.items()}
        answer = mock.handle(Request(ask.method, unquote(path), query.encode(), headers, ask.body or b"", origin))
        pairs = [*answer.headers, (b"content-length", b"%d" % len(answer.body))]
        return _seen(answer.status, _text(pairs), answer.body if ask.method != "HEAD" else b"")

    yield origin, send


def intercepted_sync(library: Any) -> Way:
    @contextmanager
    def way(mock: MockProvider) -> Iterator[tuple[str, Send]]:
        with mock.intercept(strict=False), library.Client() as http:
            yield _home(mock), _sync(http, _home(mock))

    return way


def intercepted_async(library: Any) -> Way:
    @contextmanager
    def way(mock: MockProvider) -> Iterator[tuple[str, Send]]:
        with mock.intercept(strict=False), _async(library.AsyncClient(), _home(mock)) as send:
            yield _home(mock), send

    return way


@contextmanager
def transport_sync(mock: MockProvider) -> Iterator[tuple[str, Send]]:
    with httpx2.Client(transport=mock.transport()) as http:
        yield _home(mock), _sync(http, _home(mock))


@contextmanager
def transport_async(mock: MockProvider) -> Iterator[tuple[str, Send]]:
    with _async(httpx2.AsyncClient(transport=mock.transport()), _home(mock)) as send:
        yield _home(mock), send


@contextmanager
def app(mock: MockProvider) -> Iterator[tuple[str, Send]]:
    with _async(httpx2.AsyncClient(transport=httpx2.ASGITransport(mock.app)), _home(mock)) as send:
        yield _home(mock), send


@contextmanager
def served_httpx2(mock: MockProvider) -> Iterator[tuple[str, Send]]:
    with mock.serve() as url, httpx2.Client(trust_env=False) as http:
        yield url, _sync(http, url)


@contextmanager
def served_requests(mock: MockProvider) -> Iterator[tuple[str, Send]]:
    with mock.serve() as url, requests.Session() as http:
        http.trust_env = False

        def send(ask: Ask) -> Seen:
            with http.request(ask.method, url + ask.target, headers=ask.headers, data=ask.body, timeout=10) as answer:
                return _seen(answer.status_code, list(answer.raw.headers.items()), answer.content)

        yield url, send


@contextmanager
def served_urllib(mock: MockProvider) -> Iterator[tuple[str, Send]]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with mock.serve() as url:

        def send(ask: Ask) -> Seen:
            asked = urllib.request.Request(url + ask.target, ask.body, ask.headers, method=ask.method)  # noqa: S310
            try:
                with opener.open(asked, timeout=10) as answer:
                    return _seen(answer.status, answer.headers.items(), answer.read())
            except urllib.error.HTTPError as error:
                with error:
                    return _seen(error.code, error.headers.items(), error.read())

        yield url, send


@contextmanager
def served_aiohttp(mock: MockProvider) -> Iterator[tuple[str, Send]]:
    with mock.serve() as url, asyncio.Runner() as runner:

        async def opened() -> aiohttp.ClientSession:
            return aiohttp.ClientSession()

        session = runner.run(opened())

        async def ask_it(ask: Ask) -> Seen:
            target = yarl.URL(url + ask.target, encoded=True)
            async with session.request(ask.method, target, headers=ask.headers, data=ask.body) as answer:
                return _seen(answer.status, _text(answer.raw_headers), await answer.read())

        try:
            yield url, lambda ask: runner.run(ask_it(ask))
        finally:
            runner.run(session.close())


WAYS: dict[str, Way] = {
    "intercept httpx sync": intercepted_sync(httpx),
    "intercept httpx async": intercepted_async(httpx),
    "intercept httpx2 sync": intercepted_sync(httpx2),
    "intercept httpx2 async": intercepted_async(httpx2),
    "transport sync": transport_sync,
    "transport async": transport_async,
    "app": app,
    "serve httpx2": served_httpx2,
    "serve requests": served_requests,
    "serve urllib": served_urllib,
    "serve aiohttp": served_aiohttp,
}


def _home(mock: MockProvider) -> str:
    """Return the URL of the provider's real host."""
    return next(service.contract.base_url for service in mock.engine.services.values())


def _sync(http: Any, origin: str) -> Send:
    def send(ask: Ask) -> Seen:
        answer = http.request(ask.method, origin + ask.target, headers=ask.headers, content=ask.body)
        return _seen(answer.status_code, _text(answer.headers.raw), answer.content)

    return send


@contextmanager
def _async(http: Any, origin: str) -> Iterator[Send]:
    async def ask_it(ask: Ask) -> Seen:
        answer = await http.request(ask.method, origin + ask.target, headers=ask.headers, content=ask.body)
        return _seen(answer.status_code, _text(answer.headers.raw), answer.content)

    with asyncio.Runner() as runner:
        try:
            yield lambda ask: runner.run(ask_it(ask))
        finally:
            runner.run(http.aclose())


def _text(pairs: Any) -> list[tuple[str, str]]:
    return [(name.decode("ascii"), value.decode("latin-1")) for name, value in pairs]


def _seen(status: int, headers: Any, body: bytes) -> Seen:
    told = [(name.lower(), value) for name, value in headers]
    return Seen(status, [pair for pair in told if pair[0] not in _OF_THE_CONNECTION], body)
