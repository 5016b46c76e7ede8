"""One call, tried again where that is safe: the flows behind everything but waiting and files."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson

from mockreel_client.access import Access
from mockreel_client.answers import read_answer, read_task, unexpected
from mockreel_client.effects import Flow, Lost, Now, Pause, Received
from mockreel_client.errors import (
    AmbiguousCreateError,
    ClientError,
    ConnectionFailedError,
    InvalidRequestError,
    RefusedError,
    ServerError,
    UnexpectedAnswerError,
    listed,
)
from mockreel_client.requests import Query, check_query, operation_of, place_of, request
from mockreel_client.task import Task
from mockreel_client.validation import problems
from mockreel_client.values import number, read
from mockreel_contracts import Operation

log = logging.getLogger("mockreel_client")
Chance = Callable[[], float]
Outcome = TypeVar("Outcome")


def create_task(access: Access, body: Mapping[str, Any], *, chance: Chance, retry_ambiguous: bool) -> Flow[Task]:
    """Create a task.

    Tried again only where nothing can have been made: nobody has seen the request, or the provider refused it for now
    and billed nothing. An error of the server, no answer, an answer that names no task, and a refusal that names one
    are AmbiguousCreateError, unless the caller has it tried again.
    """
    operation = _submit(access, body)
    violations = problems(access.contract, body, operation=operation) if access.is_checking else ()
    if violations:
        rules = "1 rule" if len(violations) == 1 else f"{len(violations)} rules"
        raise InvalidRequestError(
            f"the request breaks {rules} of {access.provider}'s contract; nothing was sent:\n{listed(violations)}",
            provider=access.provider,
            case="invalid_request",
            violations=violations,
        )
    send = request(access, operation, body=_written(body))

    def once() -> Flow[Task]:
        try:
            answer = yield send
        except BaseException as interruption:
            interruption.add_note(f"{access.provider} may have made a task and billed it; {_advice(access, None)}")
            raise
        try:
            said, received = _opened(access, operation, answer)
            task = read_task(access, operation, said, received)
        except (ConnectionFailedError, RefusedError, UnexpectedAnswerError) as error:
            named = _named(access, operation, answer)
            if _is_certain(error) and named is None:
                raise
            what = f"it is not known whether {access.provider} made a task and billed it ({error})"
            text = f"{what}; {_advice(access, named)}"
            raise AmbiguousCreateError(text, provider=access.provider, task_id=named) from error
        log.info("%s: task %s was created", access.provider, task.id)
        return task

    def passes(error: ClientError) -> bool:
        if isinstance(error, RefusedError) and error.case is not None and access.contract.errors[error.case].billed:
            return False
        return is_passing(error) or (retry_ambiguous and isinstance(error, AmbiguousCreateError))

    return (yield from again(access, once, chance, passes=passes))


def get_task(access: Access, task_id: str, *, chance: Chance) -> Flow[Task]:
    """Ask for a task."""
    return (yield from again(access, lambda: look(access, task_id), chance))


def look(access: Access, task_id: str) -> Flow[Task]:
    """Ask for a task once."""
    operation = operation_of(access, "query")
    answer = yield request(access, operation, values={"task_id": task_id})
    body, received = _opened(access, operation, answer, task_id)
    return read_task(access, operation, body, received, task_id=task_id)


def cancel(access: Access, task_id: str, *, chance: Chance) -> Flow[Task]:
    """Cancel a task, and return what has become of it. Canceling twice is no error of ours: it is looked at after."""
    operation = operation_of(access, "cancel")
    send = request(access, operation, values={"task_id": task_id})
    tries = 0

    def once() -> Flow[None]:
        nonlocal tries
        tries += 1
        answer = yield send
        if isinstance(answer, Received) and answer.status == 204:
            return
        try:
            _opened(access, operation, answer, task_id)
        except InvalidRequestError:
            if tries == 1:  # else the first try, whose answer was lost, may have canceled it
                raise

    yield from again(access, once, chance)
    log.info("%s: task %s was canceled", access.provider, task_id)
    return (yield from get_task(access, task_id, chance=chance))


def credits(access: Access, *, chance: Chance) -> Flow[float]:
    """Ask for the balance."""
    operation = operation_of(access, "balance")

    def once() -> Flow[float]:
        answer = yield request(access, operation)
        body, received = _opened(access, operation, answer)
        try:
            balance = number("balance", read(operation.answer.get("balance"), {"body": body}))
        except ValueError:
            balance = None
        if balance is None:
            raise unexpected(access, received, "the answer names no balance")
        return balance

    return (yield from again(access, once, chance))


def list_tasks(access: Access, query: Query, limit: int, *, chance: Chance) -> Flow[list[Task]]:
    """Ask for tasks, page after page."""
    operation, one = operation_of(access, "list"), operation_of(access, "query")
    check_query(operation, query)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ValueError(f"limit is a number of tasks from 1; got {limit!r}")
    token_name, asked = place_of(access, operation, "page_token"), dict(query)
    found: dict[str, Task] = {}

    def once() -> Flow[tuple[list[Task], str | None]]:
        answer = yield request(access, operation, query=asked)
        body, received = _opened(access, operation, answer)
        items = read(operation.answer.get("tasks"), {"body": body})
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise unexpected(access, received, "the answer holds no list of tasks")
        token = read(operation.answer.get("next_page_token"), {"body": body})
        return [read_task(access, one, item, received) for item in items], token if isinstance(token, str) else None

    while True:
        tasks, token = yield from again(access, once, chance)
        is_news = any(task.id not in found for task in tasks)
        found.update((task.id, task) for task in tasks)
        if not token or token_name is None or not is_news or len(found) >= limit:
            return list(found.values())[:limit]
        asked[token_name] = token


def is_passing(error: ClientError) -> bool:
    """Whether the same call may succeed if it is made again, and can do no harm."""
    if isinstance(error, RefusedError):
        return error.is_retryable
    return isinstance(error, ConnectionFailedError | UnexpectedAnswerError)


def again(
    access: Access,
    once: Callable[[], Flow[Outcome]],
    chance: Chance,
    *,
    passes: Callable[[ClientError], bool] = is_passing,
) -> Flow[Outcome]:
    """Do something once, and again while its error is a passing one and the budget lasts."""
    retries, tries = access.retries, 0
    started = yield Now()
    while True:
        try:
            return (yield from once())
        except ClientError as error:
            tries += 1
            wait_s = retries.wait_s(tries, getattr(error, "retry_after_s", None), chance)
            now = yield Now()
            if not passes(error) or tries > retries.times or now - started + wait_s > retries.budget_s:
                raise
            log.warning("%s; trying again in %.1f s (%d of %d)", error, wait_s, tries, retries.times)
        yield Pause(wait_s)


def _opened(
    access: Access, operation: Operation, answer: Received | Lost, task_id: str | None = None
) -> tuple[dict[str, Any], Received]:
    if isinstance(answer, Lost):
        what = "no answer came" if answer.is_sent else "cannot be reached"
        text = f"{access.provider} {operation.id}: {what}: {access.masked(answer.why)}"
        raise ConnectionFailedError(text, provider=access.provider, is_sent=answer.is_sent, task_id=task_id)
    return read_answer(access, operation, answer, task_id=task_id), answer


def _is_certain(error: ClientError) -> bool:
    """Whether an error of a create means that nothing was made."""
    if isinstance(error, ConnectionFailedError):
        return not error.is_sent
    return isinstance(error, RefusedError) and not isinstance(error, ServerError)


def _advice(access: Access, task_id: str | None) -> str:
    if task_id is not None:
        return f"the answer names task {task_id!r}: ask for it before creating another"
    if access.contract.by_role("list"):
        return "look whether list_tasks() has it before creating another"
    return "look at the provider's own pages, or at credits(), before creating another"


def _named(access: Access, operation: Operation, answer: Received | Lost) -> str | None:
    """Return the task that an answer names, although it is no good answer."""
    try:
        body = orjson.loads(answer.body) if isinstance(answer, Received) else None
    except orjson.JSONDecodeError:
        return None
    found = read(operation.answer.get("task_id"), {"body": body})
    return access.masked(found) if isinstance(found, str) and found else None


def _written(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body that can be sent. Raises ValueError, also where it is not checked against the contract."""
    try:
        written = dict(body)
        orjson.dumps(written)
    except (TypeError, ValueError) as error:
        raise ValueError(f"body is what JSON can hold, an object; {error}") from None
    return written


def _submit(access: Access, body: Mapping[str, Any]) -> Operation:
    """Return the operation that has the body's model, else the first."""
    submits = access.contract.by_role("submit")
    for operation in submits:
        name = body.get(operation.discriminator, operation.default_model) if isinstance(body, Mapping) else None
        if isinstance(name, str) and name in operation.models:
            return operation
    return operation_of(access, "submit")
