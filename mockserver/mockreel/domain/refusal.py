"""Saying no in the provider's dialect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mockreel.domain.document import Lazy
from mockreel.domain.messages import JSON, Answer
from mockreel_contracts import Contract, ErrorCase, Violation

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
        "problems": _listed(refusal.violations) or refusal.decision,
        **refusal.words,
    }
    status = http_status(case, errors_in or contract.errors_in)
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
        (name.lower().encode("latin-1"), filled(value, words).encode("latin-1", "replace"))
        for name, value in case.headers.items()
    ]
    if refusal.hint:
        headers.append((b"x-mock-hint", refusal.hint.encode("ascii", "replace")))
    return Answer(status, contract.replies["error"].body.render(document), (*JSON, *headers, *refusal.headers))


def http_status(case: ErrorCase, errors_in: Literal["body", "http"]) -> int:
    """Return the HTTP status of a case; with `http` a code such as 422 is the status too."""
    if errors_in == "http" and case.status < 400 and isinstance(case.code, int) and 400 <= case.code < 600:
        return case.code
    return case.status


def filled(text: str, words: dict[str, str]) -> str:
    """Put words into a message."""
    for name, word in words.items():
        text = text.replace("{" + name + "}", word)
    return text


def _listed(violations: Sequence[Violation]) -> str:
    listed = "; ".join(str(violation) for violation in violations[:_SHOWN])
    return f"{listed}; and {len(violations) - _SHOWN} more" if len(violations) > _SHOWN else listed
