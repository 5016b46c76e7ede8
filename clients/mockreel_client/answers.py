"""From an answer to what it says: a good body, the task in it, or an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from mockreel_client.access import Access
from mockreel_client.effects import Received
from mockreel_client.errors import UnexpectedAnswerError
from mockreel_client.refusals import by_status, masked, plain_text, refusal, refused
from mockreel_client.task import Task
from mockreel_client.values import UnreadableError, number, phase_of, read, text, texts
from mockreel_contracts import Operation

_SHOWN = 300  # characters of a received text that a message repeats
_PLACE = re.compile(r"\{[^}]*\}")  # of an id's format: what is not in one is the same in every id


def read_answer(
    access: Access, operation: Operation, received: Received, *, task_id: str | None = None
) -> dict[str, Any]:
    """Return the body of an answer that means success.

    The code in the body counts whatever HTTP says, and HTTP's status where the body says nothing. Raises RefusedError,
    GenerationFailedError, and UnexpectedAnswerError for what is neither success nor an error.
    """
    body = _json(received.body)
    if isinstance(body, dict):
        error = refusal(access, operation, received, body, task_id)
        if error is not None:
            raise error
    if received.status >= 400:
        if isinstance(body, dict) and plain_text(read(operation.answer.get("task_id"), {"body": body})):
            what = f"HTTP {received.status} with a body that means success"
            raise unexpected(access, received, f"{what}; expected the two to agree", task_id)
        raise refused(access, received, by_status(received.status), None, None, "", task_id)
    if not 200 <= received.status < 300:
        raise unexpected(access, received, f"HTTP {received.status}; redirects are not followed", task_id)
    if not isinstance(body, dict):
        what = "an empty body" if not received.body else "a body that is no JSON object"
        raise unexpected(access, received, f"HTTP {received.status} with {what}; expected one", task_id)
    return body


def read_task(
    access: Access, operation: Operation, body: Mapping[str, Any], received: Received, *, task_id: str | None = None
) -> Task:
    """Return the task that a good answer describes. Raises UnexpectedAnswerError.

    `task_id` is the task that was asked for, and counts more than a number in the answer; without it the answer must
    name one. A query must name a state.
    """
    document, reads = {"body": body}, operation.answer
    try:
        named = read(reads.get("task_id"), document)
        found = _id(access, named) if task_id is None or isinstance(named, str) else None
        state = text("state", read(reads.get("state"), document))
        if found is None and task_id is None:
            raise UnreadableError("the body names no task")
        if task_id is not None and found not in (None, task_id):
            raise UnreadableError(
                f"the body is about task {access.masked(found or '')!r:.80}; asked was for {task_id!r}"
            )
        if state is None and operation.role == "query":
            raise UnreadableError("the body names no state")
        error_code = text("error_code", read(reads.get("error_code"), document))
        return Task(
            provider=access.provider,
            id=task_id or found or "",
            state=state,
            phase=phase_of(access.contract, state, error_code) if state is not None else None,
            progress=_progress(read(reads.get("progress"), document)),
            urls=tuple(url for url in texts("urls", read(reads.get("urls"), document)) if is_link(url)),
            error_code=masked(access, error_code),
            error_message=masked(access, text("error_message", read(reads.get("error_message"), document))),
            credits=number("credits", read(reads.get("credits"), document)),
            body=body,
        )
    except UnreadableError as error:
        raise unexpected(access, received, str(error), task_id) from None


def unexpected(access: Access, received: Received, text: str, task_id: str | None = None) -> UnexpectedAnswerError:
    """Return the error for an answer that breaks the contract, in the way that `text` says."""
    came = access.masked(received.body.decode("utf-8", "replace"))[:_SHOWN]
    return UnexpectedAnswerError(
        f"{access.provider} breaks its contract: {access.masked(text)}" + (f"; came {came!r}" if came else ""),
        provider=access.provider,
        status=received.status,
        body=access.masked(received.body.decode("latin-1")).encode("latin-1"),
        task_id=task_id,
    )


def is_link(url: str) -> bool:
    """Whether a text is a URL that can be fetched."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _json(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _id(access: Access, value: Any) -> str | None:
    """Return a task id. A number may be one where ids are all digits; a fraction would have lost some."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and (isinstance(value, float) or _PLACE.sub("", access.contract.id_format)):
        raise UnreadableError(f"the body's task_id is the number {value}; ids are like {access.contract.id_format}")
    found = text("task_id", value)
    if found in (".", ".."):
        raise UnreadableError(f"the body's task_id is {found!r}, which no URL can hold")
    return found


def _progress(value: Any) -> float | None:
    """Return a percentage, which some providers write as the text "30%"; None for what is none."""
    if isinstance(value, str):
        try:
            value = float(value.strip().rstrip("%"))
        except ValueError:
            return None
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100 else None
    )
