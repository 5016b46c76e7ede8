"""Answering calls to the providers' real hosts in this process: respx routes for httpx and httpx2, sync and async."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from inspect import Parameter, Signature
from types import ModuleType
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
import httpx2
import pytest_httpx2  # noqa: F401 - brings respx the mocker "httpcore2"
import respx
from respx.models import AllMockedAssertionError

from mockreel.domain.messages import Answer, Request
from mockreel.exchange import Responses, asked
from mockreel.unexpected import whose

LIBRARIES: tuple[tuple[str, ModuleType], ...] = (("httpcore", httpx), ("httpcore2", httpx2))
THIS_MACHINE = r"^https?://(localhost|127(\.\d+){3}|\[::1\])(:\d+)?([/?]|$)"
_in_loop: ContextVar[bool] = ContextVar("_in_loop", default=False)


class UnexpectedRequestError(AssertionError):
    """A request to a provider's host that no contract knows. The message says what is nearest to it."""


class Answering(Protocol):
    """What answers requests: `answer` is quick, `finish` may take its time."""

    def answer(self, request: Request) -> Answer:
        """Answer a request. Raises UnexpectedRequestError."""

    def finish(self, answer: Answer, request: Request) -> Answer:
        """Return an answer that can be sent."""


@contextmanager
def intercepting(hosts: Sequence[str], answering: Answering) -> Iterator[None]:
    """Answer what httpx and httpx2 send to `hosts` (URLs, of which scheme, host and port count) while this is entered.

    Calls to this machine go through; calls to others fail, unless another router of respx knows them. Of several that
    are entered the innermost counts, after the routers of respx that were there before. Raises ValueError for a host
    that is none.
    """
    lookups = [_lookups(host) for host in hosts]
    with ExitStack() as stack:
        for using, errors in LIBRARIES:
            router = _Router(hosts, using)
            respond = _Respond(answering, Responses(httpx, errors))
            for lookup in lookups:
                router.route(**lookup).mock(side_effect=respond)
            router.route(url__regex=THIS_MACHINE).pass_through()
            stack.enter_context(router)
        yield


class _Router(respx.MockRouter):
    """Tells its routes whether they may be awaited, and people what to do about other hosts, which respx does not."""

    def __init__(self, hosts: Sequence[str], using: str) -> None:
        super().__init__(using=using, assert_all_called=False)
        self.hosts = hosts

    def start(self) -> None:
        """Begin, before those of our routers that are there already."""
        super().start()
        routers = self._entered()
        routers.remove(self)
        ours = (place for place, router in enumerate(routers) if isinstance(router, _Router))
        routers.insert(next(ours, len(routers)), self)

    def handler(self, request: httpx.Request) -> httpx.Response:
        """Answer a request. Raises AllMockedAssertionError for another host."""
        try:
            return super().handler(request)
        except AllMockedAssertionError:
            raise self._elsewhere(request) from None

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """Answer a request. Raises AllMockedAssertionError for another host."""
        token = _in_loop.set(True)
        try:
            return await super().async_handler(request)
        except AllMockedAssertionError:
            raise self._elsewhere(request) from None
        finally:
            _in_loop.reset(token)

    def _entered(self) -> list[respx.Router]:
        return self.Mocker.routers if self.Mocker is not None else []

    def _elsewhere(self, request: httpx.Request) -> AllMockedAssertionError:
        hosts = [host for router in self._entered() if isinstance(router, _Router) for host in router.hosts]
        provider = whose(request.url.host)
        if provider is not None:
            todo = f'It is a host of {provider}, which no mock serves here: MockProvider("{provider}") does.'
        else:
            todo = (
                "If it is to be answered too, name it: mock.intercept(HOST), or hosts=[HOST] in the mockreel marker. "
                "If it is another service, give it a route of respx (respx_mock for httpx, httpx2_mock for httpx2)."
            )
        return AllMockedAssertionError(
            f"{request.method} {request.url.copy_with(query=None)} is for a host that no mock answers, and nothing "
            f"leaves this machine. Answered are {', '.join(dict.fromkeys(hosts))}. {todo}"
        )


class _Respond:
    """The side effect of a route."""

    __signature__ = Signature([Parameter("request", Parameter.POSITIONAL_ONLY)])  # respx looks it up on every call

    def __init__(self, answering: Answering, responses: Responses) -> None:
        self._answering = answering
        self._responses = responses

    def __call__(self, request: httpx.Request) -> httpx.Response | Coroutine[Any, Any, httpx.Response]:
        wanted = asked(request, request.content)
        answer = self._answering.answer(wanted)
        if _in_loop.get() and (answer.asset is not None or answer.waits_for is not None):
            return self._later(answer, wanted, request)
        return self._made(self._answering.finish(answer, wanted), request)

    async def _later(self, answer: Answer, wanted: Request, request: httpx.Request) -> httpx.Response:
        """Finish in a thread: the receiver of an early callback may live in this event loop."""
        from anyio import to_thread

        return self._made(await to_thread.run_sync(self._answering.finish, answer, wanted), request)

    def _made(self, answer: Answer, request: httpx.Request) -> httpx.Response:
        response: httpx.Response = self._responses.make(answer, request)
        return response


def _lookups(url: str) -> dict[str, Any]:
    parts = urlsplit(url if "//" in url else f"https://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"what is intercepted is a host, or a URL such as https://api.example.com; got {url!r}")
    lookups: dict[str, Any] = {"host": parts.hostname}
    if "//" in url:
        lookups["scheme"] = parts.scheme
    if parts.port is not None:
        lookups["port"] = parts.port
    return lookups
