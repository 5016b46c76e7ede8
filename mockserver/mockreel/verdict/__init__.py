"""`mockreel verify client`: is an integration safe to put in production?"""

from mockreel.verdict.battery import Act, acts_for, acts_of, battery
from mockreel.verdict.check import Check, Doubt
from mockreel.verdict.checks import BY_ID, CHECKS
from mockreel.verdict.judging import Verdict, judge, verdict_on
from mockreel.verdict.play import Claim, Play, TaskFacts
from mockreel.verdict.resilient import assert_resilient
from mockreel.verdict.stage import Stage
from mockreel.verdict.summary import Judgement, explain, judge_plays

__all__ = [
    "BY_ID",
    "CHECKS",
    "Act",
    "Check",
    "Claim",
    "Doubt",
    "Judgement",
    "Play",
    "Stage",
    "TaskFacts",
    "Verdict",
    "acts_for",
    "acts_of",
    "assert_resilient",
    "battery",
    "explain",
    "judge",
    "judge_plays",
    "verdict_on",
]
