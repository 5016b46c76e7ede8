"""Running a flow: the loops that turn its effects into I/O, sync and async."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from inspect import isawaitable
from typing import Any, TypeVar

from mockreel_client.clock import Clock
from mockreel_client.effects import Effect, Fetch, Flow, Now, Pause, Seen, Send
from mockreel_client.http import AsyncExchange, Exchange
from mockreel_client.task import Task

Result = TypeVar("Result")
OnProgress = Callable[[Task], object]


def iterate(flow: Flow[Result], exchange: Exchange, clock: Clock) -> Generator[Task, None, Result]:
    """Run a flow to its end and give each task that it has seen. What is raised on the way is raised in the flow."""
    try:
        effect = next(flow)
        while True:
            try:
                answer = (yield effect.task) if isinstance(effect, Seen) else _perform(effect, exchange, clock)
            except BaseException as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(answer)
    except StopIteration as end:
        result: Result = end.value
        return result


def run(flow: Flow[Result], exchange: Exchange, clock: Clock, on_progress: OnProgress | None = None) -> Result:
    """Run a flow to its end, and tell `on_progress` each task that it has seen."""
    tasks = iterate(flow, exchange, clock)
    try:
        task = next(tasks)
        while True:
            try:
                if on_progress is not None:
                    on_progress(task)
            except BaseException as error:
                task = tasks.throw(error)
            else:
                task = next(tasks)
    except StopIteration as end:
        result: Result = end.value
        return result


async def iterate_async(flow: Flow[Any], exchange: AsyncExchange, clock: Clock) -> AsyncGenerator[Task, None]:
    """Run a flow to its end in an event loop and give each task that it has seen."""
    try:
        effect = next(flow)
        while True:
            try:
                if isinstance(effect, Seen):
                    yield effect.task
                    answer = None
                else:
                    answer = await _perform_async(effect, exchange, clock)
            except BaseException as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(answer)
    except StopIteration:
        return


async def run_async(
    flow: Flow[Result], exchange: AsyncExchange, clock: Clock, on_progress: OnProgress | None = None
) -> Result:
    """Run a flow to its end in an event loop. `on_progress` may be a coroutine function."""
    try:
        effect = next(flow)
        while True:
            try:
                if isinstance(effect, Seen):
                    told = on_progress(effect.task) if on_progress is not None else None
                    answer = await told if isawaitable(told) else None
                else:
                    answer = await _perform_async(effect, exchange, clock)
            except BaseException as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(answer)
    except StopIteration as end:
        result: Result = end.value
        return result


def _perform(effect: Effect, exchange: Exchange, clock: Clock) -> Any:
    match effect:
        case Send():
            return exchange.send(effect)
        case Fetch():
            return exchange.fetch(effect)
        case Pause():
            return clock.sleep(effect.seconds)
        case Now():
            return clock.now()
    raise TypeError(f"{effect!r} is no effect")


async def _perform_async(effect: Effect, exchange: AsyncExchange, clock: Clock) -> Any:
    match effect:
        case Send():
            return await exchange.send(effect)
        case Fetch():
            return await exchange.fetch(effect)
        case Pause():
            return await clock.sleep_async(effect.seconds)
        case Now():
            return clock.now()
    raise TypeError(f"{effect!r} is no effect")
