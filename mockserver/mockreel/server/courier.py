"""Carries callbacks from the outbox to their receivers, in a thread of its own that starts with the first."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING

from mockreel.domain.callbacks.callback import Callback, Outcome, Outgoing, Stream
from mockreel.domain.engine import Engine
from mockreel.domain.journal import Delivery

if TYPE_CHECKING:
    from mockreel.server.sender import Sender

log = logging.getLogger("mockreel.callbacks")
SHOWN = 5  # warnings of one kind before they are folded
MOST_PER_STEP = 100_000  # callbacks sent for one moment of a manual clock


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
        self._awaited: dict[Stream, threading.Event] = {}
        self._warned: Counter[tuple[str, str]] = Counter()
        self._outbox.on_trouble = self._warn
        if not engine.clock.is_manual:
            self._outbox.on_due = self.wake

    def drain(self) -> list[Delivery]:
        """Send everything that is due now, retries that are due included; return what was sent, in order."""
        future: Future[list[Delivery]] = asyncio.run_coroutine_threadsafe(self._drain(), self._running())
        return future.result()

    def send_first(self, stream: Stream) -> None:
        """Return when the first callback of a stream has been answered, or has failed."""
        told = threading.Event()
        with self._engine.lock:
            if stream.index and stream.callback is None:
                told.set()
            else:
                self._awaited[stream] = told
        if self._engine.clock.is_manual:
            self.drain()
        told.wait(stream.rules.timeout_ms / 1000 + 1)
        self._awaited.pop(stream, None)

    def redeliver(self, callback: Callback) -> Outcome | str:
        """Send a callback once more, now, and return what came of it; or say why it cannot be sent."""
        with self._engine.lock:
            outgoing = self._outbox.redeliver(callback, self._engine.clock.now_ms())
        if isinstance(outgoing, str):
            return outgoing
        future: Future[Outcome] = asyncio.run_coroutine_threadsafe(self._send(outgoing), self._running())
        outcome = future.result()
        self._report(outgoing, outcome)
        return outcome

    def stop(self) -> None:
        """Stop sending; what is under way is dropped."""
        with self._starting:
            thread, loop = self._thread, self._loop
            self._is_stopping = True
        if thread is not None:
            self._is_up.wait(10)
            loop = self._loop
            if loop is not None:
                loop.call_soon_threadsafe(self._wake.set)
            thread.join(10)
        with self._starting:
            self._thread, self._loop = None, None
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
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    def _main(self) -> None:
        try:
            from mockreel.server.sender import Sender
        except ImportError as error:
            log.error("no callback is sent: %s is missing; pip install 'mockreel[server]'", error.name)
            self._is_up.set()
            return
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(self._live(Sender(self._engine.outbox.policy)))

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
        while len(sent) < MOST_PER_STEP:
            batch = self._due_now()
            if not batch:
                return sent
            outcomes = await asyncio.gather(*map(self._send, batch))
            sent.extend(map(self._report, batch, outcomes))
        raise RuntimeError(f"{MOST_PER_STEP} callbacks were sent and more are due: do they call each other forth?")

    def _due_now(self) -> list[Outgoing]:
        with self._engine.lock:
            now_ms = self._engine.clock.now_ms()
            return list(iter(lambda: self._outbox.start(now_ms), None))

    async def _send(self, outgoing: Outgoing) -> Outcome:
        return await self._sender.send(outgoing)

    def _report(self, outgoing: Outgoing, outcome: Outcome) -> Delivery:
        with self._engine.lock:
            delivery = self._outbox.report(outgoing, outcome, self._engine.clock.now_ms())
        if outgoing.stream in self._awaited:
            self._awaited[outgoing.stream].set()
        return delivery

    def _warn(self, callback: Callback) -> None:
        """Say loudly that a callback was not delivered; of many alike, the first ones and their number."""
        kind = (callback.note, callback.url)
        self._warned[kind] += 1
        count = self._warned[kind]
        if count <= SHOWN or count & (count - 1) == 0:
            last = callback.attempts[-1].outcome if callback.attempts else None
            why = f": {last.problem or f'HTTP {last.status}'}" if last is not None else ""
            more = f" ({count} like this so far)" if count > SHOWN else ""
            log.warning(
                "callback %s of task %s to %s is %s, %s%s%s",
                callback.id,
                callback.task.id,
                callback.url,
                callback.status.value,
                callback.note,
                why,
                more,
            )


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
