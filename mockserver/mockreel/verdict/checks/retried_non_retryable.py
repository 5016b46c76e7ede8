"""A call that was refused for good is sent again."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play
from mockreel.verdict.sight import Heard

_NOT_YET = "not_found"  # of a query soon after the create


def look(play: Play) -> Looked:
    """Judge each refusal that the contract calls not retryable, and that the client could read."""
    for group in sight.tries(play, "submit", "query", "balance", "list"):
        refused = []
        for entry in group:
            case = sight.case_of(play, entry)
            if case is None or case.retryable or sight.heard(play, entry) is not Heard.REFUSED or entry.task_id:
                continue
            if case.like == _NOT_YET and sight.role_of(play, entry) == "query":
                continue
            refused.append((entry, case))
        if not refused:
            continue
        first, case = refused[0]
        again = [entry for entry in group if entry.seq > first.seq]
        if not again:
            yield None
            continue
        yield Finding(
            f"{case.id} was answered, which does not pass, and the same call was sent {len(again)} more times",
            operation=first.operation,
            expected="no further call: the contract says retryable: false",
            pointer=f"behavior.yaml#/errors/{case.id}",
            cause="every error is retried, whatever it says",
            evidence=shown(play, [first, *again]),
        )


CHECK = Check(
    id="retried_non_retryable",
    title="A refusal that does not pass is retried",
    why="The answer will be the same each time: it costs time, counts against the rate, and hides the cause.",
    known_from="The providers' pages list 401, 402, 422, 501 and 505 beside 429, 455 and 500 with different texts; "
    "one provider says all of them under HTTP 200, another says missing credits as HTTP 400 (contract sources A1, D1), "
    "so that retrying by HTTP status alone goes wrong.",
    hint="Retry only what the contract calls retryable (docs/reference/errors.md). Stop at a wrong key, missing "
    "credits, a bad request or a feature that is off, and tell a person.",
    needs="a refusal that the contract calls not retryable",
    look=look,
)
