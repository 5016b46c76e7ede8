"""Which tasks change next, so that moving time looks only at these."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mockreel.domain.limits import NEVER_MS
from mockreel.domain.task import Task
from mockreel.domain.timeline import Timeline


class Agenda:
    """The tasks of a provider whose state can still change, oldest first, and when each does so by itself."""

    __slots__ = ("_next_ms", "_unread")

    def __init__(self) -> None:
        self._unread: list[Task] = []  # made since time was moved last: a pending task costs no more than its place
        self._next_ms: dict[Task, int] = {}

    def add(self, task: Task) -> None:
        """Take in a new task."""
        self._unread.append(task)

    def touch(self, task: Task) -> None:
        """A task has moved otherwise than by time: when it changes next is to be read anew."""
        if task in self._next_ms:
            self._next_ms[task] = 0

    def forget(self, tasks: Collection[Task]) -> None:
        """Leave out tasks that a reset has removed."""
        gone = set(tasks)
        self._unread = [task for task in self._unread if task not in gone]
        for task in gone:
            self._next_ms.pop(task, None)

    def turn(self, until_ms: int) -> Iterator[tuple[Task, Timeline]]:
        """Give every task that may have changed up to `until_ms`, oldest first, with its timeline as of then.

        A task that has come to its end is not given again.
        """
        self._next_ms.update(dict.fromkeys(self._unread, 0))
        self._unread.clear()
        for task in [task for task, next_ms in self._next_ms.items() if next_ms <= until_ms]:
            line = task.timeline(until_ms)
            if line[-1].start_ms <= until_ms and line[-1].state.phase.is_terminal:
                del self._next_ms[task]
            else:
                self._next_ms[task] = _next_ms(task, line, until_ms)
            yield task, line


def _next_ms(task: Task, line: Timeline, now_ms: int) -> int:
    """Return when a task changes next by itself; NEVER_MS if it does not."""
    if task.looks is not None and task.course.expiry is not None:
        return task.created_ms + task.course.expiry[0]
    return next((step.start_ms for step in line if step.start_ms > now_ms), NEVER_MS)
