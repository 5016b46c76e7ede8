"""Which error an answer is: found in the contract by the body's code and reason, else by HTTP's status."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import Any

from mockreel_client.access import Access
from mockreel_client.effects import Received
from mockreel_client.errors import REACTIONS, ClientError, GenerationFailedError, RefusedError
from mockreel_client.values import read
from mockreel_contracts import ErrorCase, Operation
from mockreel_contracts.model import CANONICAL_CODES

_SHOWN = 300  # characters of a provider's message that ours repeats
_MOST_RETRY_AFTER_S = 1e6
_BY_STATUS = {403: "unauthorized", 408: "internal_error", 410: "not_found"} | dict.fromkeys(
    (400, 405, 406, 411, 413, 414, 415), "invalid_request"
)
_EXPLANATION = re.compile(r"[:\s(]*\{problems\}\)?")
_FINAL = (501, 505)  # server errors that the same request would meet again


def refusal(
    access: Access, operation: Operation, received: Received, body: dict[str, Any], task_id: str | None
) -> ClientError | None:
    """Return the error that a body speaks of, None where it speaks of none."""
    reads, document = access.contract.error_reads, {"body": body}
    code, reason = _plain(read(reads.code, document)), plain_text(read(reads.reason, document))
    if (code in (None, "") and reason is None) or str(code) in {str(word) for word in reads.success}:
        return None
    message = plain_text(read(reads.message, document)) or ""
    case = find_case(access, operation, received.status, code, reason, message)
    if case is None:
        status = code if isinstance(code, int) and 400 <= code < 600 else received.status
        like = CANONICAL_CODES.get(str(code)) or by_status(status)
        return refused(access, received, like, code, reason, message, task_id)
    return refused(access, received, case.like, code, reason, message, task_id, case)


def refused(
    access: Access,
    received: Received,
    like: str | None,
    code: int | str | None,
    reason: str | None,
    message: str,
    task_id: str | None,
    case: ErrorCase | None = None,
) -> ClientError:
    """Return the error that is like one of the provider-neutral cases, with what is known of it."""
    message, reason = access.masked(message), masked(access, reason)
    code = masked(access, code) if isinstance(code, str) else code
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


def by_status(status: int) -> str | None:
    """Return the case that a status of HTTP stands for, None where it may be anything."""
    if status >= 500:
        return "internal_error"
    return _BY_STATUS.get(status) or CANONICAL_CODES.get(str(status))


def plain_text(value: Any) -> str | None:
    """Return a text that is not empty, or a number as one; None for anything else."""
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) and value != "" else None


def masked(access: Access, text: str | None) -> str | None:
    """Return a text without the API key, None for none."""
    return access.masked(text) if text is not None else None


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


def _is_passing(like: str | None, status: int) -> bool:
    return like in ("rate_limited", "maintenance") or (like == "internal_error" and status not in _FINAL)


def _plain(value: Any) -> int | str | None:
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None
