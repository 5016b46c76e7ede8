"""The client for event loops: the same thin shell around the same flows."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio.to_thread

from mockreel_client import calls, drive, files, operations, waiting
from mockreel_client.access import access
from mockreel_client.client import DOWNLOAD_S, Interval, Place
from mockreel_client.clock import Clock, RealClock
from mockreel_client.download import download
from mockreel_client.drive import OnProgress
from mockreel_client.http import AsyncExchange
from mockreel_client.requests import Query
from mockreel_client.retries import Retries
from mockreel_client.task import Task
from mockreel_client.telemetry import span
from mockreel_client.waiting import OnTimeout
from mockreel_contracts import Contract

if TYPE_CHECKING:
    import httpx2


class AsyncClient:
    """The same for an event loop, asyncio's or trio's: every method is a coroutine, and takes the same arguments.

    >>> async with AsyncClient("kie", api_key="...") as client:
    >>>     task = await client.run({"model": "...", "input": {...}})

    `http_client` is an httpx2.AsyncClient. `on_progress` may be a coroutine function.
    """

    def __init__(
        self,
        provider: str | Contract,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = 60.0,
        retries: int | Retries | None = None,
        http_client: httpx2.AsyncClient | None = None,
        check: bool = True,
        contracts: str | Path | None = None,
        profile: str | None = None,
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Raises ContractError for a provider that is not known, and ValueError for a setting that cannot be used."""
        self._access = access(
            provider,
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            retries=retries,
            check=check,
            contracts=contracts,
            profile=profile,
        )
        self._clock = clock or RealClock()
        self._chance = chance
        self._exchange = AsyncExchange(http_client, self._access.timeout_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncClient {self._access.provider} at {self._access.base_url}>"

    async def close(self) -> None:
        """Close the connections."""
        await self._exchange.close()

    async def create_task(self, body: Mapping[str, Any], *, retry_ambiguous: bool = False) -> Task:
        """See `Client.create_task`."""
        flow = calls.create_task(self._access, body, chance=self._chance, retry_ambiguous=retry_ambiguous)
        with span("create_task", self._access.provider):
            return await drive.run_async(flow, self._exchange, self._clock)

    async def get_task(self, task: Task | str) -> Task:
        """See `Client.get_task`."""
        task_id = operations.id_of(task)
        with span("get_task", self._access.provider, task_id):
            return await drive.run_async(
                calls.get_task(self._access, task_id, chance=self._chance), self._exchange, self._clock
            )

    async def wait(
        self,
        task: Task | str,
        *,
        timeout: float | None = None,
        interval: Interval | None = None,
        on_timeout: OnTimeout = "raise",
        on_progress: OnProgress | None = None,
    ) -> Task:
        """See `Client.wait`."""
        task_id = operations.id_of(task)
        patience = waiting.patience(self._access, timeout, interval, on_timeout)
        flow = waiting.wait(self._access, task, patience, chance=self._chance)
        with span("wait", self._access.provider, task_id):
            return await drive.run_async(flow, self._exchange, self._clock, on_progress)

    async def run(
        self,
        body: Mapping[str, Any],
        *,
        timeout: float | None = None,
        interval: Interval | None = None,
        on_timeout: OnTimeout = "raise",
        on_progress: OnProgress | None = None,
        retry_ambiguous: bool = False,
    ) -> Task:
        """See `Client.run`."""
        patience = waiting.patience(self._access, timeout, interval, on_timeout)
        flow = operations.run(self._access, body, patience, chance=self._chance, retry_ambiguous=retry_ambiguous)
        with span("run", self._access.provider):
            return await drive.run_async(flow, self._exchange, self._clock, on_progress)

    def iter_states(
        self, task: Task | str, *, timeout: float | None = None, interval: Interval | None = None
    ) -> AsyncGenerator[Task, None]:
        """See `Client.iter_states`."""
        operations.id_of(task)
        patience = waiting.patience(self._access, timeout, interval, "raise")
        flow = operations.states(self._access, task, patience, chance=self._chance)
        return drive.iterate_async(flow, self._exchange, self._clock)

    async def list_tasks(self, query: Query | None = None, *, limit: int = 100) -> list[Task]:
        """See `Client.list_tasks`."""
        flow = calls.list_tasks(self._access, query or {}, limit, chance=self._chance)
        with span("list_tasks", self._access.provider):
            return await drive.run_async(flow, self._exchange, self._clock)

    async def cancel(self, task: Task | str) -> Task:
        """See `Client.cancel`."""
        task_id = operations.id_of(task)
        with span("cancel", self._access.provider, task_id):
            return await drive.run_async(
                calls.cancel(self._access, task_id, chance=self._chance), self._exchange, self._clock
            )

    async def credits(self) -> float:
        """See `Client.credits`."""
        with span("credits", self._access.provider):
            return await drive.run_async(calls.credits(self._access, chance=self._chance), self._exchange, self._clock)

    async def download(
        self, source: Task | str, path: Place = ".", *, index: int = 0, timeout: float = DOWNLOAD_S
    ) -> Path:
        """See `Client.download`."""
        url, stem = operations.result_url(self._access, source, index)
        timeout_s = waiting.seconds("timeout", timeout)
        with span("download", self._access.provider), files.PartFile(files.folder_of(path)) as part:
            flow = download(self._access, source, url, part, timeout_s, chance=self._chance)
            content_type = await drive.run_async(flow, self._exchange, self._clock)
            # to disk (fsync) may take seconds, in which others are to run
            return await anyio.to_thread.run_sync(part.keep, files.destination(path, url, stem, content_type))
