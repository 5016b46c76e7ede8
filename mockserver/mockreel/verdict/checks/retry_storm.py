"""A failing call is sent again without end."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play

MANY = 20
WITHIN_S = 10.0


def look(play: Play) -> Looked:
    """Judge each row of failed tries of one call, on the wall clock."""
    for row in sight.failing_runs(play, "submit", "query", "balance", "list"):
        storms = [i for i in range(len(row) - MANY + 1) if row[i + MANY - 1].at_ms - row[i].at_ms < WITHIN_S * 1000]
        if not storms:
            yield None
            continue
        span_s = (row[-1].at_ms - row[0].at_ms) / 1000
        yield Finding(
            f"a failing call was sent {len(row)} times in {span_s:.1f} s",
            operation=row[0].operation,
            expected=f"fewer than {MANY} tries in {WITHIN_S:g} s, and an end to them",
            cause="a retry loop without a count, and without a wait that grows",
            evidence=shown(play, row),
            fold="storm",
        )


CHECK = Check(
    id="retry_storm",
    title="A failing call is hammered",
    why="A short outage becomes a long one, and an account gets blocked.",
    known_from="One provider allows 20 new requests in 10 seconds for an account and rejects the rest (its Getting "
    "Started page); another answers SystemThrottling (its page of error codes).",
    hint="Count the tries, let the waits grow, and stop with an error after a handful.",
    needs="a call that failed and was tried again",
    look=look,
)
