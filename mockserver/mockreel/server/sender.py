"""Sends callbacks over HTTP, to allowed addresses only."""

from __future__ import annotations

import asyncio
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
            raise OSError(f"{host} is {', '.join(addresses[:4])}, which is not allowed; see --allow-host")
        return [_address(host, address, port) for address in admitted]

    async def close(self) -> None:
        """Nothing is held."""


class Sender:
    """An HTTP session for callbacks: no redirects, no cookies, no proxies, bounded answers."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, resolver=Resolver(self._policy), use_dns_cache=False, keepalive_timeout=KEEP_ALIVE_S
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=("Accept", "Accept-Encoding"),
        )
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._session.close()

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Make an attempt. Whatever the receiver does comes back as an outcome; nothing is raised."""
        started = time.perf_counter()
        status, problem, content = 0, "", b""
        try:
            status, content = await self._post(outgoing)
        except TimeoutError:
            problem = f"no answer within {outgoing.timeout_ms / 1000:g} s"
        except aiohttp.ServerDisconnectedError:
            problem = "the receiver closed the connection without an answer"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
        return Outcome(status, problem, round((time.perf_counter() - started) * 1000), content)

    async def _post(self, outgoing: Outgoing) -> tuple[int, bytes]:
        url = _url(outgoing.target)
        headers = CIMultiDict(outgoing.headers)
        headers["User-Agent"] = USER_AGENT
        data: Any = outgoing.body
        if outgoing.dribble_ms:
            headers["Content-Length"] = str(len(outgoing.body))
            data = _dribbled(outgoing.body, outgoing.dribble_ms / 1000)
        timeout = _timeout(outgoing.timeout_ms)
        async with self._session.post(
            url, data=data, headers=headers, allow_redirects=False, timeout=timeout
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
