"""Carries callbacks from the outbox to their receivers, in a thread of its own that starts with the first."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from mockreel.domain.callbacks.callback import Callback, Outcome, Outgoing, Stream
from mockreel.domain.engine import Engine
from mockreel.domain.journal import Delivery

if TYPE_CHECKING:
    from mockreel.server.sender import Sender

Done = TypeVar("Done")
log = logging.getLogger("mockreel.callbacks")
SHOWN = 5  # warnings of one kind before they are folded
PATIENCE_S = 1.0  # that others wait for a slow receiver at one moment of a manual clock
MOST_PER_STEP = 100_000  # callbacks sent for one moment of a manual clock


class TooManyError(RuntimeError):
    """Callbacks call each other forth."""


class Courier:
    """Sends what is due. With a real clock it does so by itself; with a manual one when `drain` is called."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._outbox = engine.outbox
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_up = threading.Event()
        self._is_stopping = False
        self._starting = threading.Lock()
        self.moving = threading.Lock()
        self._warned: Counter[tuple[str, str]] = Counter()
        self._outbox.records.on_trouble = self._warn
        if not engine.clock.is_manual:
            self._outbox.on_due = self.wake

    def drain(self) -> list[Delivery]:
        """Send everything that is due now, retries that are due included; return what was sent, in order."""
        future: Future[list[Delivery]] = asyncio.run_coroutine_threadsafe(self._drain(), self._running())
        return future.result()

    def send_first(self, stream: Stream) -> None:
        """Return when the first callback of an early stream has been answered, or has failed."""
        asyncio.run_coroutine_threadsafe(self._first(stream), self._running()).result()

    async def first(self, stream: Stream) -> None:
        """Like `send_first`, for an event loop that must not wait."""
        await self._elsewhere(self._first(stream))

    async def _first(self, stream: Stream) -> None:
        with self._engine.lock:
            outgoing = self._outbox.first(stream, self._engine.clock.now_ms())
        if outgoing is not None:
            self._report(outgoing, await self._send(outgoing))

    async def redeliver(self, callback: Callback) -> Outcome | str:
        """Like `send_again`, for an event loop that must not wait."""
        return await self._elsewhere(self._again(callback))

    def send_again(self, callback: Callback) -> Outcome | str:
        """Send a callback once more, now, and return what came of it; or say why it cannot be sent."""
        return asyncio.run_coroutine_threadsafe(self._again(callback), self._running()).result()

    async def _again(self, callback: Callback) -> Outcome | str:
        with self._engine.lock:
            outgoing = self._outbox.redeliver(callback, self._engine.clock.now_ms())
        if isinstance(outgoing, str):
            return outgoing
        outcome = await self._send(outgoing)
        self._report(outgoing, outcome)
        return outcome

    async def _elsewhere(self, work: Coroutine[Any, Any, Done]) -> Done:
        """Await work of the courier's own loop from another."""
        loop = self._loop
        if loop is None:
            loop = await asyncio.to_thread(self._running)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))

    def stop(self) -> None:
        """Stop sending; what is under way is dropped."""
        with self._starting:
            thread, loop = self._thread, self._loop
            self._is_stopping = True
        if thread is not None:
            self._is_up.wait(10)
            loop = self._loop
            if loop is not None:
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._wake.set)
            thread.join(10)
        with self._starting:
            self._thread, self._loop = None, None
            with self._engine.lock:
                self._outbox.abandon()
            self._is_stopping = False
            self._is_up.clear()

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _running(self) -> asyncio.AbstractEventLoop:
        self._start()
        self._is_up.wait(30)
        if self._loop is None:
            raise RuntimeError("callbacks cannot be sent: see the log; is mockreel[server] installed?")
        return self._loop

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._main, name="mockreel-callbacks", daemon=True)
                self._thread.start()

    def wake(self) -> None:
        """Look for what is due."""
        self._start()
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop has just been closed
                loop.call_soon_threadsafe(self._wake.set)

    def _main(self) -> None:
        try:
            from mockreel.server.sender import Sender
        except ImportError as error:
            log.error("no callback is sent: %s is missing; pip install 'mockreel[server]'", error.name)
            self._is_up.set()
            return
        try:
            with asyncio.Runner(loop_factory=_new_loop) as runner:
                runner.run(self._live(Sender(self._engine.outbox.policy)))
        except Exception:
            log.exception("sending callbacks has failed; it begins again with the next one")
            self._give_up()

    def _give_up(self) -> None:
        """The thread has ended unasked: let the next callback start another."""
        with self._engine.lock:
            self._outbox.abandon()
        self._thread, self._loop = None, None
        self._is_up.clear()

    async def _live(self, sender: Sender) -> None:
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        async with sender as self._sender:
            self._loop = asyncio.get_running_loop()
            self._is_up.set()
            while not self._is_stopping:
                self._wake.clear()
                wait_s = self._pump()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), wait_s)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _pump(self) -> float | None:
        """Start every attempt that can be made now; return the seconds until there may be more."""
        if self._engine.clock.is_manual:
            return None
        with self._engine.lock:
            now_ms = self._engine.clock.now_ms()
            while (outgoing := self._outbox.start(now_ms)) is not None:
                task = asyncio.get_running_loop().create_task(self._carry(outgoing))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            due_ms = self._outbox.next_due_ms()
        return None if due_ms is None else max(due_ms - now_ms, 0) / 1000

    async def _carry(self, outgoing: Outgoing | None) -> None:
        """Make an attempt, and after it the next one that is due, until there is none."""
        while outgoing is not None:
            outcome = await self._send(outgoing)
            self._report(outgoing, outcome)
            with self._engine.lock:
                outgoing = self._outbox.start(self._engine.clock.now_ms())
            if outgoing is not None:
                self._pump()

    async def _drain(self) -> list[Delivery]:
        sent: list[Delivery] = []
        pending: dict[asyncio.Task[Outcome], Outgoing] = {}
        while True:
            batch = self._due_now()
            if batch and len(sent) + len(batch) + len(pending) > MOST_PER_STEP:
                raise TooManyError(f"{len(sent)} callbacks were sent and more are due: do they call each other forth?")
            pending.update((asyncio.create_task(self._send(outgoing)), outgoing) for outgoing in batch)
            if not pending:
                return sent
            done, _ = await asyncio.wait(pending, timeout=PATIENCE_S)  # all of them: the order is the same each time
            if not done:
                done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            ended = [task for task in pending if task in done]  # in the order in which they began
            sent.extend([self._report(pending.pop(task), task.result()) for task in ended])

    def _due_now(self) -> list[Outgoing]:
        with self._engine.lock:
            now_ms = self._engine.clock.now_ms()
            return list(iter(lambda: self._outbox.start(now_ms), None))

    async def _send(self, outgoing: Outgoing) -> Outcome:
        return await self._sender.send(outgoing)

    def _report(self, outgoing: Outgoing, outcome: Outcome) -> Delivery:
        with self._engine.lock:
            return self._outbox.report(outgoing, outcome, self._engine.clock.now_ms())

    def _warn(self, callback: Callback) -> None:
        """Say loudly that a callback was not delivered; of many alike, the first ones and their number."""
        kind = (callback.note, callback.stream.target.receiver)
        self._warned[kind] += 1
        count = self._warned[kind]
        if count <= SHOWN or count & (count - 1) == 0:
            last = callback.attempts[-1].outcome if callback.attempts else None
            why = f": {last.problem or f'HTTP {last.status}'}" if last is not None else ""
            more = f" ({count} like this so far)" if count > SHOWN else ""
            log.warning("callback %s%s%s", callback, why, more)


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
