"""Reports compared with earlier ones."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from mockreel.report import BaselineError, CheckResult, Finding, Status, apply, as_json, redacted
from tests.report import made


def check(*messages: str, status: Status = Status.FAIL, **changes: Any) -> CheckResult:
    """Return a check that found `messages`."""
    findings = tuple(Finding(message) for message in messages)
    return CheckResult("ids", status, operation="op", message=messages[0], findings=findings, **changes)


def against(earlier: Any, *checks: CheckResult) -> Any:
    """Return a run of `checks` compared with a report of the checks `earlier`."""
    return apply(made.empty_report(checks=checks), as_json.render(made.empty_report(checks=earlier)))


def test_what_was_known_warns_and_does_not_fail() -> None:
    report = against((check("task a1 came twice"),), check("task b2 came twice"))
    (found,) = report.checks
    assert (found.status, found.message) == (Status.WARN, "task b2 came twice (known since baseline)")
    assert [each.is_known for each in found.findings] == [True]
    assert (report.verdict, report.notes) == ("pass", ())


def test_what_is_new_fails_and_comes_first() -> None:
    report = against((check("old"),), check("old", "new"))
    (found,) = report.checks
    assert (report.verdict, found.status, found.message) == ("fail", Status.FAIL, "new")
    assert [(each.message, each.is_known) for each in found.findings] == [("new", False), ("old", True)]


def test_the_same_message_of_another_operation_or_check_is_new() -> None:
    other = replace(check("old"), operation="other")
    named = replace(check("old"), id="other")
    assert [each.status for each in against((check("old"),), other, named).checks] == [Status.FAIL] * 2


def test_the_same_message_at_another_operation_of_a_check_is_new() -> None:
    elsewhere = replace(check("old"), findings=(Finding("old"), Finding("old", operation="other")))
    (found,) = against((check("old"),), elsewhere).checks
    assert [(each.operation, each.is_known) for each in found.findings] == [("other", False), ("", True)]


def test_findings_of_one_fold_are_one_whatever_their_message() -> None:
    def folded(message: str) -> CheckResult:
        return replace(check("x"), findings=(Finding(message, fold="same"),))

    assert against((folded("one"),), folded("another")).verdict == "pass"


def test_a_failed_check_without_findings_is_known_by_its_message() -> None:
    bare = CheckResult("ids", Status.FAIL, message="no")
    assert against((bare,), bare).verdict == "pass"
    assert against((bare,), replace(bare, message="yes")).verdict == "fail"


def test_what_is_gone_is_noted_as_fixed_or_as_not_checked() -> None:
    passed = CheckResult("ids", Status.PASS)
    unmade = CheckResult("ids", Status.INCONCLUSIVE)
    assert against((check("old 1"),), passed).notes == ("fixed since baseline: ids op: old 1",)
    assert against((check("old 1"),), unmade).notes == ("not checked since baseline: ids op: old 1",)
    assert against((check("old 1"),)).notes == ("not checked since baseline: ids op: old 1",)


def test_what_was_known_stays_known_from_report_to_report() -> None:
    first = made.empty_report(checks=(check("old"), CheckResult("bare", Status.FAIL, message="no")))
    second = apply(first, as_json.render(first))
    third = apply(first, as_json.render(second))
    assert [each.status for each in third.checks] == [Status.WARN, Status.WARN]
    assert third.checks == second.checks
    assert third.notes == ()


def test_a_report_against_itself_does_not_fail_whatever_stands_in_it() -> None:
    report = made.hostile_report()
    again = apply(report, as_json.render(report))
    assert [each for each in again.checks if each.status is Status.FAIL] == []
    assert not [note for note in again.notes if "since baseline" in note]


def test_a_finding_with_a_secret_is_found_again_once_it_is_hidden() -> None:
    report = made.empty_report(checks=(check("key topsecret was let in"),))
    earlier = as_json.render(redacted(report, ["topsecret"]))
    assert apply(redacted(report, ["topsecret"]), earlier).verdict == "pass"


def test_other_statuses_stay_what_they_are() -> None:
    report = apply(made.report(), as_json.render(made.empty_report()))
    assert [each.status for each in report.checks] == [each.status for each in made.report().checks]


def broken(**changes: Any) -> str:
    """Return a report whose fields are changed."""
    return json.dumps({**as_json.document(made.report()), **changes})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{\n  nothing", "old.json:2:3: not JSON: Expecting property name enclosed in double quotes"),
        ("", "old.json:1:1: not JSON: Expecting value"),
        (b"\xff\xfe\xff", "old.json: not JSON: 'utf-16-le' codec can't decode"),
        ("[" * 200_000, "old.json: not JSON: "),
        ("[]", "old.json at /: not a report: expected an object with `checks`, as in a report.json"),
        (broken(checks=5), "old.json at /checks: expected a list, got 5"),
        (broken(checks=[5]), "old.json at /checks/0: expected an object, got 5"),
        (broken(checks=[{"id": 5}]), "old.json at /checks/0/id: expected a text, got 5"),
        (broken(checks=[{"id": "a", "status": "bad"}]), "old.json at /checks/0/status: expected one of pass, fail, "),
        (
            broken(checks=[{"id": "a", "status": "fail", "operation": "", "message": "", "findings": [{}]}]),
            "old.json at /checks/0/findings/0/message: expected a text, got null",
        ),
        (broken(provider="vidu"), "old.json at /provider: is a report of 'vidu', this run is of 'kie'"),
        (broken(kind="client"), "old.json at /kind: is a report of 'client', this run is of 'server'"),
    ],
)
def test_a_bad_baseline_is_refused_with_its_place(text: str | bytes, message: str) -> None:
    with pytest.raises(BaselineError) as refused:
        apply(made.report(), text, file="old.json")
    assert str(refused.value).startswith(message)
