"""Passing a callback on to another server of this machine, byte for byte."""

from __future__ import annotations

import asyncio
import json

from mockreel.cli.received import MAX_BODY, Answer, Message
from mockreel.domain.callbacks.targets import Target

FORWARD_TIMEOUT_S = 30.0
JSON = (b"content-type", b"application/json")
_NOT_PASSED = frozenset(
    b"connection content-length expect host keep-alive proxy-authenticate proxy-authorization proxy-connection te "
    b"trailer transfer-encoding upgrade".split()
)


class Forward:
    """Passes callbacks on to one URL. A connection serves one call, so that none meets one that is being closed."""

    def __init__(self, target: Target) -> None:
        import httpx2

        self.url = target.url
        self._target = target
        self._http = httpx2
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._client = httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=None, limits=limits)

    async def __call__(self, message: Message, body: bytes) -> Answer:
        """Return the answer of the other side, 502 where there is none that can be passed back."""
        try:
            async with asyncio.timeout(FORWARD_TIMEOUT_S):
                return await self._post(message, body)
        except TimeoutError:
            problem = f"did not answer within {FORWARD_TIMEOUT_S:g} s"
        except asyncio.CancelledError:
            problem = "had not answered when the run ended"
        except (self._http.HTTPError, self._http.InvalidURL, OSError, ValueError) as error:
            problem = f"cannot be reached ({type(error).__name__}: {error})"
        return _no_gateway(self.url, problem)

    async def _post(self, message: Message, body: bytes) -> Answer:
        query = self._target.query.encode() or message.query
        line = self._target.path.encode() + (b"?" + query if query else b"")
        request = self._http.Request(
            "POST",
            self.url,
            headers=_passed(message),
            content=body,
            extensions={"target": line},  # as it came: a signature may cover the query
        )
        response = await self._client.send(request, stream=True)
        content = bytearray()
        try:
            async for piece in response.aiter_raw():
                content += piece
                if len(content) > MAX_BODY:
                    return _no_gateway(self.url, f"answered more than {MAX_BODY} bytes")
        finally:
            await response.aclose()
        if not 200 <= response.status_code <= 599:
            return _no_gateway(self.url, f"answered with the status {response.status_code}")
        kept = (b"content-type", b"content-encoding")
        headers = tuple((n.lower(), v) for n, v in response.headers.raw if n.lower() in kept and v.isascii())
        return Answer(response.status_code, bytes(content), headers, self.url)


def _passed(message: Message) -> list[tuple[bytes, bytes]]:
    """Return the headers that are meant for more than one connection."""
    named = b",".join(value for name, value in message.headers if name == b"connection").lower()
    dropped = _NOT_PASSED | {word.strip() for word in named.split(b",")}
    return [(name, value) for name, value in message.headers if name not in dropped]


def _no_gateway(url: str, problem: str) -> Answer:
    answer = refusal(502, "not_forwarded")
    return Answer(answer.status, answer.body, answer.headers, url, problem)


def refusal(status: int, reason: str, *headers: tuple[bytes, bytes]) -> Answer:
    """Return an answer that says that a callback was not received, and why."""
    return Answer(status, json.dumps({"received": False, "reason": reason}).encode(), (JSON, *headers))
