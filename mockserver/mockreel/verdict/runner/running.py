"""All scenarios, several at a time, in the order in which they were asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from mockreel.verdict.battery import Act
from mockreel.verdict.play import Play
from mockreel.verdict.runner import playing
from mockreel.verdict.runner.setup import Setup
from mockreel.verdict.runner.stopping import Flag, Stop

_LOOK_S = 0.2  # a signal that comes just before a wait is heeded only after it
OnEnd = Callable[[Act, Play], None]


def run(setup: Setup, acts: Sequence[Act], on_end: OnEnd | None = None, *, stop: Stop | None = None) -> list[Play]:
    """Play every scenario and return the plays in the order of `acts`; `on_end` is told each when it has ended.

    Raises UsageError where the command cannot be started, InterruptedRunError once `stop` is set. However it ends,
    nothing that was started goes on.
    """
    ending, telling = Flag(stop), threading.Lock()

    def one(act: Act) -> Play:
        played = playing.play(setup, act, ending)
        if on_end is not None:
            with telling:
                on_end(act, played)
        return played

    pool = ThreadPoolExecutor(max_workers=min(setup.jobs, max(len(acts), 1)), thread_name_prefix="mockreel-play")
    try:  # from the first start on: an interrupt may come before the last
        futures = [pool.submit(one, act) for act in acts]
        running = set(futures)
        while running:
            done, running = wait(futures, _LOOK_S, return_when=FIRST_EXCEPTION)
            for future in futures:
                if future in done:
                    future.result()
        return [future.result() for future in futures]
    finally:
        ending.set()
        pool.shutdown(cancel_futures=True)
