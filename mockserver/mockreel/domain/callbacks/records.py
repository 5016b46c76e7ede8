"""Every callback that is known, and how many there are of each status."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from mockreel.domain.callbacks.callback import Callback, Outcome, Outgoing, Status, Stream, shown
from mockreel.domain.journal import Delivery, Journal, fingerprint
from mockreel.domain.masking import KEPT_TEXT
from mockreel.domain.task import Task
from mockreel_contracts.callback import CallbackEvent

KEPT_DELIVERED = 10_000  # callbacks that were taken; those that were not are all kept
KEPT_REFUSED = 10_000  # URLs that may not be called: the create says so, and the task when it is asked


class Records:
    """Callbacks by id. Of those that were taken, and of those refused, the last 10,000 are kept.

    `dropped` counts the others; those that nobody took are all kept.
    """

    def __init__(self, journal: Journal) -> None:
        self.on_trouble: Callable[[Callback], None] | None = None
        self.counts = dict.fromkeys(Status, 0)
        self.dropped = 0
        self._journal = journal
        self._made = 0
        self._open: dict[str, Callback] = {}
        self._delivered: dict[str, Callback] = {}
        self._refused: dict[str, Callback] = {}
        self._troubled: dict[str, Callback] = {}

    def __iter__(self) -> Iterator[Callback]:
        """Go through the callbacks, oldest first."""
        return iter(sorted(chain(*self._tables()), key=_number))

    def of_task(self, task: Task) -> list[Callback]:
        """Return the callbacks of a task, oldest first."""
        return sorted((callback for callback in chain(*self._tables()) if callback.task is task), key=_number)

    def find(self, callback_id: str) -> Callback | None:
        """Return a callback by its id."""
        for table in (self._open, self._delivered, self._refused, self._troubled):
            if callback_id in table:
                return table[callback_id]
        return None

    def knows(self, callback: Callback) -> bool:
        """Whether a callback has not been forgotten (its id may stand for another by now)."""
        return self.find(callback.id) is callback

    def make(self, stream: Stream, event: CallbackEvent, state: str, at_ms: int, note: str = "") -> Callback:
        """Take in a callback that is on its way."""
        self._made += 1
        made = Callback(f"cb-{self._made}", stream, event, state, at_ms, note)
        self._open[made.id] = made
        self.counts[made.status] += 1
        return made

    def set(self, callback: Callback, status: Status) -> None:
        """Give a callback another status."""
        self.counts[callback.status] -= 1
        self.counts[status] += 1
        callback.status = status

    def end(self, callback: Callback, status: Status, note: str = "") -> None:
        """Move a callback to where it is kept, and say so loudly when it was not taken."""
        self._open.pop(callback.id, None)
        self._troubled.pop(callback.id, None)
        self.set(callback, status)
        callback.note = note or callback.note
        if status is Status.DELIVERED:
            self._keep(callback, self._delivered, KEPT_DELIVERED)
        elif status is Status.REFUSED:
            self._keep(callback, self._refused, KEPT_REFUSED)
        else:
            self._troubled[callback.id] = callback
        if self.on_trouble is not None and status in (Status.UNDELIVERED, Status.REFUSED):
            self.on_trouble(callback)

    def _keep(self, callback: Callback, table: dict[str, Callback], most: int) -> None:
        table[callback.id] = callback
        if len(table) > most:
            del table[next(iter(table))]
            self.counts[callback.status] -= 1
            self.dropped += 1

    def correct(self, callback: Callback) -> None:
        """A callback that was not taken has been sent again by hand, and was taken."""
        if callback.id in self._troubled:
            self.end(callback, Status.DELIVERED, "sent again by hand")

    def clear(self, key: str | None) -> None:
        """Forget the callbacks of one API key, or all."""
        for table in (self._open, self._delivered, self._refused, self._troubled):
            for callback in [c for c in table.values() if key in (None, c.task.sandbox.key)]:
                del table[callback.id]
                self.counts[callback.status] -= 1
        if key is None:
            self._made = self.dropped = 0

    def journal(self, outgoing: Outgoing, outcome: Outcome, now_ms: int) -> Delivery:
        """Write an attempt into the journal, unless its callback has been forgotten; returns what was written."""
        callback = outgoing.callback
        is_known, masking = self.knows(callback), callback.service.masking
        delivery = Delivery(
            self._journal.next_seq() if is_known else 0,
            now_ms,
            callback.service.contract.provider,
            callback.id,
            fingerprint(callback.task.sandbox.key),
            callback.task.id,
            callback.state,
            shown(callback.url),
            len(callback.attempts),
            masking.body(outgoing.body),
            outcome.status,
            outcome.problem[:KEPT_TEXT],
            outcome.latency_ms,
            masking.body(outcome.body),
            outgoing.stream.faults,
            outgoing.headers,
        )
        if is_known:
            self._journal.add(delivery)
        return delivery

    def _tables(self) -> tuple[Iterator[Callback], ...]:
        return tuple(iter(table.values()) for table in (self._open, self._delivered, self._refused, self._troubled))


def _number(callback: Callback) -> int:
    return int(callback.id[3:])
