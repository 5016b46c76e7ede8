"""A worker that waits for many films and blocks for none: each job does one step and says when to go on.

Celery, RQ or a table of your database take the place of `Queue`; the three jobs stay as they are.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockreel_client import (
    AmbiguousCreateError,
    Client,
    ClientError,
    Clock,
    ConnectionFailedError,
    DownloadError,
    MaintenanceError,
    RateLimitError,
    ResultExpiredError,
    ServerError,
    Task,
    UnexpectedAnswerError,
)

LOOK_EVERY_S, GIVE_UP_S, AGAIN_S, DOWNLOADS = 10.0, 1800.0, 60.0, 5
PUT_OFF = (RateLimitError, MaintenanceError, ConnectionFailedError)  # of a create: nothing was made
PASSING = (*PUT_OFF, ServerError, UnexpectedAnswerError)  # of a look, which costs nothing


@dataclass
class Film:
    """A row of your database. `status` is ordered, running, done, failed, or unclear: then a person has to look."""

    body: dict[str, Any]
    status: str = "ordered"
    task_id: str | None = None
    note: str = ""


@dataclass
class Queue:
    """Runs jobs at their time, those of one time in the order in which they came."""

    clock: Clock
    _jobs: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = field(default_factory=list)
    _count: int = 0

    def later(self, delay_s: float, job: Callable[..., None], *arguments: Any) -> None:
        """Run a job after `delay_s`."""
        self._count += 1
        heapq.heappush(self._jobs, (self.clock.now() + delay_s, self._count, job, arguments))

    def run(self) -> None:
        """Run jobs until there are none."""
        while self._jobs:
            at, _, job, arguments = heapq.heappop(self._jobs)
            self.clock.sleep(max(at - self.clock.now(), 0))
            job(*arguments)


class Worker:
    """The jobs. Make `client` with retries=0: the queue tries again, and nobody waits for it."""

    def __init__(self, client: Client, queue: Queue, folder: Path) -> None:
        self.client, self.queue, self.folder = client, queue, folder

    def order(self, film: Film) -> None:
        """Create the task, and note its id before anything else is done."""
        try:
            film.task_id = self.client.create_task(film.body).id
        except AmbiguousCreateError as error:
            film.status, film.note = "unclear", str(error)  # no machine orders it again: it may have been paid for
        except PUT_OFF as error:
            self.queue.later(getattr(error, "retry_after_s", None) or AGAIN_S, self.order, film)
        except ClientError as error:
            film.status, film.note = "failed", str(error)
        else:
            film.status = "running"
            self.queue.later(LOOK_EVERY_S, self.watch, film, film.task_id, self.queue.clock.now() + GIVE_UP_S)

    def watch(self, film: Film, task_id: str, until: float) -> None:
        """Look once. A worker that was stopped takes up its running films here."""
        try:
            task = self.client.get_task(task_id)
        except PASSING as error:
            film.note = str(error)
        except ClientError as error:
            film.status, film.note = "failed", str(error)
            return
        else:
            if task.phase == "succeeded":
                self.queue.later(0, self.fetch, film, task, DOWNLOADS)
                return
            if task.is_terminal:
                film.status, film.note = "failed", task.error_message or f"it has {task.phase}"
                return
        if self.queue.clock.now() < until:
            self.queue.later(LOOK_EVERY_S, self.watch, film, task_id, until)
        else:
            film.status, film.note = "unclear", f"task {task_id} has not ended"

    def fetch(self, film: Film, task: Task, tries: int) -> None:
        """Download what a task has made."""
        try:
            self.client.download(task, self.folder)
        except DownloadError as error:
            if tries > 1 and not isinstance(error, ResultExpiredError):
                self.queue.later(AGAIN_S, self.fetch, film, task, tries - 1)
            else:
                film.status, film.note = "unclear", str(error)
        else:
            film.status, film.note = "done", ""
