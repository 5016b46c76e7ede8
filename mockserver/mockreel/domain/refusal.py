"""Saying no in the provider's dialect."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from mockreel.domain.document import Lazy
from mockreel.domain.messages import JSON, Answer
from mockreel_contracts import Contract, ErrorCase, Violation

_HINT = 300  # characters of a hint
_SHOWN = 5  # problems that a message lists; the journal has the first of them too


class Refusal(Exception):  # noqa: N818 - a decision, not a mistake of the program
    """A request is refused with an ErrorCase. `decision` says why, for the journal; `words` fill the message."""

    def __init__(
        self,
        case: ErrorCase,
        decision: str,
        *,
        violations: Sequence[Violation] = (),
        hint: str = "",
        headers: tuple[tuple[bytes, bytes], ...] = (),
        **words: str,
    ) -> None:
        super().__init__(decision)
        self.case = case
        self.decision = decision
        self.violations = violations
        self.hint = hint
        self.headers = headers
        self.words = words


class Unreached(Exception):  # noqa: N818 - likewise
    """A fault of the network comes before the request: it is not carried out, and nothing answers."""


def answer(
    contract: Contract, refusal: Refusal, *, trace_id: str, errors_in: Literal["body", "http"] | None = None
) -> Answer:
    """Render a refusal. `errors_in` overrides where the contract puts its codes."""
    case = refusal.case
    initial = contract.lifecycle.states[contract.lifecycle.initial].wire
    words = {
        "state": initial,  # these four stand in where an error is made on demand, on no task in particular
        "task_id": "unknown",
        "model": "unknown",
        "retry_after_s": "1",
        "fields": ", ".join(dict.fromkeys(v.field for v in refusal.violations)) or "field",
        "field": refusal.violations[0].field if refusal.violations else "field",
        "problems": _listed(refusal.violations) or refusal.decision,
        **refusal.words,
    }
    status = http_status(contract, case, errors_in)
    document = Lazy(
        {
            "error": {
                "case": case.id,
                "code": case.code,
                "reason": case.reason,
                "message": filled(case.message, words),
                "status": status,
                "trace_id": trace_id,
            }
        },
        {},
    )
    headers = [
        (name.lower().encode("latin-1"), _header_text(filled(value, words))) for name, value in case.headers.items()
    ]
    if refusal.hint:
        headers.append((b"x-mock-hint", _header_text(refusal.hint)))
    return Answer(status, contract.replies["error"].body.render(document), (*JSON, *headers, *refusal.headers))


def http_status(contract: Contract, case: ErrorCase, errors_in: Literal["body", "http"] | None) -> int:
    """Return the HTTP status of a case.

    With "http" a code such as 422 is the status too. With "body", where the contract has its codes in the body,
    every status is 200 but for routes. With None it is as the case says.
    """
    is_in_body = contract.errors_in == "body"
    if errors_in == "body" and is_in_body and "route" not in case.stages:
        return 200
    mirrors = (errors_in or contract.errors_in) == "http"
    if mirrors and case.status < 400 and isinstance(case.code, int) and 400 <= case.code < 600:
        return case.code
    return case.status


def filled(text: str, words: dict[str, str]) -> str:
    """Put words into a message."""
    for name, word in words.items():
        text = text.replace("{" + name + "}", word)
    return text


def _header_text(text: str) -> bytes:
    """Return text as a header value: printable ASCII, of a bounded length."""
    return re.sub(rb"[^\x20-\x7e]", b"?", text[:_HINT].encode("ascii", "replace"))


def _listed(violations: Sequence[Violation]) -> str:
    listed = "; ".join(str(violation) for violation in violations[:_SHOWN])
    return f"{listed}; and {len(violations) - _SHOWN} more" if len(violations) > _SHOWN else listed
