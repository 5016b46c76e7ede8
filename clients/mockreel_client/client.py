"""The client: a thin shell around flows."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mockreel_client import calls, drive, files, operations, waiting
from mockreel_client.access import access
from mockreel_client.clock import Clock, RealClock
from mockreel_client.download import download
from mockreel_client.drive import OnProgress
from mockreel_client.http import Exchange
from mockreel_client.requests import Query
from mockreel_client.retries import Retries
from mockreel_client.task import Task
from mockreel_client.telemetry import span
from mockreel_client.waiting import OnTimeout
from mockreel_contracts import Contract

if TYPE_CHECKING:
    import httpx2

Interval = float | tuple[float, float]
Place = str | os.PathLike[str]
DOWNLOAD_S = 600.0


class Client:
    """Creates tasks with a provider, waits for them, and fetches what they made.

    >>> with Client("kie", api_key="...") as client:
    >>>     task = client.run({"model": "hailuo/02-image-to-video-pro", "input": {"prompt": "...", "image_url": "..."}})
    >>>     client.download(task, "film.mp4")

    `provider` is the name of a contract (shipped, or in the folder `contracts`), or a Contract. Without `api_key` the
    environment is asked: MOCKREEL_API_KEY, then PROVIDER_API_KEY; without `base_url`, MOCKREEL_BASE_URL, then the
    contract. `timeout`, in seconds, is for connecting, for each read of an answer's headers and for its whole body.
    `retries` says how often a call is tried again where that is safe. `http_client` is an httpx2.Client of your own,
    which you close. `check=False` sends requests unchecked. `clock` and `chance` (numbers from 0 to 1) are for tests.

    Every method raises subclasses of ClientError, and ValueError for arguments that never do. Log: "mockreel_client".
    """

    def __init__(
        self,
        provider: str | Contract,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = 60.0,
        retries: int | Retries | None = None,
        http_client: httpx2.Client | None = None,
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
        self._exchange = Exchange(http_client, self._access.timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client {self._access.provider} at {self._access.base_url}>"

    def close(self) -> None:
        """Close the connections."""
        self._exchange.close()

    def create_task(self, body: Mapping[str, Any], *, retry_ambiguous: bool = False) -> Task:
        """Create a task from the whole body of the provider's request.

        Never sent twice where the first may have been carried out: that is an AmbiguousCreateError, unless
        `retry_ambiguous` accepts that a task may be made, and billed, more than once.
        """
        flow = calls.create_task(self._access, body, chance=self._chance, retry_ambiguous=retry_ambiguous)
        with span("create_task", self._access.provider):
            return drive.run(flow, self._exchange, self._clock)

    def get_task(self, task: Task | str) -> Task:
        """Ask for a task, by its id or as it was."""
        task_id = operations.id_of(task)
        with span("get_task", self._access.provider, task_id):
            flow = calls.get_task(self._access, task_id, chance=self._chance)
            return drive.run(flow, self._exchange, self._clock)

    def wait(
        self,
        task: Task | str,
        *,
        timeout: float | None = None,
        interval: Interval | None = None,
        on_timeout: OnTimeout = "raise",
        on_progress: OnProgress | None = None,
    ) -> Task:
        """Wait until a task has succeeded, and return it with the URLs of its results.

        `timeout` and `interval` (one, or the first and the greatest) are in seconds; by default the contract's.
        `on_progress` is called with the task at each change. Raises GenerationFailedError, WaitTimeoutError (after
        canceling the task where `on_timeout` is "cancel"), and UnexpectedAnswerError for a success without a result.
        However it ends, the task can be waited for again.
        """
        task_id = operations.id_of(task)
        patience = waiting.patience(self._access, timeout, interval, on_timeout)
        flow = waiting.wait(self._access, task, patience, chance=self._chance)
        with span("wait", self._access.provider, task_id):
            return drive.run(flow, self._exchange, self._clock, on_progress)

    def run(
        self,
        body: Mapping[str, Any],
        *,
        timeout: float | None = None,
        interval: Interval | None = None,
        on_timeout: OnTimeout = "raise",
        on_progress: OnProgress | None = None,
        retry_ambiguous: bool = False,
    ) -> Task:
        """Create a task and wait for it; see `create_task` and `wait`. `on_progress` is told the new task first."""
        patience = waiting.patience(self._access, timeout, interval, on_timeout)
        flow = operations.run(self._access, body, patience, chance=self._chance, retry_ambiguous=retry_ambiguous)
        with span("run", self._access.provider):
            return drive.run(flow, self._exchange, self._clock, on_progress)

    def iter_states(
        self, task: Task | str, *, timeout: float | None = None, interval: Interval | None = None
    ) -> Generator[Task, None, Task]:
        """Give a task at each change until it has ended, well or badly. Raises what `wait` raises for the rest."""
        operations.id_of(task)
        patience = waiting.patience(self._access, timeout, interval, "raise")
        flow = operations.states(self._access, task, patience, chance=self._chance)
        return drive.iterate(flow, self._exchange, self._clock)

    def list_tasks(self, query: Query | None = None, *, limit: int = 100) -> list[Task]:
        """List tasks, as many pages as it takes for `limit` of them. `query` has the provider's own parameters."""
        flow = calls.list_tasks(self._access, query or {}, limit, chance=self._chance)
        with span("list_tasks", self._access.provider):
            return drive.run(flow, self._exchange, self._clock)

    def cancel(self, task: Task | str) -> Task:
        """Cancel a task, and return what has become of it. Raises InvalidRequestError where it is too late."""
        task_id = operations.id_of(task)
        with span("cancel", self._access.provider, task_id):
            flow = calls.cancel(self._access, task_id, chance=self._chance)
            return drive.run(flow, self._exchange, self._clock)

    def credits(self) -> float:
        """Return the balance, in the provider's credits."""
        with span("credits", self._access.provider):
            return drive.run(calls.credits(self._access, chance=self._chance), self._exchange, self._clock)

    def download(self, source: Task | str, path: Place = ".", *, index: int = 0, timeout: float = DOWNLOAD_S) -> Path:
        """Fetch result `index` of a task, or the file at a URL, and return its path.

        `path` is a file, or a folder, where it is named after the task. It is there only when it is whole and is what
        it claims to be; a file of that name is replaced. `timeout` is for one attempt, in seconds. Raises
        DownloadError, ResultExpiredError for a URL that works no more, and OSError where no file can be written.
        """
        url, stem = operations.result_url(self._access, source, index)
        timeout_s = waiting.seconds("timeout", timeout)
        with span("download", self._access.provider), files.PartFile(files.folder_of(path)) as part:
            flow = download(self._access, source, url, part, timeout_s, chance=self._chance)
            content_type = drive.run(flow, self._exchange, self._clock)
            return part.keep(files.destination(path, url, stem, content_type))
