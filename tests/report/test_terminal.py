"""The terminal form."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mockreel.report import Coverage, Evidence, Status, Story, terminal
from tests.report import made

SHOWN = """\
FAIL: verify server: http://127.0.0.1:8455 (kie, profile documented, seed 7)

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


def test_a_report_ends_no_line_with_blanks() -> None:
    assert [line for line in terminal.render(made.report()).split("\n") if line != line.rstrip()] == []


def test_a_client_is_told_by_scenario_and_with_its_score() -> None:
    text = terminal.render(made.client_report())
    assert re.search(r"scenarios +verdict +what was found", text)
    assert re.search(r"answer_lost +fail +create_retried_ambiguous", text)
    assert "FAIL: 1 passed, 1 failed, 12.5 credits spent, score 40 of 100; replay: mockreel verify client" in text


def test_scenarios_of_one_outcome_share_a_row_and_those_that_failed_come_first() -> None:
    stories = tuple(Story(name, "", Status.PASS) for name in ("success", "slow")) + made.client_report().stories
    rows = [line.split() for line in terminal.render(replace(made.client_report(), stories=stories)).split("\n")[4:6]]
    assert rows == [["answer_lost", "fail", "create_retried_ambiguous"], ["success,", "slow", "pass"]]


def test_a_client_is_shown_what_happened_for_its_mock_is_gone() -> None:
    failed = made.client_report().checks[0]
    shown = Evidence("at 0.1 s: POST /create -> 200", curl="curl http://127.0.0.1:1/create")
    finding = replace(failed.findings[0], evidence=(shown,))
    text = terminal.render(replace(made.client_report(), checks=(replace(failed, findings=(finding,)),)))
    assert "    at 0.1 s: POST /create -> 200\n" in text
    assert "curl" not in text


def test_what_could_not_be_checked_is_told_once_for_each_reason() -> None:
    other = replace(made.UNMADE, id="refund_wrong")
    text = terminal.render(made.report(checks=(made.UNMADE, other, made.PASSED)))
    assert "NOT CHECKED refund, refund_wrong\n  no task failed within the budget\ncoverage" in text


def test_many_names_that_could_not_be_checked_keep_to_the_width() -> None:
    unmade = tuple(replace(made.UNMADE, id=f"a_check_of_some_length_{number}") for number in range(20))
    assert max(map(len, terminal.render(made.report(checks=unmade, notes=(), replay="")).split("\n"))) <= 80


def test_findings_of_one_cause_tell_it_once() -> None:
    findings = tuple(replace(made.FAILED.findings[0], message=f"at {place}") for place in ("one", "two"))
    text = terminal.render(made.report(checks=(replace(made.FAILED, findings=findings),)))
    assert text.count("at one") == text.count("at two") == 1
    assert text.count("cause: the key is not looked up") == 1


def test_where_nothing_can_be_reached_nothing_is_called_reached() -> None:
    text = terminal.render(made.report(coverage=(Coverage("callbacks", (), ()),)))
    assert "coverage of callbacks: there is nothing to count\n" in text


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
    copied = ("    curl", "FAIL:")
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
    many = replace(made.FAILED, findings=made.FAILED.findings[1:] * 25)
    text = terminal.render(made.report(checks=(many,)))
    assert text.count("the answer to a missing key has no message") == 5
    assert "and 20 more findings: report.json has them all (--report-dir)" in text
