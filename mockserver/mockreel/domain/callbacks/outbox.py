"""When each callback is due, and what follows from its answer. Pure: a shell sends and reports."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mockreel.domain.callbacks.callback import KEPT_ATTEMPTS, Attempt, Callback, Outcome, Outgoing, Status, Stream
from mockreel.domain.callbacks.lanes import Lanes
from mockreel.domain.callbacks.message import SecretOf, Writer
from mockreel.domain.callbacks.records import Records
from mockreel.domain.callbacks.targets import Policy, nowhere
from mockreel.domain.callbacks.twist import PLAIN, Twist
from mockreel.domain.dice import Dice
from mockreel.domain.journal import Delivery, Journal
from mockreel.domain.masking import KEPT_TEXT
from mockreel.domain.task import Task
from mockreel_contracts.callback import CallbackEvent

if TYPE_CHECKING:
    from mockreel.domain.service import Service

NO_EVENT = CallbackEvent("", "", ())


class Outbox:
    """The callbacks of every task; `records` has them all.

    The callbacks of one task go out one after the other; tasks do not wait for each other. `on_due` is called when
    something is due earlier than anything before.
    """

    def __init__(
        self, *, policy: Policy, dice: Dice, journal: Journal, secret_of: SecretOf, speed: float, in_order: bool
    ) -> None:
        self.policy = policy
        self.on_due: Callable[[], None] | None = None
        self.records = Records(journal)
        self._writer = Writer(dice, secret_of)
        self._speed = speed
        self._lanes = Lanes(in_order=in_order)
        self._in_order = in_order
        self._streams: dict[Task, Stream] = {}
        self._due: list[tuple[int, int, Stream]] = []
        self._tickets = 0
        self.begun = 0  # attempts, since everything was forgotten

    # -- what the engine tells -----------------------------------------------------------------------------------------

    def watch(
        self,
        service: Service,
        task: Task,
        url: str,
        origin: str,
        now_ms: int,
        twist: Twist = PLAIN,
        faults: tuple[str, ...] = (),
    ) -> str:
        """Call `url` when the contract says so; returns what was decided, in words. `faults` made the twist."""
        rules = service.contract.callback
        if rules is None:
            return "this provider calls nobody back"
        target = self.policy.judge(url)
        if isinstance(target, str):
            refused = Stream(service, rules, task, nowhere(url[:KEPT_TEXT]), origin, twist)
            self.records.end(self.records.make(refused, NO_EVENT, "", task.created_ms), Status.REFUSED, target)
            return f"callbacks refused: {target}"
        stream = self._streams[task] = Stream(service, rules, task, target, origin, twist)
        stream.faults = faults
        self._plan(stream, now_ms)
        return f"callbacks go to {target.receiver}"

    def early(self, task: Task) -> Stream | None:
        """Return the stream of a task whose first callback is to arrive before its create is answered."""
        stream = self._streams.get(task)
        return stream if stream is not None and self._is_early(stream) else None

    def first(self, stream: Stream, now_ms: int) -> Outgoing | None:
        """Start the first callback of an early stream, beside the places of its receiver."""
        if stream.index or self._streams.get(stream.task) is not stream:
            return None
        return self._written(self._begin(stream, now_ms), stream, now_ms, has_place=False)

    def _is_early(self, stream: Stream) -> bool:
        """Whether the next event of a stream is the first, and is to be told at once."""
        twist, planned = stream.twist, stream.planned
        if not twist.early or twist.lose or stream.index or planned is None:
            return False
        is_last = stream.service.contract.lifecycle.states[planned[1]].phase.is_terminal
        return is_last or not twist.hold

    def touch(self, task: Task, now_ms: int) -> None:
        """A task has moved otherwise than by time: look anew for what is due."""
        stream = self._streams.get(task)
        if stream is None or stream.callback is not None:
            return
        if stream.is_queued:
            stream.planned = self._next_event(stream, now_ms)
        else:
            self._plan(stream, now_ms)

    def clear(self, key: str | None = None) -> None:
        """Forget the callbacks of one API key, or all. What is under way comes to nothing."""
        for task in [task for task in self._streams if key in (None, task.sandbox.key)]:
            del self._streams[task]
        self.records.clear(key)
        if key is None:
            self.begun = 0

    def abandon(self) -> None:
        """Nothing is under way any more, and nothing of it will be reported."""
        self._lanes = Lanes(in_order=self._in_order)

    # -- what the sender asks ------------------------------------------------------------------------------------------

    def next_due_ms(self) -> int | None:
        """Return when the next callback is due; in the past when one is waiting to be sent; None when none will be."""
        if self._lanes:
            return 0
        while self._due and not self._is_valid(self._due[0]):
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def start(self, now_ms: int) -> Outgoing | None:
        """Return the next attempt to make now; it is under way until `report`. None when there is none."""
        while self._due and self._due[0][0] <= now_ms:
            entry = heapq.heappop(self._due)
            if self._is_valid(entry):
                entry[2].ticket = 0
                entry[2].is_queued = True
                self._lanes.put(entry[2])
        while (stream := self._lanes.take()) is not None:
            stream.is_queued = False
            callback = self._begin(stream, now_ms) if self._streams.get(stream.task) is stream else None
            outgoing = self._written(callback, stream, now_ms, has_place=True)
            if outgoing is not None:
                return outgoing
            self._lanes.release(stream.target.receiver, is_answered=None)
        return None

    def report(self, outgoing: Outgoing, outcome: Outcome, now_ms: int) -> Delivery:
        """Take in what came of an attempt, and plan what follows from it; returns what the journal has of it."""
        callback = outgoing.callback
        if outgoing.has_place:
            self._lanes.release(outgoing.target.receiver, is_answered=outcome.status > 0)
        if len(callback.attempts) < KEPT_ATTEMPTS:
            callback.attempts = (
                *callback.attempts,
                Attempt(now_ms, outcome._replace(body=b""), outgoing.is_by_hand),
            )
        delivery = self.records.journal(outgoing, outcome, now_ms)
        if self.records.knows(callback):  # not forgotten by a reset
            if not outgoing.is_by_hand:
                self._judge(outgoing, outcome, now_ms)
            elif outcome.is_taken:
                self.records.correct(callback)
        return delivery

    def _judge(self, outgoing: Outgoing, outcome: Outcome, now_ms: int) -> None:
        callback = outgoing.callback
        callback.tried += 1
        stream = outgoing.stream
        if outcome.is_taken:
            self.records.end(callback, Status.DELIVERED)
        elif callback.tried < callback.event.attempts:
            self.records.set(callback, Status.RETRYING)
            self._schedule(stream, now_ms + round(callback.event.retries_ms[callback.tried - 1] / self._speed))
            return
        else:
            attempts = "attempt" if callback.tried == 1 else "attempts"
            self.records.end(callback, Status.UNDELIVERED, f"not taken in {callback.tried} {attempts}")
        self._follow(stream, now_ms)

    def redeliver(self, callback: Callback, now_ms: int) -> Outgoing | str:
        """Return an attempt by hand, beside those of the contract; or why there can be none."""
        if callback.status is Status.REFUSED:
            return f"{callback.id} was refused: {callback.note}"
        if callback.status in (Status.SENDING, Status.RETRYING):
            return f"{callback.id} is still on its way"
        try:
            return self._writer.write(callback, callback.stream, now_ms, is_by_hand=True, has_place=False)
        except Exception as error:  # as in `_written`
            return f"{callback.id} cannot be made: {type(error).__name__}: {error}"

    # -- what a reader asks --------------------------------------------------------------------------------------------

    def upcoming(self, task: Task) -> tuple[str, int] | None:
        """Return the state that will be told next and when, or None."""
        stream = self._streams.get(task)
        found = stream.planned if stream is not None and stream.callback is None else None
        return (found[1], found[2]) if found is not None else None

    @property
    def watched(self) -> int:
        """How many tasks have callbacks to come."""
        return len(self._streams)

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _written(self, callback: Callback | None, stream: Stream, now_ms: int, *, has_place: bool) -> Outgoing | None:
        """Return the attempt to send a callback; a contract or a secret that makes none must not stop the others."""
        if callback is None:
            return None
        self.begun += 1
        try:
            return self._writer.write(callback, stream, now_ms, has_place=has_place)
        except Exception as error:
            self.records.end(callback, Status.UNDELIVERED, f"cannot be made: {type(error).__name__}: {error}")
            self._follow(stream, now_ms)
            return None

    def _next_event(self, stream: Stream, now_ms: int) -> tuple[int, str, int] | None:
        """Return (index, state, when) of the next step of the timeline that is told, as far as it is known."""
        line = stream.task.timeline(now_ms)
        for index in range(stream.index, len(line)):
            if line[index].state.name in stream.rules.events:
                return index, line[index].state.name, line[index].start_ms
        return None

    def _plan(self, stream: Stream, now_ms: int) -> None:
        """Look for the next event of a stream and queue it; end the stream when there can be none."""
        found = stream.planned = self._next_event(stream, now_ms)
        twist, task = stream.twist, stream.task
        if found is not None:
            if not self._is_early(stream):  # which `first` sends
                self._schedule(stream, found[2] + round(twist.delay_s * 1000))
            return
        stream.ticket = 0
        if task.timeline(now_ms)[-1].state.phase.is_terminal:
            if stream.pending:
                self._release(stream, now_ms)
            elif twist.stale and not twist.lose and not stream.is_stale_told:
                stream.is_stale_told = True
                self._tell_stale(stream, now_ms)
            else:
                del self._streams[task]
        elif task.looks is not None and task.course.expiry is not None:
            self._schedule(stream, task.created_ms + task.course.expiry[0])

    def _schedule(self, stream: Stream, due_ms: int) -> None:
        self._tickets += 1
        stream.ticket = self._tickets
        is_first = not self._due or due_ms < self._due[0][0]
        heapq.heappush(self._due, (due_ms, stream.ticket, stream))
        if is_first and self.on_due is not None:
            self.on_due()

    def _is_valid(self, entry: tuple[int, int, Stream]) -> bool:
        _, ticket, stream = entry
        return stream.ticket == ticket and self._streams.get(stream.task) is stream

    def _begin(self, stream: Stream, now_ms: int) -> Callback | None:
        """Return the callback of a stream that is to be sent now, or None after planning what comes instead."""
        if stream.callback is not None:
            return stream.callback
        if stream.planned is None:
            self._plan(stream, now_ms)  # a task paced by looks may have come to its expiry
            return None
        found = stream.planned
        twist = stream.twist
        if found[2] + round(twist.delay_s * 1000) > now_ms and not self._is_early(stream):
            self._plan(stream, now_ms)
            return None
        index, state, at_ms = found
        is_last = stream.service.contract.lifecycle.states[state].phase.is_terminal
        stream.index, stream.is_last = index + 1, is_last
        event = stream.rules.events[state]
        callback = self.records.make(stream, event, state, at_ms)
        if twist.lose:
            self.records.end(callback, Status.LOST, "a fault has lost it")
            self._plan(stream, now_ms)
            return None
        if twist.hold and not stream.pending and not is_last:
            stream.pending = (callback,)
            self._plan(stream, now_ms)
            return None
        stream.callback = callback
        copies = [self.records.make(stream, event, state, at_ms, "a copy") for _ in range(twist.copies)]
        for copy in copies:
            copy.message = callback.id
        stream.pending = (*copies, *stream.pending)
        return callback

    def _follow(self, stream: Stream, now_ms: int) -> None:
        """A callback of a stream has come to its end: go on with the next."""
        stream.callback = None
        if self._streams.get(stream.task) is not stream:
            return
        if stream.pending:
            self._release(stream, now_ms)
        elif stream.is_last and not stream.twist.stale:
            del self._streams[stream.task]
        else:
            self._plan(stream, now_ms)

    def _release(self, stream: Stream, now_ms: int) -> None:
        """Queue the next callback that was held back."""
        stream.callback, *rest = stream.pending
        stream.pending = tuple(rest)
        self._schedule(stream, now_ms)

    def _tell_stale(self, stream: Stream, now_ms: int) -> None:
        """Queue an event that tells of a state before the last."""
        line = stream.task.timeline(now_ms)
        before, last = line[max(len(line) - 2, 0)], line[-1]
        event = stream.rules.events.get(before.state.name) or stream.rules.events.get(last.state.name)
        if event is None:
            del self._streams[stream.task]
            return
        moment_ms = max(last.start_ms - 1, before.start_ms)
        note = "a fault tells of an earlier state"
        stream.callback = self.records.make(stream, replace(event, retries_ms=()), before.state.name, moment_ms, note)
        self._schedule(stream, now_ms)
