"""From an answer to what it says: a body that means success, or the one error that fits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from mockreel_client.access import Access
from mockreel_client.effects import Received
from mockreel_client.errors import REACTIONS, ClientError, GenerationFailedError, RefusedError, UnexpectedAnswerError
from mockreel_client.task import Task
from mockreel_client.values import UnreadableError, number, phase_of, read, text, texts
from mockreel_contracts import ErrorCase, Operation
from mockreel_contracts.model import CANONICAL_CODES

_SHOWN = 300  # characters of a received text that a message repeats
_MOST_RETRY_AFTER_S = 1e6
_BY_STATUS = {403: "unauthorized", 408: "internal_error", 410: "not_found"} | dict.fromkeys(
    (400, 405, 406, 411, 413, 414, 415), "invalid_request"
)
_EXPLANATION = re.compile(r"[:\s(]*\{problems\}\)?")
_PLACE = re.compile(r"\{[^}]*\}")  # of an id's format: what is not in one is the same in every id
_FINAL = (501, 505)  # server errors that the same request would meet again


def read_answer(
    access: Access, operation: Operation, received: Received, *, task_id: str | None = None
) -> dict[str, Any]:
    """Return the body of an answer that means success.

    The code in the body counts whatever HTTP says, and HTTP's status where the body says nothing. Raises RefusedError,
    GenerationFailedError, and UnexpectedAnswerError for what is neither success nor an error.
    """
    body = _json(received.body)
    if isinstance(body, dict):
        error = _refusal(access, operation, received, body, task_id)
        if error is not None:
            raise error
    if received.status >= 400:
        if isinstance(body, dict) and _text_or_none(read(operation.answer.get("task_id"), {"body": body})):
            what = f"HTTP {received.status} with a body that means success"
            raise unexpected(access, received, f"{what}; expected the two to agree", task_id)
        raise _refused(access, received, _by_status(received.status), None, None, "", task_id)
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
            error_code=_masked(access, error_code),
            error_message=_masked(access, text("error_message", read(reads.get("error_message"), document))),
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


def retry_after_s(received: Received) -> float | None:
    """Return what a Retry-After header asks for, in seconds; a moment counts from the answer's own Date."""
    value = received.headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment, sent = parsedate_to_datetime(value), parsedate_to_datetime(received.headers.get("date", ""))
            seconds = (moment - sent).total_seconds()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), _MOST_RETRY_AFTER_S) if seconds == seconds else None


def _json(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _refusal(
    access: Access, operation: Operation, received: Received, body: dict[str, Any], task_id: str | None
) -> ClientError | None:
    """Return the error that a body speaks of, None where it speaks of none."""
    reads, document = access.contract.error_reads, {"body": body}
    code, reason = _plain(read(reads.code, document)), _text_or_none(read(reads.reason, document))
    if (code in (None, "") and reason is None) or str(code) in {str(word) for word in reads.success}:
        return None
    message = _text_or_none(read(reads.message, document)) or ""
    case = find_case(access, operation, received.status, code, reason, message)
    if case is None:
        like = CANONICAL_CODES.get(str(code)) or _by_status(code if isinstance(code, int) else received.status)
        return _refused(access, received, like, code, reason, message, task_id)
    return _refused(access, received, case.like, code, reason, message, task_id, case)


def find_case(
    access: Access, operation: Operation, status: int, code: int | str | None, reason: str | None, message: str
) -> ErrorCase | None:
    """Return the ErrorCase that an error is. Code and reason must fit; then status, operation and message decide."""
    fitting = [
        case
        for case in access.contract.errors.values()
        if (code is None or str(case.code) == str(code)) and (reason is None or case.reason == reason)
    ]

    def nearness(case: ErrorCase) -> tuple[bool, bool, bool]:
        is_of_stage = operation.role in case.stages or "auth" in case.stages
        return case.status == status, is_of_stage, _is_made_of(case.message, message)

    return max(fitting, key=nearness, default=None)


def _is_made_of(template: str, message: str) -> bool:
    """Whether a message may come from a template with places such as {field} in it."""
    at = 0
    for part in _fixed_parts(template):
        found = message.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _fixed_parts(template: str) -> list[str]:
    """Return what stands between the places; {problems} is a mock's explanation, which a provider does not give."""
    return [part.rpartition("}")[2] for part in _EXPLANATION.sub("", template).split("{")]


def _refused(
    access: Access,
    received: Received,
    like: str | None,
    code: int | str | None,
    reason: str | None,
    message: str,
    task_id: str | None,
    case: ErrorCase | None = None,
) -> ClientError:
    message, reason = access.masked(message), _masked(access, reason)
    code = _masked(access, code) if isinstance(code, str) else code
    name = case.id if case is not None else "an error that its contract does not know"
    said = f": {message[:_SHOWN]}" if message else ""
    codes = f", code {code}" if code not in (None, "", received.status) else ""
    codes += f", {reason}" if reason and reason != code else ""
    said = f"{access.provider} answers {name} (HTTP {received.status}{codes}){said}"
    if like == "generation_failed":
        return GenerationFailedError(said, provider=access.provider, code=code, message=message, task_id=task_id)
    return REACTIONS.get(like or "", RefusedError)(
        said,
        provider=access.provider,
        case=case.id if case is not None else None,
        status=received.status,
        code=code,
        reason=reason,
        message=message,
        retry_after_s=retry_after_s(received),
        is_retryable=case.retryable if case is not None else _is_passing(like, received.status),
        task_id=task_id,
    )


def _by_status(status: int) -> str | None:
    """Return the case that a status of HTTP stands for, None where it may be anything."""
    if status >= 500:
        return "internal_error"
    return _BY_STATUS.get(status) or CANONICAL_CODES.get(str(status))


def _is_passing(like: str | None, status: int) -> bool:
    return like in ("rate_limited", "maintenance") or (like == "internal_error" and status not in _FINAL)


def _masked(access: Access, text: str | None) -> str | None:
    return access.masked(text) if text is not None else None


def _plain(value: Any) -> int | str | None:
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def _text_or_none(value: Any) -> str | None:
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) and value != "" else None


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


def is_link(url: str) -> bool:
    """Whether a text is a URL that can be fetched."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
