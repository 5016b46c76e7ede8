"""A report as one HTML file that needs nothing else: no script, no font, no network.

What is wrong comes first. Everything received is escaped, and the page's policy lets nothing run or load should that
ever fail.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from mockreel.report.as_json import number, percent
from mockreel.report.markup import Markup, isolated, join, raw, tag
from mockreel.report.model import CheckResult, Coverage, Evidence, Finding, Report, Status
from mockreel.report.text import amount, bounded, counted
from mockreel.report.timeline import story
from mockreel.report.wording import KNOWN_MARK, ordered, pointer_of, tally

STYLE = Path(__file__).with_name("page.css")
FINDINGS = 50  # of one check
CAUSES = 8  # checks that failed, in the head
WORDS = {Status.FAIL: "failed", Status.WARN: "warned", Status.INCONCLUSIVE: "not checked", Status.PASS: "passed"}


def render(report: Report) -> str:
    """Return the report as HTML text."""
    report = bounded(report)
    style = STYLE.read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"{report.verdict}: verify {report.kind}, {report.provider}"),
        tag("style", raw(style)),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', _main(report)), lang='en')}\n"


def _main(report: Report) -> Markup:
    return tag(
        "main",
        _head(report),
        _section("Failed", [_card(check) for check in ordered(report, Status.FAIL)]),
        _section("Warnings", [_card(check) for check in ordered(report, Status.WARN)]),
        _section("Could not be checked", [_unmade(ordered(report, Status.INCONCLUSIVE))]),
        _section("Coverage of the contract", [_coverage(report.coverage)]),
        _section("What happened", [story(each) for each in report.stories]),
        _section("Passed", [_passed(ordered(report, Status.PASS))]),
        tag("footer", f"Made by mockreel verify {report.kind}. The same in full, for programs: report.json."),
    )


def _section(title: str, parts: Iterable[Markup]) -> Markup:
    kept = [part for part in parts if part]
    return tag("section", tag("h2", title), *kept) if kept else join()


# -- the head ----------------------------------------------------------------------------------------------------------


def _head(report: Report) -> Markup:
    found = tally(report.checks)
    boxes = [tag("li", tag("b", f"{found[each]:,}"), word, class_=each.value) for each, word in WORDS.items()]
    facts = [tag("div", tag("dt", isolated(name)), tag("dd", isolated(text))) for name, text in _facts(report)]
    replay = join(tag("p", "The same run again:", class_="soft"), tag("pre", isolated(report.replay)))
    return tag(
        "header",
        tag("span", f"verdict: {report.verdict}", class_="badge"),
        tag("h1", f"verify {report.kind}: ", isolated(report.subject)),
        tag("ul", *boxes, class_="tally"),
        _causes(report),
        tag("ul", *(tag("li", isolated(note)) for note in report.notes)) if report.notes else join(),
        tag("dl", *facts, class_="facts"),
        replay if report.replay else join(),
        class_=f"head {report.verdict}",
    )


def _causes(report: Report) -> Markup:
    """Return what failed, in a line each, for those who read no further."""
    failed = ordered(report, Status.FAIL)
    lines = [tag("li", tag("b", isolated(each.id)), ": ", isolated(each.message)) for each in failed[:CAUSES]]
    more = tag("p", f"and {counted(len(failed) - CAUSES, 'more check')}", class_="soft") if failed[CAUSES:] else join()
    return join(tag("ul", *lines), more) if lines else join()


def _facts(report: Report) -> Iterable[tuple[str, str]]:
    yield "provider", report.provider
    yield "profile", report.profile
    yield "seed", str(report.seed)
    yield "credits spent", amount(number(report.credits_spent))
    if report.score is not None:
        yield "score", f"{report.score} of 100"
    yield "time taken", f"{report.took_s:,.1f} s"
    if report.started_ms:
        yield "started", datetime.fromtimestamp(report.started_ms // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    yield from report.facts.items()


# -- checks ------------------------------------------------------------------------------------------------------------


def _card(check: CheckResult) -> Markup:
    findings = [_finding(each, check) for each in check.findings[:FINDINGS]]
    if not findings:
        findings = [tag("p", isolated(check.message))]
    left = len(check.findings) - FINDINGS
    more = tag("p", f"and {counted(left, 'more finding')}: see report.json", class_="soft") if left > 0 else join()
    return tag("article", _title(check), *findings, more, class_=f"card {check.status.value}")


def _title(check: CheckResult) -> Markup:
    where = " · ".join(filter(None, (check.layer, check.operation, check.about)))
    why = tag("p", isolated(check.why), class_="soft") if check.why else join()
    badge = tag("span", WORDS[check.status], class_="badge")
    names = [tag("h3", isolated(check.id)), tag("span", isolated(where), class_="soft")]
    return join(tag("div", badge, *names, class_="title"), why)


def _finding(finding: Finding, check: CheckResult) -> Markup:
    known = [tag("span", KNOWN_MARK, class_="times")] if finding.is_known else []
    where = [isolated(finding.operation), ": "] if finding.operation not in ("", check.operation) else []
    times = [tag("span", f" × {finding.count:,}", class_="times")] if finding.count > 1 else []
    pointer = pointer_of(finding, check)
    said = join(isolated(finding.expected), " " if finding.expected and pointer else "", _pointer(pointer))
    cost = f"{amount(number(finding.credits))} credits" if finding.credits else ""
    rows = {
        "the contract" if pointer else "expected": said if finding.expected or pointer else "",
        "for nothing": cost,
        "probable cause": isolated(finding.cause) if finding.cause else "",
        "what to do": isolated(finding.hint) if finding.hint else "",
    }
    lines = [join(tag("dt", name), tag("dd", text)) for name, text in rows.items() if text]
    return tag(
        "div",
        tag("p", *known, *where, isolated(finding.message), *times),
        tag("dl", *lines, class_="said") if lines else join(),
        *(_evidence(each) for each in finding.evidence),
        class_="finding",
    )


def _pointer(pointer: str) -> Markup:
    return tag("code", isolated(pointer)) if pointer else join()


def _evidence(evidence: Evidence) -> Markup:
    title = evidence.title or "exchange"
    number_ = f" (number {evidence.seq})" if evidence.seq is not None else ""
    parts = {"sent": evidence.sent, "received": evidence.received}
    texts = [join(tag("p", name, class_="soft"), tag("pre", isolated(text))) for name, text in parts.items() if text]
    curl = tag("pre", isolated(evidence.curl)) if evidence.curl else join()
    if not texts:
        return join(tag("p", isolated(title), number_, class_="soft"), curl)
    return join(curl, tag("details", tag("summary", isolated(title), number_), *texts))


def _unmade(checks: list[CheckResult]) -> Markup:
    items = [tag("div", _title(each), tag("p", isolated(each.message)), class_="card inconclusive") for each in checks]
    return join(*items)


def _passed(checks: list[CheckResult]) -> Markup:
    if not checks:
        return join()
    return tag("div", tag("ul", *(_line(each) for each in checks), class_="compact"), class_="card pass")


def _line(check: CheckResult) -> Markup:
    where = " · ".join(filter(None, (check.operation, check.about)))
    judged = f" ({check.looked_at:,})" if check.looked_at else ""
    return tag("li", isolated(check.id), " ", tag("span", isolated(where), judged, class_="soft"), title=check.why)


def _coverage(coverage: Iterable[Coverage]) -> Markup:
    cards = [_kind(each) for each in coverage]
    return tag("div", *cards, class_="coverage") if cards else join()


def _kind(coverage: Coverage) -> Markup:
    done = percent(coverage)
    total = len(coverage.reached) + len(coverage.missed)
    bar = tag("svg", tag("rect", width=f"{done:g}%", height="100%"), class_="bar part" if coverage.missed else "bar")
    figure = tag("span", f"{done:g}% ", tag("span", f"{len(coverage.reached):,} of {total:,}", class_="soft"))
    missed = join()
    if coverage.missed:
        names = tag("ul", *(tag("li", isolated(name)) for name in coverage.missed))
        missed = tag("details", tag("summary", f"{len(coverage.missed):,} not reached"), names)
    return tag(
        "div", tag("div", tag("b", isolated(coverage.name)), figure, class_="figure"), bar, missed, class_="card"
    )
