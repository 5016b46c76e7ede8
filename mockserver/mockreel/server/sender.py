"""Sends callbacks over HTTP, to allowed addresses only."""

from __future__ import annotations

import asyncio
import errno
import math
import socket
import time
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDict
from yarl import URL

from mockreel.domain.callbacks.callback import Outcome, Outgoing
from mockreel.domain.callbacks.targets import Policy, Target
from mockreel.server.guard import USER_AGENT

MAX_ANSWER = 64 * 1024  # bytes of an answer that are read
KEEP_ALIVE_S = 1.0  # shorter than receivers keep a connection, so that no request meets one that is being closed
KEPT_FOR_S = 0.2  # after which a connection that is still open is one that the receiver keeps
KNOWN_RECEIVERS = 10_000
PIECES = 10


class Resolver(AbstractResolver):
    """Looks allowed names up and lets through only the addresses that the policy admits; the connection uses these."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002
    ) -> list[ResolveResult]:
        """Return the admitted addresses. Raises OSError when there is none."""
        if host == "localhost":  # never looked up
            return [_address(host, "127.0.0.1", port), _address(host, "::1", port)]
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        admitted = [address for address in addresses if self._policy.admits(host, address)]
        if not admitted:
            raise OSError(errno.EACCES, f"{host} is {', '.join(addresses[:4])}, which is not allowed; see --allow-host")
        return [_address(host, address, port) for address in admitted]

    async def close(self) -> None:
        """Nothing is held."""


class Habit:
    """Whether a receiver keeps its connections.

    A connection that the receiver closes just as it is used again loses the callback, and to send it again could
    deliver it twice. So connections are used again only with a receiver that has been seen to keep one for a while.
    """

    __slots__ = ("is_keeping", "probe_at")

    def __init__(self) -> None:
        self.is_keeping = False
        self.probe_at = 0.0  # when a connection that was kept may be tried; by the performance counter


class Sender:
    """HTTP sessions for callbacks: no redirects, no cookies, no proxies, bounded answers."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._habits: dict[str, Habit] = {}

    async def __aenter__(self) -> Self:
        kept = self._connector(keepalive_timeout=KEEP_ALIVE_S)
        trace = aiohttp.TraceConfig()
        trace.on_connection_reuseconn.append(_note_reuse)
        self._kept = _session(kept)
        self._probing = _session(kept, connector_owner=False, trace_configs=[trace])
        self._fresh = _session(self._connector(force_close=True))
        return self

    async def __aexit__(self, *_error: object) -> None:
        for session in (self._probing, self._fresh, self._kept):
            await session.close()

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Make an attempt. Whatever the receiver does comes back as an outcome; nothing is raised."""
        started = time.perf_counter()
        status, problem, content = 0, "", b""
        habit = self._habit(outgoing.target.receiver)
        try:
            if habit.is_keeping:
                status, content = await self._post(outgoing, self._kept)
            elif started >= habit.probe_at:
                habit.probe_at = math.inf  # one at a time
                habit.is_keeping, status, content = await self._probe(outgoing)
            else:
                status, content = await self._post(outgoing, self._fresh)
        except TimeoutError:
            problem = f"no answer within {outgoing.timeout_ms / 1000:g} s"
        except aiohttp.ServerDisconnectedError:
            problem = "the receiver closed the connection without an answer"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
        if problem:
            habit.is_keeping = False
        if habit.probe_at == math.inf:
            habit.probe_at = time.perf_counter() + KEPT_FOR_S
        return Outcome(status, problem, round((time.perf_counter() - started) * 1000), content)

    def _habit(self, receiver: str) -> Habit:
        habit = self._habits.get(receiver)
        if habit is None:
            habit = self._habits[receiver] = Habit()
            if len(self._habits) > KNOWN_RECEIVERS:
                del self._habits[next(iter(self._habits))]
        return habit

    async def _probe(self, outgoing: Outgoing) -> tuple[bool, int, bytes]:
        """Post over a connection that was kept, if there is one; say whether there was."""
        reused: list[bool] = []
        status, content = await self._post(outgoing, self._probing, reused)
        return bool(reused), status, content

    async def _post(
        self, outgoing: Outgoing, session: aiohttp.ClientSession, reused: list[bool] | None = None
    ) -> tuple[int, bytes]:
        url = _url(outgoing.target)
        headers = CIMultiDict(outgoing.headers)
        headers["User-Agent"] = USER_AGENT
        data: Any = outgoing.body
        if outgoing.dribble_ms:
            headers["Content-Length"] = str(len(outgoing.body))
            data = _dribbled(outgoing.body, outgoing.dribble_ms / 1000)
        timeout = _timeout(outgoing.timeout_ms)
        async with session.post(
            url, data=data, headers=headers, allow_redirects=False, timeout=timeout, trace_request_ctx=reused
        ) as response:
            content = b""
            while len(content) < MAX_ANSWER:
                piece = await response.content.read(MAX_ANSWER - len(content))
                if not piece:
                    break
                content += piece
            else:
                response.close()  # the rest is not wanted
            return response.status, content

    def _connector(self, **options: Any) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(limit=0, resolver=Resolver(self._policy), use_dns_cache=False, **options)


def _session(connector: aiohttp.TCPConnector, **options: Any) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        skip_auto_headers=("Accept", "Accept-Encoding"),
        **options,
    )


async def _note_reuse(_session: aiohttp.ClientSession, context: Any, _params: Any) -> None:
    context.trace_request_ctx.append(True)


@lru_cache(maxsize=1024)
def _url(target: Target) -> URL:
    url = URL(target.url, encoded=True)
    if url.host != target.host or url.port != target.port:
        raise ValueError("the URL can be read in two ways")
    return url


@lru_cache(maxsize=64)
def _timeout(timeout_ms: int) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=timeout_ms / 1000)


async def _dribbled(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    size = max(len(body) // PIECES, 1)
    for start in range(0, len(body), size):
        yield body[start : start + size]
        await asyncio.sleep(seconds / PIECES)


def _address(name: str, host: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return ResolveResult(hostname=name, host=host, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
