"""A report in the terminal: what was checked in a table, what is wrong in words, the verdict last.

Servers and clients choose what they send, so nothing of theirs is read as markup or reaches the terminal as an escape
sequence. Lines that somebody may copy are not broken.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TextIO

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mockreel.report.as_json import number, percent
from mockreel.report.model import CheckResult, Coverage, Finding, Report, Status
from mockreel.report.text import amount, bounded, counted, one_line, trimmed
from mockreel.report.wording import headline, ordered, sections, tally

STYLES = {Status.FAIL: "bold red", Status.WARN: "yellow", Status.INCONCLUSIVE: "cyan", Status.PASS: "green"}
HEADS = {Status.PASS: "passed", Status.FAIL: "failed", Status.WARN: "warned", Status.INCONCLUSIVE: "not checked"}
FINDINGS = 20  # of one check
MISSED = 8  # names of one kind of thing that was not reached
LONG = 400  # characters of one line


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
    return capture.get()


def _encodable(text: str, encoding: str) -> str:
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _parts(report: Report) -> Iterator[RenderableType]:
    yield Text(one_line(headline(report)), "bold")
    yield _table(report)
    for status in (Status.FAIL, Status.WARN, Status.INCONCLUSIVE):
        for check in ordered(report, status):
            yield from _check(check)
    yield from _coverage(report.coverage)
    yield from (Text(f"note: {one_line(note)}") for note in report.notes)
    yield _last(report)


def _table(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("scenario" if report.kind == "client" else "layer", overflow="fold")
    for head in HEADS.values():
        table.add_column(head, justify="right")
    for name, checks in sections(report).items():
        found = tally(checks)
        cells = [Text(str(found[status] or "-"), STYLES[status] if found[status] else "dim") for status in HEADS]
        table.add_row(Text(one_line(name)), *cells)
    return table


def _check(check: CheckResult) -> Iterator[RenderableType]:
    name = " ".join(filter(None, (check.id, check.operation, f"({check.about})" if check.about else "")))
    word = {Status.INCONCLUSIVE: "NOT CHECKED"}.get(check.status, check.status.upper())
    yield Text.assemble((word, STYLES[check.status]), " ", (one_line(name), "bold"))
    if check.status is Status.INCONCLUSIVE or not check.findings:
        yield _indented(check.message)
    if check.status is not Status.INCONCLUSIVE:
        for finding in check.findings[:FINDINGS]:
            yield from _finding(finding, check)
        if len(check.findings) > FINDINGS:
            yield _indented(f"and {counted(len(check.findings) - FINDINGS, 'more finding')}: see the report")


def _finding(finding: Finding, check: CheckResult) -> Iterator[RenderableType]:
    times = f" (x{finding.count:,})" if finding.count > 1 else ""
    where = f"{finding.operation}: " if finding.operation not in ("", check.operation) else ""
    yield _indented(f"{'known: ' if finding.is_known else ''}{where}{finding.message}{times}")
    pointer = finding.pointer or check.pointer
    said = " ".join(filter(None, (finding.expected, f"[{pointer}]" if pointer else "")))
    cost = f"{amount(number(finding.credits))} credits for nothing" if finding.credits else ""
    lines = {"contract": said, "cost": cost, "cause": finding.cause, "hint": finding.hint}
    yield from (_indented(f"{name}: {text}", 4) for name, text in lines.items() if text)
    curl = next((each.curl for each in finding.evidence if each.curl), "")
    if curl and check.status is Status.FAIL:
        yield Text(f"    {one_line(curl)}", "dim")


def _indented(text: str, left: int = 2) -> RenderableType:
    return Padding(Text(trimmed(one_line(text), LONG)), (0, 0, 0, left), expand=False)


def _coverage(coverage: Iterable[Coverage]) -> Iterator[RenderableType]:
    for each in coverage:
        total = len(each.reached) + len(each.missed)
        names = ", ".join(each.missed[:MISSED])
        more = f" and {len(each.missed) - MISSED:,} more" if len(each.missed) > MISSED else ""
        missed = f"; missed: {names}{more}" if names else ""
        figure = f"{percent(each):g}% ({len(each.reached):,} of {total:,})"
        yield Padding(Text(one_line(f"coverage of {each.name}: {figure}{missed}")), 0, expand=False)


def _last(report: Report) -> Text:
    style = {"pass": "bold green", "fail": "bold red"}.get(report.verdict, "bold cyan")
    found = tally(report.checks)
    parts = [f"{found[status]:,} {head}" for status, head in HEADS.items() if found[status]] or ["nothing was checked"]
    if report.credits_spent:
        parts.append(f"{amount(number(report.credits_spent))} credits spent")
    if report.score is not None:
        parts.append(f"score {report.score}")
    replay = f"; replay: {one_line(report.replay)}" if report.replay else ""
    return Text.assemble((report.verdict.upper(), style), f": {', '.join(parts)}{replay}")
