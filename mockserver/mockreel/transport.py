"""The mock as a transport of httpx2, with no socket: the same answers, and the errors that a socket would give."""

from __future__ import annotations

from collections.abc import Callable

import httpx2

from mockreel.domain.messages import Answer, Request
from mockreel.exchange import Responses, asked

_RESPONSES = Responses(httpx2, httpx2)


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
        wanted = asked(request, request.read())
        response: httpx2.Response = _RESPONSES.make(self._finish(self._answer(wanted), wanted), request)
        return response

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request. Raises what httpx2 raises for a fault of the network."""
        wanted = asked(request, await request.aread())
        answer = self._answer(wanted)
        if answer.asset is not None or answer.waits_for is not None:
            from anyio import to_thread  # what httpx2 waits with itself

            answer = await to_thread.run_sync(self._finish, answer, wanted)
        response: httpx2.Response = _RESPONSES.make(answer, request)
        return response
