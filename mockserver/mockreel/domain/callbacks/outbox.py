"""When each callback is due, what it says, and what its answer means. Pure: a shell sends and reports."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING
from uuid import UUID

from mockreel.domain.callbacks import signing
from mockreel.domain.callbacks.callback import KEPT_ATTEMPTS, Attempt, Callback, Outcome, Outgoing, Status, Stream
from mockreel.domain.callbacks.lanes import Lanes
from mockreel.domain.callbacks.targets import Policy
from mockreel.domain.callbacks.twist import PLAIN, Twist
from mockreel.domain.dice import Dice
from mockreel.domain.document import Lazy, task_document
from mockreel.domain.journal import KEPT_TEXT, Delivery, Journal, fingerprint, kept
from mockreel.domain.task import Task
from mockreel_contracts.callback import CallbackEvent, CallbackRules

if TYPE_CHECKING:
    from mockreel.domain.service import Service

KEPT_DELIVERED = 10_000  # callbacks that were taken; those that were not are all kept
HEADERS = (("Content-Type", "application/json"),)
NO_EVENT = CallbackEvent("", "", ())
SecretOf = Callable[[CallbackRules, Task], str | None]


class Outbox:
    """The callbacks of every task. `secret_of` gives the secret that a task's callbacks are signed with.

    The callbacks of one task go out one after the other; tasks do not wait for each other. `on_due` is called when
    something is due earlier than anything before, `on_trouble` when a callback was not delivered.
    """

    def __init__(
        self, *, policy: Policy, dice: Dice, journal: Journal, secret_of: SecretOf, speed: float, in_order: bool
    ) -> None:
        self.policy = policy
        self.on_due: Callable[[], None] | None = None
        self.on_trouble: Callable[[Callback], None] | None = None
        self.counts = dict.fromkeys(Status, 0)
        self._dice = dice
        self._journal = journal
        self._secret_of = secret_of
        self._speed = speed
        self._lanes = Lanes(in_order=in_order)
        self._in_order = in_order
        self._streams: dict[Task, Stream] = {}
        self._due: list[tuple[int, int, Stream]] = []
        self._tickets = 0
        self._made = 0
        self._open: dict[str, Callback] = {}
        self._delivered: dict[str, Callback] = {}
        self._troubled: dict[str, Callback] = {}

    # -- what the engine tells -----------------------------------------------------------------------------------------

    def watch(self, service: Service, task: Task, url: str, origin: str, now_ms: int, twist: Twist = PLAIN) -> str:
        """Call `url` when the contract says so; returns what was decided, in words."""
        rules = service.contract.callback
        if rules is None:
            return "this provider calls nobody back"
        target = self.policy.judge(url)
        if isinstance(target, str):
            callback = self._make(service, task, url[:KEPT_TEXT], None, NO_EVENT, "", task.created_ms)
            self._end(callback, Status.REFUSED, target)
            return f"callbacks refused: {target}"
        stream = self._streams[task] = Stream(service, rules, task, target, origin, twist)
        self._plan(stream, now_ms)
        return f"callbacks go to {target.receiver}"

    def early(self, task: Task) -> Stream | None:
        """Return the stream of a task whose first callback is to arrive before its create is answered."""
        stream = self._streams.get(task)
        return stream if stream is not None and not stream.twist.lose else None

    def touch(self, task: Task, now_ms: int) -> None:
        """A task has moved otherwise than by time: look anew for what is due."""
        stream = self._streams.get(task)
        if stream is not None and stream.callback is None:
            self._plan(stream, now_ms)

    def clear(self, key: str | None = None) -> None:
        """Forget the callbacks of one API key, or all. What is under way comes to nothing."""
        for task in [task for task in self._streams if key in (None, task.sandbox.key)]:
            del self._streams[task]
        for table in (self._open, self._delivered, self._troubled):
            for callback in [c for c in table.values() if key in (None, c.task.sandbox.key)]:
                del table[callback.id]
                self.counts[callback.status] -= 1
        if key is None:
            self._made = 0

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
                self._lanes.put(entry[2])
        while (stream := self._lanes.take()) is not None:
            callback = self._begin(stream, now_ms) if self._streams.get(stream.task) is stream else None
            if callback is not None:
                return self._outgoing(callback, stream, now_ms)
            self._lanes.release(stream.target.receiver, is_answered=None)
        return None

    def report(self, outgoing: Outgoing, outcome: Outcome, now_ms: int) -> Delivery:
        """Take in what came of an attempt, and plan what follows from it; returns what the journal has of it."""
        callback = outgoing.callback
        if not outgoing.is_by_hand:
            self._lanes.release(outgoing.target.receiver, is_answered=outcome.status > 0)
        if len(callback.attempts) < KEPT_ATTEMPTS:
            callback.attempts = (*callback.attempts, Attempt(now_ms, outcome, outgoing.is_by_hand))
        delivery = self._record(outgoing, outcome, now_ms)
        if outgoing.is_by_hand:
            if outcome.is_taken and callback.id in self._troubled:
                self._end(callback, Status.DELIVERED, "sent again by hand")
        elif callback.id in self._open:  # not forgotten by a reset
            self._judge(outgoing, outcome, now_ms)
        return delivery

    def _judge(self, outgoing: Outgoing, outcome: Outcome, now_ms: int) -> None:
        callback = outgoing.callback
        callback.tried += 1
        stream = outgoing.stream
        if outcome.is_taken:
            self._end(callback, Status.DELIVERED)
        elif callback.tried < callback.event.attempts:
            self._set(callback, Status.RETRYING)
            self._schedule(stream, now_ms + round(callback.event.retries_ms[callback.tried - 1] / self._speed))
            return
        else:
            attempts = "attempt" if callback.tried == 1 else "attempts"
            self._end(callback, Status.UNDELIVERED, f"not taken in {callback.tried} {attempts}")
        self._follow(stream, now_ms)

    def redeliver(self, callback: Callback, now_ms: int) -> Outgoing | str:
        """Return an attempt by hand, beside those of the contract; or why there can be none."""
        stream = callback.stream
        if stream is None:
            return f"{callback.id} was refused: {callback.note}"
        if callback.status in (Status.SENDING, Status.RETRYING):
            return f"{callback.id} is still on its way"
        return self._outgoing(callback, stream, now_ms, is_by_hand=True)

    # -- what a reader asks --------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Callback]:
        """Go through the callbacks, oldest first."""
        known = chain(self._open.values(), self._delivered.values(), self._troubled.values())
        return iter(sorted(known, key=_number))

    def find(self, callback_id: str) -> Callback | None:
        """Return a callback by its id."""
        for table in (self._open, self._delivered, self._troubled):
            if callback_id in table:
                return table[callback_id]
        return None

    def of_task(self, task: Task) -> list[Callback]:
        """Return the callbacks of a task, oldest first."""
        known = chain(self._open.values(), self._delivered.values(), self._troubled.values())
        return sorted((callback for callback in known if callback.task is task), key=_number)

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
            is_early = twist.early and stream.index == 0
            self._schedule(stream, task.created_ms if is_early else found[2] + round(twist.delay_s * 1000))
            return
        stream.ticket = 0
        if task.timeline(now_ms)[-1].state.phase.is_terminal:
            if stream.pending:
                self._release(stream, now_ms)
            elif twist.stale and not stream.is_stale_told:
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
        is_early = twist.early and stream.index == 0
        if found[2] + round(twist.delay_s * 1000) > now_ms and not is_early:
            self._plan(stream, now_ms)
            return None
        index, state, at_ms = found
        is_last = stream.service.contract.lifecycle.states[state].phase.is_terminal
        stream.index, stream.is_last = index + 1, is_last
        event = stream.rules.events[state]
        callback = self._make(stream.service, stream.task, stream.target.url, stream, event, state, at_ms)
        if twist.lose:
            self._end(callback, Status.LOST, "a fault has lost it")
            self._plan(stream, now_ms)
            return None
        if twist.hold and not stream.pending and not is_last:
            stream.pending = (callback,)
            self._plan(stream, now_ms)
            return None
        stream.callback = callback
        copies = [
            self._make(stream.service, stream.task, stream.target.url, stream, event, state, at_ms, "a copy")
            for _ in range(twist.copies)
        ]
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
        stream.callback = self._make(
            stream.service,
            stream.task,
            stream.target.url,
            stream,
            replace(event, retries_ms=()),
            before.state.name,
            moment_ms,
            "a fault tells of an earlier state",
        )
        self._schedule(stream, now_ms)

    # -- records -------------------------------------------------------------------------------------------------------

    def _make(
        self,
        service: Service,
        task: Task,
        url: str,
        stream: Stream | None,
        event: CallbackEvent,
        state: str,
        at_ms: int,
        note: str = "",
    ) -> Callback:
        self._made += 1
        callback = Callback(f"cb-{self._made}", service, task, url, stream, event, state, at_ms, note)
        self._open[callback.id] = callback
        self.counts[callback.status] += 1
        return callback

    def _set(self, callback: Callback, status: Status) -> None:
        self.counts[callback.status] -= 1
        self.counts[status] += 1
        callback.status = status

    def _end(self, callback: Callback, status: Status, note: str = "") -> None:
        """Move a callback to where it is kept, and say so loudly when it was not taken."""
        self._open.pop(callback.id, None)
        self._troubled.pop(callback.id, None)
        self._set(callback, status)
        callback.note = note or callback.note
        if status is Status.DELIVERED:
            self._delivered[callback.id] = callback
            if len(self._delivered) > KEPT_DELIVERED:
                del self._delivered[next(iter(self._delivered))]
            return
        self._troubled[callback.id] = callback
        if self.on_trouble is not None and status is not Status.LOST:
            self.on_trouble(callback)

    def _record(self, outgoing: Outgoing, outcome: Outcome, now_ms: int) -> Delivery:
        callback = outgoing.callback
        delivery = Delivery(
            self._journal.next_seq(),
            now_ms,
            callback.service.contract.provider,
            callback.id,
            fingerprint(callback.task.sandbox.key),
            callback.task.id,
            callback.state,
            callback.url,
            len(callback.attempts),
            kept(outgoing.body),
            outcome.status,
            outcome.problem[:KEPT_TEXT],
            outcome.latency_ms,
            kept(outcome.body),
        )
        self._journal.add(delivery)
        return delivery

    # -- the message ---------------------------------------------------------------------------------------------------

    def _outgoing(self, callback: Callback, stream: Stream, now_ms: int, *, is_by_hand: bool = False) -> Outgoing:
        service, task, twist = stream.service, stream.task, stream.twist
        document = task_document(service.contract, task, callback.at_ms, stream.origin)
        if twist.state is not None:
            document["state"] = twist.state
        reply = service.contract.replies[callback.event.reply]
        body = twist.before_signing(reply.body.render(Lazy({"task": document}, {})))
        headers = self._signed(stream, callback, body, now_ms)
        return Outgoing(
            callback,
            stream,
            stream.target,
            (*HEADERS, *headers.items()),
            twist.after_signing(body),
            stream.rules.timeout_ms,
            round(twist.dribble_s * 1000),
            is_by_hand,
        )

    def _signed(self, stream: Stream, callback: Callback, body: bytes, now_ms: int) -> dict[str, str]:
        twist, target = stream.twist, stream.target
        signature = stream.rules.signature
        secret = self._secret_of(stream.rules, stream.task)
        if signature is None or secret is None or twist.unsigned:
            return {}
        names = (stream.task.id, callback.id)
        message = signing.Message(
            task_id=stream.task.id,
            message_id=f"msg_{self._dice.roll('message', *names).hex()}" if "message_id" in signature.words else "",
            method="POST",
            path=target.path,
            query=target.query,
            nonce=self._nonce(*names, len(callback.attempts)) if "nonce" in signature.words else "",
            body=body,
        )
        key = f"not {secret}" if twist.wrong_key else secret
        return signing.sign(signature, key, message, now_ms - round(twist.age_s * 1000))

    def _nonce(self, *names: object) -> str:
        return str(UUID(bytes=self._dice.roll("nonce", *names), version=4))


def _number(callback: Callback) -> int:
    return int(callback.id[3:])
