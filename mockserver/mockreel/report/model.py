"""A report: what was checked, what came of it, and what shows it. Nothing here does I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal


class Status(StrEnum):
    """What came of a check. `WARN` does not fail a run; `INCONCLUSIVE` is a check that could not be made."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    WARN = "warn"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One exchange or delivery that shows a finding.

    `curl` makes the same call again, its API key masked; `sent` and `received` are what went over the wire, `received`
    with its status line first. `seq` is its number in the record of the run, `at_ms` its moment in Unix milliseconds.
    """

    title: str
    curl: str = ""
    sent: str = ""
    received: str = ""
    seq: int | None = None
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `message` says what in one sentence, `expected` what the contract says, `pointer` where it says so
    (`behavior.yaml#/errors/unauthorized`, from the provider's folder), `cause` what probably is wrong and `hint` what
    to do. Findings of one check that share `operation` and `fold` are one, found `count` times. `credits` is what it
    cost for nothing. `is_known` marks one that stood in an earlier report.
    """

    message: str
    operation: str = ""
    expected: str = ""
    pointer: str = ""
    cause: str = ""
    hint: str = ""
    evidence: tuple[Evidence, ...] = ()
    count: int = 1
    credits: Decimal = Decimal(0)
    fold: str = ""
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one check.

    `why` is its rationale in one line, `pointer` the place in the contract it rests on, `about` the scenario it was
    made in (empty: the whole run), `looked_at` how many things it judged. `message` is the first finding's, or the
    reason why nothing could be checked.
    """

    id: str
    status: Status
    why: str = ""
    layer: str = ""
    operation: str = ""
    message: str = ""
    pointer: str = ""
    about: str = ""
    looked_at: int = 0
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of one kind of thing in a contract was reached, and what was not."""

    name: str
    reached: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def percent(self) -> float:
        """100 where there is nothing to reach."""
        total = len(self.reached) + len(self.missed)
        return 100 * len(self.reached) / total if total else 100.0


Lane = Literal["request", "state", "callback", "money", "client"]


@dataclass(frozen=True, slots=True)
class Event:
    """A point on the timeline of a story, `at_s` seconds after its start. `is_bad` marks what a finding is about."""

    at_s: float
    lane: Lane
    text: str
    detail: str = ""
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """What happened in one scenario, as a timeline."""

    name: str
    title: str
    status: Status
    events: tuple[Event, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run. `kind` is what was verified; `replay` is the command line that makes the same run again."""

    kind: Literal["server", "client"]
    subject: str
    provider: str
    profile: str
    verdict: Literal["pass", "fail", "inconclusive"]
    seed: int
    checks: tuple[CheckResult, ...]
    credits_spent: Decimal = Decimal(0)
    coverage: tuple[Coverage, ...] = ()
    stories: tuple[Story, ...] = ()
    score: int | None = None
    replay: str = ""
    started_ms: int = 0
    took_s: float = 0.0
    notes: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    """Further lines for the head of a report, by their names."""


def verdict_of(checks: tuple[CheckResult, ...]) -> Literal["pass", "fail", "inconclusive"]:
    """Return fail where any check failed, inconclusive where none passed, and otherwise pass."""
    found = {check.status for check in checks}
    if Status.FAIL in found:
        return "fail"
    return "pass" if found & {Status.PASS, Status.WARN} else "inconclusive"
