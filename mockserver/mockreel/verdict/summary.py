"""From all plays of a client to one judgement: results, stories and a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from mockreel.report import CheckResult, Status, Story
from mockreel.verdict import sight
from mockreel.verdict.battery import acts_of
from mockreel.verdict.checks import BY_ID
from mockreel.verdict.enough import lacking, to_be_made
from mockreel.verdict.judging import Verdict, overall, verdict_on, verdict_word, wasted
from mockreel.verdict.play import Play
from mockreel.verdict.stories import story_of

_EARNED = {Status.PASS: 1.0, Status.WARN: 0.5}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of a run. `checks` are over all scenarios, `verdicts` by scenario, in the order played.

    `score` is None where the client never made a task. `lacking` says why that which was not wrong is no pass, or ''.
    `credits_spent` is what its tasks cost, refunds taken off; `credits_wasted` what the findings say was paid for
    nothing.
    """

    verdict: Literal["pass", "fail", "inconclusive"]
    checks: tuple[CheckResult, ...]
    verdicts: tuple[Verdict, ...]
    stories: tuple[Story, ...]
    score: int | None
    credits_spent: Decimal
    credits_wasted: Decimal
    lacking: str = ""


def judge_plays(plays: Sequence[Play]) -> Judgement:
    """Judge a client by all that it played."""
    verdicts = tuple(verdict_on(play) for play in plays)
    checks = overall(verdicts) if verdicts else ()
    has_made = any(sight.made(play) for play in plays)
    word = verdict_word(checks)
    missing = lacking(checks, plays) if has_made and word == "pass" else ""
    return Judgement(
        "inconclusive" if word == "pass" and (missing or not has_made) else word,
        checks,
        verdicts,
        tuple(story_of(verdict) for verdict in verdicts),
        score_of(checks, plays) if has_made else None,
        sum((task.charged for play in plays for task in play.tasks), Decimal(0)),
        wasted(checks),
        missing,
    )


def score_of(checks: Sequence[CheckResult], plays: Sequence[Play]) -> int:
    """Return 0 to 100: the share of the checks that were there to be passed which were passed, by their weights.

    A check is there to be passed if one of the scenarios played is for it, or if it has found something. A warning
    counts half; a finding, and a check that could not be made, count nothing. So what a client does not do is worth
    no more than what it does badly.
    """
    there = to_be_made(plays)
    counted = [each for each in checks if each.id in there or each.status in (Status.FAIL, Status.WARN)]
    total = sum(BY_ID[each.id].weight for each in counted)
    earned = sum(BY_ID[each.id].weight * _EARNED.get(each.status, 0.0) for each in counted)
    return int(100 * earned / total) if total else 0


def explain(check_id: str) -> str:
    """Return what a check is about, as text. Raises ValueError for a check that is not known."""
    from mockreel_contracts.near import near

    check = BY_ID.get(check_id)
    if check is None:
        alike = near(check_id, BY_ID, most=1)
        hint = f"did you mean {alike[0]}?" if alike else "--list-checks lists them"
        raise ValueError(f"no check {check_id!r}; {hint}")
    acts = ", ".join(act.name for act in acts_of(check_id)) or "any"
    return "\n".join(
        [
            f"{check.id}: {check.title}",
            "",
            f"Why it matters: {check.why}",
            f"Known from: {check.known_from}",
            f"What to do: {check.hint}",
            "",
            f"It needs {check.needs}.",
            f"Scenarios that are for it: {acts}",
            f"Its weight in the score: {check.weight} of 3",
        ]
    )
