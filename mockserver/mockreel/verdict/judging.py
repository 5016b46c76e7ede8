"""From plays to verdicts: of each check, of each scenario, and of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from mockreel.domain.journal import Delivery, Entry
from mockreel.domain.scenario import Scenario
from mockreel.report import CheckResult, Finding, Status
from mockreel.report.model import verdict_of
from mockreel.verdict.check import Check, Doubt
from mockreel.verdict.checks import CHECKS
from mockreel.verdict.play import Claim, Play, TaskFacts
from mockreel_contracts import Contract

MOST_FINDINGS = 20  # of one check in one scenario: of more, the last counts the rest
_WORST = (Status.FAIL, Status.WARN, Status.PASS, Status.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one scenario. `results` has every check."""

    play: Play
    status: Status
    results: tuple[CheckResult, ...]


def judge(
    journal: Play | Iterable[Entry | Delivery],
    contract: Contract | None = None,
    *,
    tasks: Sequence[TaskFacts] = (),
    claim: Claim | None = None,
    key: str = "",
    name: str = "journal",
) -> tuple[CheckResult, ...]:
    """Judge a play, or the journal of a MockProvider and its contract; returns a result for each check.

    >>> for result in judge(mock.journal, mock.engine.services[PROVIDER].contract):
    >>>     print(result.status, result.id, result.message)

    Of a journal alone it is not known what the client said at its end (`claim`), so checks of that are inconclusive.
    Raises ValueError for a journal without a contract.
    """
    if isinstance(journal, Play):
        return tuple(_judged(check, journal) for check in CHECKS)
    if contract is None:
        raise ValueError("a journal is judged by a contract: judge(mock.journal, contract)")
    own = tuple(entry for entry in journal if entry.provider in ("", contract.provider))
    play = Play(
        scenario=Scenario(name, ""),
        contract=contract,
        entries=own,
        tasks=tuple(tasks),
        claim=claim or Claim("unknown"),
        key=key,
        takes_callbacks=any(isinstance(entry, Delivery) for entry in own),
        started_ms=own[0].at_ms if own else 0,
        dropped=getattr(journal, "dropped", 0),
    )
    return judge(play)


def verdict_on(play: Play) -> Verdict:
    """Return what came of one scenario."""
    results = judge(play)
    return Verdict(play, worst(result.status for result in results), results)


def worst(found: Iterable[Status]) -> Status:
    """Return the worst of some verdicts; a check that could not be made counts only where there is no other."""
    present = set(found)
    return next((status for status in _WORST if status in present), Status.INCONCLUSIVE)


def overall(verdicts: Sequence[Verdict]) -> tuple[CheckResult, ...]:
    """Return one result for each check, over all scenarios."""
    return tuple(_summed(check, [verdict.results[index] for verdict in verdicts]) for index, check in enumerate(CHECKS))


def verdict_word(results: tuple[CheckResult, ...]) -> Literal["pass", "fail", "inconclusive"]:
    """Return the one word for a run."""
    return verdict_of(results)


def _judged(check: Check, play: Play) -> CheckResult:
    failed: list[Finding] = []
    doubted: list[Finding] = []
    good = 0
    for found in check.look(play):
        if isinstance(found, Finding):
            failed.append(found)
        elif isinstance(found, Doubt):
            doubted.append(found.finding)
        else:
            good += 1
    findings = tuple(replace(each, hint=each.hint or check.hint) for each in _few(folded([*failed, *doubted])))
    status = _status(check, play, failed=len(failed), doubted=len(doubted), good=good)
    message = findings[0].message if findings else "" if status is Status.PASS else _reason(check, play, good)
    return CheckResult(
        check.id,
        status,
        why=check.why,
        layer="client",
        operation=findings[0].operation if findings else "",
        message=message,
        pointer=findings[0].pointer if findings else "",
        about=play.scenario.name,
        looked_at=good + len(failed) + len(doubted),
        findings=findings,
    )


def _status(check: Check, play: Play, *, failed: int, doubted: int, good: int) -> Status:
    if failed:
        return check.severity
    if doubted:
        return Status.WARN
    return Status.PASS if good >= check.minimum and not play.dropped else Status.INCONCLUSIVE


def _reason(check: Check, play: Play, good: int) -> str:
    """Return why nothing can be said."""
    if not play.calls:
        return "the client made no call"
    if play.dropped:
        return f"the journal had to forget {play.dropped} entries"
    more = f" ({good} of {check.minimum} seen)" if good else ""
    return f"needs {check.needs}{more}"


def folded(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings, those that are the same thing as one that counts them."""
    kept: dict[tuple[str, str], Finding] = {}
    for index, finding in enumerate(findings):
        place = (finding.operation, finding.fold or str(index))
        first = kept.get(place)
        kept[place] = finding if first is None else _counting(first, [finding])
    return tuple(kept.values())


def _few(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    if len(findings) <= MOST_FINDINGS:
        return findings
    *kept, last = findings[:MOST_FINDINGS]
    return (*kept, _counting(last, findings[MOST_FINDINGS:]))


def _counting(finding: Finding, others: Sequence[Finding]) -> Finding:
    """Return a finding that stands for others, too."""
    count = finding.count + sum(other.count for other in others)
    return replace(finding, count=count, credits=sum((other.credits for other in others), finding.credits))


def _summed(check: Check, results: Sequence[CheckResult]) -> CheckResult:
    looked_at = sum(result.looked_at for result in results)
    status = worst(result.status for result in results)
    findings = tuple(
        replace(finding, message=f"{result.about}: {finding.message}")
        for wanted in (Status.FAIL, Status.WARN)
        for result in results
        if result.status is wanted
        for finding in result.findings
    )
    first = findings[0] if findings else None
    reasons = {result.message for result in results}
    lacking = reasons.pop() if len(reasons) == 1 else f"needs {check.needs}"
    message = first.message if first else "" if status is Status.PASS else lacking
    return CheckResult(
        check.id,
        status,
        why=check.why,
        layer="client",
        operation=first.operation if first else "",
        message=message,
        pointer=first.pointer if first else "",
        about=", ".join(dict.fromkeys(result.about for result in results if result.status is status and findings)),
        looked_at=looked_at,
        findings=findings,
    )


def wasted(results: Iterable[CheckResult]) -> Decimal:
    """Return the credits that the findings cost for nothing."""
    return sum((finding.credits for result in results for finding in result.findings), Decimal(0))
