"""A report in the terminal: the verdict, what was checked in a table, what is wrong in words, the verdict again.

Servers and clients choose what they send, so nothing of theirs is read as markup or reaches the terminal as an escape
sequence. Lines that somebody may copy are not broken.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mockreel.report.as_json import number, percent
from mockreel.report.model import CheckResult, Coverage, Evidence, Finding, Report, Status
from mockreel.report.text import amount, bounded, counted, one_line, trimmed
from mockreel.report.wording import headline, ordered, sections, tally

STYLES = {Status.FAIL: "bold red", Status.WARN: "yellow", Status.INCONCLUSIVE: "cyan", Status.PASS: "green"}
HEADS = {Status.PASS: "passed", Status.FAIL: "failed", Status.WARN: "warned", Status.INCONCLUSIVE: "not checked"}
FINDINGS = 5  # of one check
EVIDENCE = 3  # exchanges of one finding
MISSED = 8  # names of one kind of thing that was not reached
LONG = 400  # characters of one line
LONGEST_LINE = 1500  # characters of a curl line, which is of no use when it is cut


def show(report: Report, file: TextIO | None = None) -> None:
    """Print the report to `file` (default: standard output), in color where that is a terminal."""
    target = file or sys.stdout
    console = Console(file=target, highlight=False, markup=False, emoji=False)
    target.write(_encodable(_printed(report, console), getattr(target, "encoding", None) or "utf-8"))
    target.flush()


def render(report: Report, *, width: int = 80) -> str:
    """Return what `show` prints, without colors."""
    return _printed(report, Console(width=width, color_system=None, highlight=False, markup=False, emoji=False))


def _printed(report: Report, console: Console) -> str:
    with console.capture() as capture:
        for part in _parts(bounded(report)):
            if isinstance(part, str):
                console.print(Text(part), soft_wrap=True)
            else:
                console.print(part, soft_wrap=isinstance(part, Text))
    return "\n".join(line.rstrip(" ") for line in capture.get().split("\n"))


def _encodable(text: str, encoding: str) -> str:
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _parts(report: Report) -> Iterator[RenderableType]:
    yield Text.assemble(_verdict(report), (f": {one_line(headline(report))}", "bold"))
    yield _scenarios(report) if report.stories else _layers(report)
    for status in (Status.FAIL, Status.WARN):
        for check in ordered(report, status):
            yield from _check(check, report)
    yield from _unmade(ordered(report, Status.INCONCLUSIVE))
    yield from _coverage(report.coverage)
    yield from (Text(f"note: {one_line(note)}") for note in report.notes)
    yield _last(report)


def _verdict(report: Report) -> tuple[str, str]:
    return report.verdict.upper(), {"pass": "bold green", "fail": "bold red"}.get(report.verdict, "bold cyan")


def _layers(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("layer", overflow="fold")
    for head in HEADS.values():
        table.add_column(head, justify="right")
    for name, checks in sections(report).items():
        found = tally(checks)
        cells = [Text(str(found[status] or "-"), STYLES[status] if found[status] else "dim") for status in HEADS]
        table.add_row(Text(one_line(name)), *cells)
    return table


def _scenarios(report: Report) -> Table:
    """Return a row for each outcome, with the scenarios that had it."""
    alike: dict[tuple[Status, tuple[str, ...]], list[str]] = {}
    wrong = [*ordered(report, Status.FAIL), *ordered(report, Status.WARN)]
    for story in report.stories:
        found = tuple(check.id for check in wrong if story.name in check.about.split(", "))
        alike.setdefault((story.status, found), []).append(story.name)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("scenarios", overflow="fold", ratio=1)
    table.add_column("verdict")
    table.add_column("what was found", overflow="fold", ratio=1)
    for (status, found), names in sorted(alike.items(), key=lambda each: list(STYLES).index(each[0][0])):
        cells = (Text(one_line(", ".join(names))), Text(status.value, STYLES[status]), Text(one_line(", ".join(found))))
        table.add_row(*cells)
    return table


def _check(check: CheckResult, report: Report) -> Iterator[RenderableType]:
    name = " ".join(filter(None, (check.id, check.operation, f"({check.about})" if check.about else "")))
    yield Text.assemble((check.status.upper(), STYLES[check.status]), " ", (one_line(name), "bold"))
    if not check.findings:
        yield _indented(check.message)
    told: Mapping[str, str] = {}
    for finding in check.findings[:FINDINGS]:
        lines = _said(finding, check)
        yield _indented(_message(finding, check))
        yield from (_indented(f"{name}: {text}", 4) for name, text in lines.items() if told.get(name) != text)
        told = lines
        if check.status is Status.FAIL:
            yield from _shown(finding.evidence, report)
    if len(check.findings) > FINDINGS:
        yield _indented(
            f"and {counted(len(check.findings) - FINDINGS, 'more finding')}: report.json has them all (--report-dir)"
        )


def _message(finding: Finding, check: CheckResult) -> str:
    times = f" (x{finding.count:,})" if finding.count > 1 else ""
    where = f"{finding.operation}: " if finding.operation not in ("", check.operation) else ""
    return f"{'known: ' if finding.is_known else ''}{where}{finding.message}{times}"


def _said(finding: Finding, check: CheckResult) -> Mapping[str, str]:
    """Return what is told of a finding, by name; what the finding before it said is not said again."""
    pointer = finding.pointer or check.pointer
    said = " ".join(filter(None, (finding.expected, f"[{pointer}]" if pointer else "")))
    cost = f"{amount(number(finding.credits))} credits for nothing" if finding.credits else ""
    lines = {"contract" if pointer else "expected": said, "cost": cost, "cause": finding.cause, "hint": finding.hint}
    return {name: text for name, text in lines.items() if text}


def _shown(evidence: tuple[Evidence, ...], report: Report) -> Iterator[RenderableType]:
    """Give a curl line, which makes the call again; the mock of a client is gone, so of that what happened."""
    curl = next((each.curl for each in evidence if each.curl), "")
    if len(curl) > LONGEST_LINE and report.kind == "server":
        yield _indented(f"the curl line has {len(curl):,} characters: report.json has it (--report-dir)", 4)
    elif curl and report.kind == "server":
        yield Text(f"    {one_line(curl)}", "dim")
    else:
        yield from (_indented(each.title, 4) for each in evidence[:EVIDENCE] if each.title)


def _unmade(checks: Iterable[CheckResult]) -> Iterator[RenderableType]:
    """Tell what could not be checked, once for each reason."""
    alike: dict[str, list[str]] = {}
    for check in checks:
        alike.setdefault(check.message, []).append(" ".join(filter(None, (check.id, check.operation))))
    for reason, names in alike.items():
        head = Text.assemble(("NOT CHECKED", STYLES[Status.INCONCLUSIVE]), " ", (one_line(", ".join(names)), "bold"))
        yield Padding(head, 0, expand=False)
        yield _indented(reason)


def _indented(text: str, left: int = 2) -> RenderableType:
    return Padding(Text(trimmed(one_line(text), LONG)), (0, 0, 0, left), expand=False)


def _coverage(coverage: Iterable[Coverage]) -> Iterator[RenderableType]:
    for each in coverage:
        total = len(each.reached) + len(each.missed)
        names = ", ".join(each.missed[:MISSED])
        more = f" and {len(each.missed) - MISSED:,} more" if len(each.missed) > MISSED else ""
        missed = f"; missed: {names}{more}" if names else ""
        figure = f"{percent(each):g}% ({len(each.reached):,} of {total:,})" if total else "there is nothing to count"
        yield Padding(Text(one_line(f"coverage of {each.name}: {figure}{missed}")), 0, expand=False)


def _last(report: Report) -> Text:
    found = tally(report.checks)
    parts = [f"{found[status]:,} {head}" for status, head in HEADS.items() if found[status]] or ["nothing was checked"]
    if report.credits_spent:
        parts.append(f"{amount(number(report.credits_spent))} credits spent")
    if report.score is not None:
        parts.append(f"score {report.score} of 100")
    replay = f"; replay: {one_line(report.replay)}" if report.replay else ""
    return Text.assemble(_verdict(report), f": {', '.join(parts)}{replay}")
