"""Failed calls are sent again at once, over and over."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Doubt, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play

_WAITS = 3
_TOGETHER_S = 0.15  # of three waits; full jitter from half a second stays below it once in 2,000 times


def look(play: Play) -> Looked:
    """Judge each row of failed tries of one call, on the wall clock."""
    for row in sight.failing_runs(play, "submit", "query", "balance", "list"):
        gaps = sight.gaps_s(row)
        hasty = [i for i in range(len(gaps) - _WAITS + 1) if sum(gaps[i : i + _WAITS]) < _TOGETHER_S]
        if not hasty:
            yield None
            continue
        sent = row[hasty[0] : hasty[0] + _WAITS + 1]
        yield Doubt(
            Finding(
                f"a failing call was sent {len(sent)} times within {sum(sight.gaps_s(sent)):.2f} s",
                operation=sent[0].operation,
                expected="a wait between two tries, longer each time, with a part of chance",
                cause="a loop around the call without a wait",
                evidence=shown(play, sent),
                fold="hasty",
            )
        )


CHECK = Check(
    id="no_backoff",
    title="Failed calls are repeated without a wait",
    why="A service that is down or busy is kept so, and the tries are used up before it is back.",
    known_from="The query page of one provider advises 2 to 3 seconds at first and longer waits later; the AWS "
    "Architecture Blog (2015) shows what waits with full jitter do for a service in trouble.",
    hint="Wait before each try, doubling the wait up to some 20 seconds, with chance in it.",
    needs="a call that failed and was tried again",
    look=look,
    weight=1,
)
