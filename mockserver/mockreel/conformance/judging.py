"""From a record to results: every check is made, alike findings are folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mockreel.conformance.check import Check, all_checks
from mockreel.conformance.exchange import Record
from mockreel.report import CheckResult, Finding, Status

_EVIDENCE = 3  # exchanges that a folded finding shows


def judge(record: Record, chosen: Iterable[Check] | None = None) -> tuple[CheckResult, ...]:
    """Make checks (default: all) over a record."""
    return tuple(_result(check, record) for check in (all_checks().values() if chosen is None else chosen))


def _result(check: Check, record: Record) -> CheckResult:
    found: list[Finding] = []
    looked_at = 0
    for outcome in check.look(record):
        looked_at += 1
        if outcome is not None:
            found.append(outcome)
    folded = tuple(fold(found))
    if folded:
        status, message = Status.FAIL, folded[0].message
    elif looked_at:
        status, message = Status.PASS, ""
    else:
        reasons = [reason for probe in check.probes for reason in record.missed.get(probe, ())]
        status, message = (
            Status.INCONCLUSIVE,
            (check.lacking(record.contract) or "; ".join(dict.fromkeys(reasons)) or check.needs),
        )
    return CheckResult(
        check.id,
        status,
        why=check.why,
        layer=check.layer,
        operation=folded[0].operation if folded else "",
        message=message,
        pointer=(folded[0].pointer if folded else "") or check.pointer,
        looked_at=looked_at,
        findings=folded,
    )


def fold(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Put findings together that share their operation and what they fold by: the shortest request shows them."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.operation, finding.fold or finding.message), []).append(finding)
    for group in groups.values():
        shown = min(group, key=lambda finding: sum(len(each.sent) for each in finding.evidence))
        evidence = [each for finding in group if finding is not shown for each in finding.evidence]
        yield replace(
            shown,
            count=sum(finding.count for finding in group),
            evidence=(shown.evidence + tuple(evidence))[: max(_EVIDENCE, len(shown.evidence))],
            credits=sum((finding.credits for finding in group), start=group[0].credits * 0),
        )
