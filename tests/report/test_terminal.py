"""The terminal form."""

from __future__ import annotations

import io
import re

from hypothesis import given
from hypothesis import strategies as st

from mockreel.report import terminal
from tests.report import made

SHOWN = """\
verify server: http://127.0.0.1:8455 (kie, profile documented, seed 7)

  layer     passed   failed   warned   not checked
 ──────────────────────────────────────────────────
  auth           -        1        -             -
  headers        -        -        1             -
  credits        -        -        -             1
  ids            1        -        -             -

FAIL auth_wrong_key getTask
  HTTP 200 for a wrong API key (x3)
    contract: HTTP 401 with code 401 [behavior.yaml#/errors/unauthorized]
    cost: 2.5 credits for nothing
    cause: the key is not looked up
    hint: compare the key with those that were given out
    curl -H 'Authorization: Bearer $API_KEY' 'http://127.0.0.1:8455/api/v1/jobs/recordInfo?taskId=1'
  createTask: the answer to a missing key has no message
    contract: [openapi.yaml#/paths]
WARN retry_after
  a 429 without Retry-After
    contract: [behavior.yaml#/errors/rate_limited]
NOT CHECKED refund
  no task failed within the budget
coverage of operations: 100% (2 of 2)
coverage of error cases: 66.66% (2 of 3); missed: maintenance
note: limits were not checked
FAIL: 1 passed, 1 failed, 1 warned, 1 not checked, 12.5 credits spent; replay: \
mockreel verify server http://127.0.0.1:8455 --provider kie --seed 7
"""


def test_a_report_is_told_in_80_columns_without_colors() -> None:
    assert "\n".join(line.rstrip() for line in terminal.render(made.report()).split("\n")) == SHOWN


def test_a_client_is_told_by_scenario_and_with_its_score() -> None:
    text = terminal.render(made.client_report())
    assert re.search(r"scenario +passed", text)
    assert re.search(r"answer_lost +- +1", text)
    assert "FAIL: 1 passed, 1 failed, 12.5 credits spent, score 40; replay: mockreel verify client" in text


def test_a_run_without_checks_says_so_last() -> None:
    assert terminal.render(made.empty_report()).rstrip().split("\n")[-1] == "INCONCLUSIVE: nothing was checked"


def test_nothing_that_was_received_reaches_the_terminal_as_an_escape_sequence() -> None:
    text = terminal.render(made.hostile_report())
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text) == []
    assert "\\x1b[31mred" in text
    assert "[bold]no[/bold] [link=http://x]y[/link] [red" in text


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_is_printable_and_the_verdict_is_last(text: str) -> None:
    lines = terminal.render(made.report(subject=text, notes=(text,), replay=text)).split("\n")
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", "".join(lines)) is None
    assert lines[-2].startswith("FAIL: 1 passed, 1 failed")


def test_lines_that_nobody_copies_keep_to_the_width() -> None:
    copied = ("    curl", "FAIL:", "verify ")
    long = made.report(notes=(), checks=tuple(made.hostile_report().checks[-4:]))
    wide = [
        line
        for report in (made.report(), made.client_report(), long)
        for line in terminal.render(report, width=80).split("\n")
        if len(line) > 80 and not line.startswith(copied) and "xxxx" not in line
    ]
    assert wide == []


def test_an_output_that_is_ascii_only_is_not_an_error() -> None:
    raw = io.BytesIO()
    output = io.TextIOWrapper(raw, encoding="ascii")
    terminal.show(made.report(subject="http://模型.example"), output)
    assert b"http://\\u6a21\\u578b.example" in raw.getvalue()


def test_findings_without_end_are_told_in_part() -> None:
    from dataclasses import replace

    many = replace(made.FAILED, findings=made.FAILED.findings[1:] * 25)
    text = terminal.render(made.report(checks=(many,)))
    assert text.count("the answer to a missing key has no message") == 20
    assert "and 5 more findings: see the report" in text
