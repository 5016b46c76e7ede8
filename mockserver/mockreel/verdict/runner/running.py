"""All scenarios, several at a time, in the order in which they were asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from mockreel.verdict.battery import Act
from mockreel.verdict.play import Play
from mockreel.verdict.runner import playing
from mockreel.verdict.runner.setup import Setup

OnEnd = Callable[[Act, Play], None]


def run(setup: Setup, acts: Sequence[Act], on_end: OnEnd | None = None) -> list[Play]:
    """Play every scenario and return the plays in the order of `acts`; `on_end` is told each when it has ended.

    Raises UsageError where the command cannot be started. However it ends, nothing that was started goes on.
    """
    stop, telling = threading.Event(), threading.Lock()

    def one(act: Act) -> Play:
        played = playing.play(setup, act, stop)
        if on_end is not None:
            with telling:
                on_end(act, played)
        return played

    with ThreadPoolExecutor(max_workers=min(setup.jobs, max(len(acts), 1)), thread_name_prefix="mockreel-play") as pool:
        futures = [pool.submit(one, act) for act in acts]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in futures:
                if future in done:
                    future.result()
            return [future.result() for future in futures]
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
