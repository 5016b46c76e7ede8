"""Moving a manual clock: everything that falls due on the way happens in order, and is done when `advance` returns."""

from __future__ import annotations

from operator import itemgetter
from threading import Lock
from typing import Any

from mockreel.domain import explain
from mockreel.domain.clock import ClockError
from mockreel.domain.engine import Engine
from mockreel.domain.journal import Delivery
from mockreel.server.courier import Courier


class SteeredClock:
    """The clock of a mock as its users hold it. `advance` sends the callbacks that fall due."""

    def __init__(self, engine: Engine, courier: Courier) -> None:
        self._engine = engine
        self._courier = courier
        self._sleepers = Lock()

    @property
    def is_manual(self) -> bool:
        """Whether `advance` moves this clock."""
        return self._engine.clock.is_manual

    def now_ms(self) -> int:
        """Return the time in Unix milliseconds."""
        return self._engine.clock.now_ms()

    def advance(self, seconds: float) -> list[dict[str, Any]]:
        """Move a manual clock on by `seconds`; 0 sends what is due now.

        Callbacks and their retries are sent in the order in which they fall due, each at its own moment, and have been
        answered when this returns. Returned is what happened, in order: `{"at_ms", "event", ...}`, where `event` is
        `state` or `callback`. A receiver may call the mock while it answers, but not `advance`. Raises ClockError for
        a real clock and for a step that is not 0 or more.
        """
        engine, clock = self._engine, self._engine.clock
        if not clock.is_manual or not 0 <= seconds < 1e11:
            clock.advance(seconds)  # which refuses
        if not self._courier.moving.acquire(blocking=False):
            raise ClockError("the clock is being advanced by another call")
        try:
            engine.settle()
            before_ms = clock.now_ms()
            until_ms = before_ms + round(seconds * 1000)
            deliveries: list[Delivery] = []
            while True:
                with engine.lock:
                    due_ms = engine.outbox.next_due_ms()
                    if due_ms is None or due_ms > until_ms:
                        self._move(until_ms - clock.now_ms())
                        break
                    self._move(max(due_ms - clock.now_ms(), 0))
                engine.steered()
                deliveries.extend(self._courier.drain())
            engine.steered()
            engine.settle()
            return self._happened(before_ms, until_ms, deliveries)
        finally:
            self._courier.moving.release()

    def now(self) -> float:
        """Return the time in Unix seconds."""
        return self.now_ms() / 1000

    def sleep(self, seconds: float) -> None:
        """Have a client that waits on this clock move it: what it would wait for happens, and nobody waits.

        Of several that sleep at once the first to wake moves the clock, and those that it has passed move it no more.
        Raises ClockError for a real clock.
        """
        until_ms = self.now_ms() + round(seconds * 1000)
        with self._sleepers:
            self.advance(max(until_ms - self.now_ms(), 0) / 1000)

    async def sleep_async(self, seconds: float) -> None:
        """Like `sleep`, in a thread: a receiver of callbacks may live in this event loop."""
        from anyio import to_thread  # what httpx2 waits with itself

        await to_thread.run_sync(self.sleep, seconds)

    def _move(self, span_ms: int) -> None:
        self._engine.clock.advance(span_ms / 1000)
        for tell in self._engine.on_moved:
            tell()

    def _happened(self, before_ms: int, until_ms: int, deliveries: list[Delivery]) -> list[dict[str, Any]]:
        with self._engine.lock:
            states = [
                {"event": "state", **change}
                for service in self._engine.services.values()
                for change in explain.events(service, before_ms, until_ms)
            ]
        sent = [
            {
                "event": "callback",
                "at_ms": delivery.at_ms,
                "provider": delivery.provider,
                "task_id": delivery.task_id,
                "state": delivery.state,
                "callback_id": delivery.callback_id,
                "attempt": delivery.attempt,
                "url": delivery.url,
                "status": delivery.status,
                "problem": delivery.problem,
            }
            for delivery in deliveries
        ]
        return sorted([*states, *sent], key=itemgetter("at_ms"))  # what is as early stays in this order
