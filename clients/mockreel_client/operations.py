"""What a client can do, as flows: what the sync and the async client share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockreel_client import calls, waiting
from mockreel_client.access import Access
from mockreel_client.answers import is_link
from mockreel_client.calls import Chance
from mockreel_client.effects import Flow, Seen
from mockreel_client.errors import DownloadError
from mockreel_client.task import Task
from mockreel_client.waiting import Patience


def run(
    access: Access, body: Mapping[str, Any], patience: Patience, *, chance: Chance, retry_ambiguous: bool
) -> Flow[Task]:
    """Create a task and wait for it."""
    task = yield from calls.create_task(access, body, chance=chance, retry_ambiguous=retry_ambiguous)
    with waiting.resumable(access, task.id):
        yield Seen(task)
    return (yield from waiting.wait(access, task, patience, chance=chance))


def states(access: Access, known: Task | str, patience: Patience, *, chance: Chance) -> Flow[Task]:
    """See what is known of a task, and then every change until its end."""
    if isinstance(known, Task) and known.state is not None:
        yield Seen(known)
    return (yield from waiting.states(access, known, patience, chance=chance))


def result_url(access: Access, source: Task | str, index: int) -> tuple[str, str]:
    """Return the URL of a result, and the stem of a file name. Raises DownloadError where there is no such result."""
    if isinstance(source, str):
        if not is_link(source):
            raise ValueError(f"a result is a Task or a URL (http or https); got {source!r:.200}")
        return source, "result"
    if not isinstance(source, Task):
        raise ValueError(f"a result is a Task or a URL; got a {type(source).__name__}")
    if isinstance(index, bool) or not isinstance(index, int):
        raise ValueError(f"index is the number of a result, from 0; got {index!r}")
    stem = source.id if index == 0 else f"{source.id}-{index}"
    if not 0 <= index < len(source.urls):
        count = len(source.urls)
        text = f"task {source.id} ({source.state}) has {count} result{'s'[: count != 1]}; asked was for number {index}"
        raise DownloadError(text, provider=access.provider, task=source)
    return source.urls[index], stem


def id_of(task: Task | str) -> str:
    """Return the id of a task. Raises ValueError for what is none."""
    if isinstance(task, Task):
        return task.id
    if not isinstance(task, str) or not task.strip() or task in (".", ".."):  # URLs leave dots out
        raise ValueError(f"task is a Task or the id of one; got {task!r}")
    return task
