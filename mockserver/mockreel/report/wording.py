"""What the forms for people share: names, sections and the order in which checks are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from mockreel.report.as_json import number
from mockreel.report.model import CheckResult, Finding, Report, Status
from mockreel.report.text import amount

WHOLE_RUN = "whole run"
KNOWN_MARK = "known since baseline: "


def headline(report: Report) -> str:
    """Return what was verified, in one line."""
    return f"verify {report.kind}: {report.subject} ({report.provider}, profile {report.profile}, seed {report.seed})"


def sections(report: Report) -> Mapping[str, list[CheckResult]]:
    """Return the checks by layer, in the order of their first check."""
    found: dict[str, list[CheckResult]] = {}
    for check in report.checks:
        found.setdefault(check.layer or WHOLE_RUN, []).append(check)
    return found


def ordered(report: Report, status: Status) -> list[CheckResult]:
    """Return the checks of that status; what cost most comes first."""
    found = [check for check in report.checks if check.status is status]
    return sorted(found, key=lambda check: -sum(each.credits for each in check.findings))


def tally(checks: Iterable[CheckResult]) -> Counter[Status]:
    """Return how many checks came out in each way."""
    return Counter(check.status for check in checks)


def told(finding: Finding, check: CheckResult) -> list[str]:
    """Return a finding in lines: what is wrong, what the contract says, why probably, what to do, what it cost."""
    known = KNOWN_MARK if finding.is_known else ""
    where = f"{finding.operation}: " if finding.operation not in ("", check.operation) else ""
    times = f" (found {finding.count:,} times)" if finding.count > 1 else ""
    said = " ".join(filter(None, (finding.expected, f"[{pointer}]" if (pointer := pointer_of(finding, check)) else "")))
    cost = f"{amount(number(finding.credits))} credits" if finding.credits else ""
    lines = {
        "contract" if pointer else "expected": said,
        "cost for nothing": cost,
        "probable cause": finding.cause,
        "what to do": finding.hint,
    }
    return [f"{known}{where}{finding.message}{times}", *(f"{name}: {text}" for name, text in lines.items() if text)]


def pointer_of(finding: Finding, check: CheckResult) -> str:
    """Return the place in the contract that a finding, or else its check, rests on."""
    return finding.pointer or check.pointer
