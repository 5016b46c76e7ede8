"""A report as JUnit XML, as GitHub's, GitLab's and Jenkins' readers take it.

There is no standard; this keeps to what the schemas of Ant and Jenkins share. GitLab tells test cases apart by class
name and name and drops the second of two that are alike, so none are. One `failure` a test case; a check that could
not be made is skipped; a warning passes and says so in `system-out`. Checks judge what was written down and take no
time of their own, so only the run has a `time`, and its suite where there is one.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from mockreel.report.as_json import number
from mockreel.report.model import CheckResult, Report, Status
from mockreel.report.text import amount, bounded, one_line, shown, trimmed
from mockreel.report.wording import sections, tally, told

_MESSAGE = 500  # characters of an attribute
_TEXT = 20_000  # characters of what a test case says


def render(report: Report) -> str:
    """Return the report as XML text."""
    report = bounded(report)
    found = tally(report.checks)
    root = ET.Element("testsuites", name=f"mockreel verify {report.kind}", time=f"{report.took_s:.3f}", errors="0")
    root.set("tests", str(len(report.checks)))
    root.set("failures", str(found[Status.FAIL]))
    names: Counter[tuple[str, str]] = Counter()
    for place, (name, checks) in enumerate(sections(report).items()):
        _suite(root, report, place, one_line(name) or "-", checks, names)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(
    root: ET.Element,
    report: Report,
    place: int,
    name: str,
    checks: list[CheckResult],
    names: Counter[tuple[str, str]],
) -> None:
    found = tally(checks)
    counts = {"tests": len(checks), "failures": found[Status.FAIL], "errors": 0, "skipped": found[Status.INCONCLUSIVE]}
    package = f"mockreel.{report.kind}"
    suite = ET.SubElement(root, "testsuite", id=str(place), name=name, package=package, hostname="localhost")
    for key, value in counts.items():
        suite.set(key, str(value))
    moment = datetime.fromtimestamp(report.started_ms // 1000, UTC)
    suite.set("timestamp", moment.strftime("%Y-%m-%dT%H:%M:%S"))
    if len(checks) == len(report.checks):
        suite.set("time", root.get("time", ""))
    properties = ET.SubElement(suite, "properties")
    for key, text in _facts(report).items():
        ET.SubElement(properties, "property", name=one_line(key) or "-", value=trimmed(shown(text), _MESSAGE))
    for check in checks:
        _case(suite, check, f"{package}.{name}", names)


def _facts(report: Report) -> dict[str, str]:
    return {
        **report.facts,
        "verdict": report.verdict,
        "subject": report.subject,
        "provider": report.provider,
        "profile": report.profile,
        "seed": str(report.seed),
        "credits_spent": amount(number(report.credits_spent)),
        "replay": report.replay,
    }


def _case(suite: ET.Element, check: CheckResult, group: str, names: Counter[tuple[str, str]]) -> None:
    name = " ".join(filter(None, (one_line(check.id), one_line(check.operation)))) or "-"
    names[group, name] += 1
    if names[group, name] > 1:
        name = f"{name} ({names[group, name]})"
    case = ET.SubElement(suite, "testcase", classname=group, name=name)
    message = trimmed(one_line(check.message or check.why), _MESSAGE)
    if check.status is Status.INCONCLUSIVE:
        ET.SubElement(case, "skipped", message=message)
    elif check.status is Status.FAIL:
        ET.SubElement(case, "failure", message=message, type=one_line(check.id)).text = _text(check)
    elif check.status is Status.WARN:
        ET.SubElement(case, "system-out").text = f"warning: {_text(check)}"


def _text(check: CheckResult) -> str:
    lines = [] if check.findings else [check.message]
    for finding in check.findings:
        lines += told(finding, check)
        for each in finding.evidence:
            lines += [part for part in (each.title, each.curl, each.sent, each.received) if part]
        lines.append("")
    return trimmed(shown("\n".join([*lines, f"why: {check.why}" if check.why else ""]).strip()), _TEXT)
