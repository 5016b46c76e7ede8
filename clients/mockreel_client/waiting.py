"""Waiting for a task: how often to look, what to bear with, and when to stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from mockreel_client.access import Access
from mockreel_client.calls import Chance, again, cancel, is_passing, log, look
from mockreel_client.effects import Flow, Now, Pause, Seen
from mockreel_client.errors import (
    ClientError,
    GenerationFailedError,
    NotFoundError,
    UnexpectedAnswerError,
    WaitTimeoutError,
)
from mockreel_client.requests import operation_of
from mockreel_client.task import Task
from mockreel_contracts import Phase

OnTimeout = Literal["raise", "cancel"]
GROWTH = 1.5  # of the wait from one look to the next
NEW_S = 20.0  # in which a task may not be found yet


@dataclass(frozen=True, slots=True)
class Patience:
    """How a task is waited for: at most `timeout_s`; the first and the greatest wait between two looks."""

    timeout_s: float
    first_s: float
    most_s: float
    on_timeout: OnTimeout


def patience(
    access: Access, timeout: float | None, interval: float | tuple[float, float] | None, on_timeout: OnTimeout
) -> Patience:
    """Return what was asked for, and the contract's advice for the rest.

    Raises ValueError for what is no time, and NotSupportedError where tasks cannot be canceled.
    """
    advice = access.contract.polling
    timeout_s = seconds("timeout", advice.give_up_s if timeout is None else timeout)
    least, most = (advice.first_s, advice.most_s) if interval is None else _both(interval)
    if on_timeout not in ("raise", "cancel"):
        raise ValueError(f'on_timeout is "raise" or "cancel"; got {on_timeout!r}')
    if on_timeout == "cancel":
        operation_of(access, "cancel")
    return Patience(timeout_s, least, most, on_timeout)


def wait(access: Access, known: Task | str, patience: Patience, *, chance: Chance) -> Flow[Task]:
    """Wait until a task has succeeded, and return it with the URLs of its results.

    Yields a Seen for each change. Errors that pass are borne with until the time is up, and so is a state that the
    contract does not know; answers that break the contract, such as a success without a result, as often as one call
    would be tried again; that the task is not found, while it is new.
    """
    last = known if isinstance(known, Task) else None
    task_id = known if isinstance(known, str) else known.id
    with resumable(access, task_id):
        return (yield from _wait(access, task_id, last, patience, chance))


@contextmanager
def resumable(access: Access, task_id: str) -> Iterator[None]:
    """Have whatever interrupts the waiting name the task, which has been paid for and goes on."""
    try:
        yield
    except ClientError:
        raise
    except BaseException as interruption:
        interruption.add_note(f"{access.provider} task {task_id!r} goes on; wait({task_id!r}) takes it up again")
        raise


def states(access: Access, known: Task | str, patience: Patience, *, chance: Chance) -> Flow[Task]:
    """Like `wait`, and a task that fails is returned as well."""
    try:
        return (yield from wait(access, known, patience, chance=chance))
    except GenerationFailedError as error:
        if error.task is None:
            raise
        return error.task


def _wait(access: Access, task_id: str, last: Task | None, patience: Patience, chance: Chance) -> Flow[Task]:
    started = yield Now()
    interval_s, failures, breaches, is_found = patience.first_s, 0, 0, False
    problem: ClientError | None = None
    while True:
        if last is not None and last.is_terminal and not _lacks_result(last):
            return _ended(access, last)
        now = yield Now()
        left_s = started + patience.timeout_s - now
        if not failures and (last is None or last.is_terminal):  # the answer to a create may tell no more than the end
            pause_s = 0.0
        elif failures:
            pause_s = access.retries.wait_s(failures, getattr(problem, "retry_after_s", None), chance)
        else:
            pause_s = min(interval_s * (0.8 + 0.4 * chance()), patience.most_s)
            interval_s = min(interval_s * GROWTH, patience.most_s)
        asked_s = getattr(problem, "retry_after_s", None) or 0.0
        is_useless = asked_s > left_s  # to wait: no look is allowed before the deadline
        if is_useless and left_s > 0 and patience.on_timeout == "cancel":
            yield Pause(left_s)  # the task has its time all the same
        if is_useless or left_s <= 0:
            return (yield from _late(access, task_id, last, patience, problem, chance, left_s=left_s))
        yield Pause(min(pause_s, left_s))
        try:
            task = yield from look(access, task_id)
        except ClientError as error:
            problem = error
        else:
            is_found, problem = True, _resultless(access, task) if _lacks_result(task) else None
            if last is None or (task.state, task.progress, task.urls) != (last.state, last.progress, last.urls):
                log.info("%s: task %s is %s", access.provider, task.id, task.state)
                yield Seen(task)
            last = task
        if problem is None:
            failures = breaches = 0
            continue
        problem.task = last
        now = yield Now()
        is_new = isinstance(problem, NotFoundError) and not is_found and now - started < NEW_S
        failures, breaches = failures + 1, breaches + isinstance(problem, UnexpectedAnswerError)
        if not is_new and not _is_borne(access, problem, breaches):
            raise problem
        log.warning("%s; looking again", problem)


def _is_borne(access: Access, error: ClientError, breaches: int) -> bool:
    """Whether waiting goes on. A contract that was broken so often does not heal as an outage does."""
    most = access.retries.times
    return is_passing(error) and most > 0 and (breaches <= most or not isinstance(error, UnexpectedAnswerError))


def _lacks_result(task: Task) -> bool:
    return task.phase is Phase.SUCCEEDED and not task.urls


def _resultless(access: Access, task: Task) -> UnexpectedAnswerError:
    text = f"{access.provider} task {task.id} has succeeded and names no URL of a result"
    return UnexpectedAnswerError(text, provider=access.provider, task=task)


def _ended(access: Access, task: Task) -> Task:
    """Return a task that has succeeded. Raises GenerationFailedError."""
    if task.phase is not Phase.SUCCEEDED:
        why = ", ".join(filter(None, (task.error_code, task.error_message))) or "no reason is given"
        text = f"{access.provider} task {task.id} has {task.phase}: {why}"
        code, message = task.error_code, task.error_message or ""
        raise GenerationFailedError(text, provider=access.provider, code=code, message=message, task=task)
    return task


def _late(
    access: Access,
    task_id: str,
    last: Task | None,
    patience: Patience,
    problem: ClientError | None,
    chance: Chance,
    *,
    left_s: float,
) -> Flow[Task]:
    """Give up: cancel the task if that is wanted; where it is too late for that, end as the task has ended.

    `left_s` is what was left of the time when the provider asked not to be asked until its end.
    """
    is_canceled, what = False, f"it goes on, and wait({task_id!r}) takes it up again"
    if patience.on_timeout == "cancel":
        try:
            last = yield from cancel(access, task_id, chance=chance)
            is_canceled, what = True, "it was canceled"
        except ClientError as error:
            what = f"it could not be canceled ({error})"
            try:
                last = yield from again(access, lambda: look(access, task_id), chance)
            except ClientError:
                what += ", nor asked for"
            else:
                if last.is_terminal:
                    return _ended(access, last)
        if last is not None and last.phase is Phase.SUCCEEDED and last.urls:
            return last
    state = f"was {last.state!r}" if last is not None and last.state else "was never seen"
    if last is not None and last.state is not None and last.phase is None:
        state += ", which the contract does not know"
    why = f"; the last look failed: {problem}" if problem is not None else ""
    after = f"after {patience.timeout_s:g} s"
    if left_s > 0 and patience.on_timeout == "raise":
        after = f"with {left_s:.4g} s of {patience.timeout_s:g} left, and may not be looked at before they are over"
    text = f"{access.provider} task {task_id} {state} {after}{why}; {what}"
    raise WaitTimeoutError(text, provider=access.provider, task=last, task_id=task_id, is_canceled=is_canceled)


def _both(interval: float | tuple[float, float]) -> tuple[float, float]:
    least, most = interval if isinstance(interval, tuple) and len(interval) == 2 else (interval, interval)
    least_s, most_s = seconds("interval", least), seconds("interval", most)
    if least_s > most_s:
        raise ValueError(f"interval is a number of seconds, or the first and the greatest of them; got {interval!r}")
    return least_s, most_s


def seconds(name: str, value: object) -> float:
    """Return a number of seconds above 0. Raises ValueError for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        raise ValueError(f"{name} is a number of seconds above 0; got {value!r}")
    return float(value)
