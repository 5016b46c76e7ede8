"""A client on each mount of the mock: in-process and on a real socket, sync and async, with the calls it makes counted.

The client waits on the mock's clock, so nobody waits but for a timeout on the socket.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx2

from mockreel import MockProvider
from mockreel_client import AsyncClient, Client
from mockreel_contracts import Contract, Operation, load

MOST_CALLS = 500  # of one run; more is a client that does not end


class Mount(NamedTuple):
    """How the mock is reached."""

    name: str
    is_socket: bool
    is_async: bool


IN_PROCESS = Mount("in-process", is_socket=False, is_async=False)
ON_SOCKET = Mount("socket", is_socket=True, is_async=False)
MOUNTS = (
    IN_PROCESS,
    Mount("in-process-async", is_socket=False, is_async=True),
    ON_SOCKET,
    Mount("socket-async", is_socket=True, is_async=True),
)


class EndlessError(BaseException):
    """The client made more calls than any run may take. No client may take it for an error of the network."""


@dataclass
class Calls:
    """The calls of one client by role; a result file's is `result`."""

    contract: Contract
    made: Counter[str] = field(default_factory=Counter)

    def count(self, request: httpx2.Request) -> None:
        """Count a request before it is sent."""
        self.made[self._role(request)] += 1
        if self.made.total() > MOST_CALLS:
            raise EndlessError(f"more than {MOST_CALLS} calls: {dict(self.made)}")

    async def count_async(self, request: httpx2.Request) -> None:
        """Like `count`."""
        self.count(request)

    def _role(self, request: httpx2.Request) -> str:
        for operation in self.contract.operations.values():
            if request.method == operation.method.upper() and _fits(operation, request.url.path):
                return str(operation.role)
        return "result"


class Rig:
    """A mock of one provider on one mount. Each run uses an API key of its own, so that none sees another."""

    def __init__(self, mock: MockProvider, provider: str, mount: Mount, url: str | None) -> None:
        self.mock = mock
        self.contract = load(provider)
        self.mount = mount
        self.url = url

    @contextmanager
    def client(self, key: str, *, timeout: float = 60.0) -> Iterator[tuple[Any, Calls]]:
        """Give a client, whose methods return when all is done on every mount, and the count of its calls."""
        calls = Calls(self.contract)
        made: dict[str, Any] = {"transport": None if self.mount.is_socket else self.mock.transport()}
        made |= {"trust_env": False, "verify": False}
        given: dict[str, Any] = {"api_key": key, "base_url": self.url, "timeout": timeout}
        given |= {"clock": self.mock.clock, "chance": random.Random(key).random}  # noqa: S311
        if not self.mount.is_async:
            with (
                httpx2.Client(**made, event_hooks={"request": [calls.count]}) as http,
                Client(self.contract, http_client=http, **given) as client,
            ):
                yield client, calls
            return
        with asyncio.Runner() as runner:
            http = httpx2.AsyncClient(**made, event_hooks={"request": [calls.count_async]})
            yield Awaited(AsyncClient(self.contract, http_client=http, **given), runner), calls
            runner.run(http.aclose())


class Awaited:
    """An AsyncClient that is called like a Client; `iter_states` gives a list."""

    def __init__(self, client: AsyncClient, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        async def collected(*arguments: Any, **options: Any) -> list[Any]:
            return [task async for task in method(*arguments, **options)]

        called = collected if name == "iter_states" else method
        return lambda *arguments, **options: self._runner.run(called(*arguments, **options))


@contextmanager
def rig(provider: str, mount: Mount = IN_PROCESS) -> Iterator[Rig]:
    """Set up a mock of a provider and serve it, if the mount is a socket."""
    with MockProvider(provider, seed=7, clock="manual") as mock:
        if not mount.is_socket:
            yield Rig(mock, provider, mount, None)
            return
        with mock.serve() as url:
            yield Rig(mock, provider, mount, url)


def _fits(operation: Operation, path: str) -> bool:
    wanted, got = operation.path.split("/"), path.split("/")
    return len(wanted) == len(got) and all(
        part.startswith("{") or part == given for part, given in zip(wanted, got, strict=True)
    )
