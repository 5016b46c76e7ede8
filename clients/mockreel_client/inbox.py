"""Which callbacks to act on: providers repeat them, and they overtake each other."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Literal

from mockreel_client.events import CallbackEvent
from mockreel_contracts import Phase

Verdict = Literal["new", "duplicate", "outdated"]

_MAX_STATES = 32  # remembered of one task; no provider has as many
_UNKNOWN, _TERMINAL = -1, 2


class CallbackInbox:
    """Remembers, in this process, which events came.

    >>> if inbox.take(event) == "new": fulfil(event)

    Several processes need a place of their own for this, such as a database with a unique key on `event.key`.
    """

    def __init__(self, *, max_tasks: int = 10_000) -> None:
        """Remember at most `max_tasks` tasks; of more, those longest without a callback are forgotten."""
        if max_tasks < 1:
            raise ValueError(f"max_tasks is a number from 1; got {max_tasks!r}")
        self._max_tasks = max_tasks
        self._ranks: OrderedDict[tuple[str, str], dict[str, int]] = OrderedDict()  # by task: state -> how far
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._ranks)

    def take(self, event: CallbackEvent) -> Verdict:
        """Remember an event and say what it is.

        `duplicate`: this task has come to this state before. `outdated`: it has ended in another state, or is further
        than this already. A state of unknown phase is outdated only once the task has ended.
        """
        task, rank = (event.provider, event.task_id), _rank(event.phase)
        with self._lock:
            ranks = self._ranks.setdefault(task, {})
            self._ranks.move_to_end(task)
            if event.state in ranks:
                return "duplicate"
            furthest = max(ranks.values(), default=_UNKNOWN)
            if furthest == _TERMINAL or _UNKNOWN < rank < furthest or len(ranks) >= _MAX_STATES:
                return "outdated"
            ranks[event.state] = rank
            while len(self._ranks) > self._max_tasks:
                self._ranks.popitem(last=False)
            return "new"

    def forget(self, event: CallbackEvent) -> None:
        """Take an event back that could not be acted on, so that the provider's next attempt is new again."""
        task = (event.provider, event.task_id)
        with self._lock:
            ranks = self._ranks.get(task, {})
            ranks.pop(event.state, None)
            if not ranks:
                self._ranks.pop(task, None)


def _rank(phase: Phase | None) -> int:
    if phase is None:
        return _UNKNOWN
    return _TERMINAL if phase.is_terminal else 1 if phase is Phase.RUNNING else 0
