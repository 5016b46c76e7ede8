"""The JUnit form, held against what its readers share."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.report import Report, junit
from tests.report import made

# What the schema of Ant's reports (JUnit.xsd) and that of Jenkins (jenkins-junit.xsd) have in common; but no `time`,
# which Ant's asks for, no reader does, and nobody could fill in but with 0.
PARENTS = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"skipped", "failure", "system-out"},
}
REQUIRED = {
    "testsuite": {
        "id",
        "name",
        "package",
        "hostname",
        "tests",
        "failures",
        "errors",
        "skipped",
        "timestamp",
    },
    "property": {"name", "value"},
    "testcase": {"name", "classname"},
    "failure": {"message", "type"},
    "skipped": {"message"},
}

SHOWN = """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="mockreel verify server" time="3.250" errors="0" tests="1" failures="0">
  <testsuite id="0" name="credits" package="mockreel.server" hostname="localhost" tests="1" failures="0" errors="0" \
skipped="1" timestamp="2026-09-21T14:13:20" time="3.250">
    <properties>
      <property name="verdict" value="inconclusive" />
      <property name="subject" value="http://127.0.0.1:8455" />
      <property name="provider" value="kie" />
      <property name="profile" value="documented" />
      <property name="seed" value="7" />
      <property name="credits_spent" value="0" />
      <property name="replay" value="" />
    </properties>
    <testcase classname="mockreel.server.credits" name="refund">
      <skipped message="no task failed within the budget" />
    </testcase>
  </testsuite>
</testsuites>
"""


def parsed(report: Report) -> ET.Element:
    """Return the file as a reader has it."""
    return ET.fromstring(junit.render(report).encode("utf-8"))  # noqa: S314 - our own


def wrong(root: ET.Element) -> list[str]:
    """Return what readers would not take."""
    found = []
    for each in root.iter():
        found += [f"{each.tag} in it: {child.tag}" for child in each if child.tag not in PARENTS.get(each.tag, ())]
        found += [f"{each.tag} without {name}" for name in REQUIRED.get(each.tag, set()) - set(each.keys())]
        if each.tag == "testcase" and len(each) > 1:
            found.append("testcase with two outcomes")
        if each.tag == "testsuite":
            found += _wrong_suite(each)
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    if len(set(cases)) != len(cases):
        found.append("two test cases with one name")
    return found


def _wrong_suite(suite: ET.Element) -> list[str]:
    kinds = [child.tag for child in suite]
    counts = {"tests": "testcase", "failures": "testcase/failure", "skipped": "testcase/skipped", "errors": "error"}
    found = [f"wrong {key}" for key, path in counts.items() if suite.get(key) != str(len(suite.findall(path)))]
    if kinds != ["properties", *["testcase"] * (len(kinds) - 1)]:
        found.append("wrong order")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp", "")):
        found.append("wrong timestamp")
    return found


def test_a_small_report_is_written_so() -> None:
    report = made.empty_report(checks=(made.UNMADE,), started_ms=1_790_000_000_000, took_s=3.25)
    assert junit.render(report) == SHOWN


@pytest.mark.parametrize("report", [made.report(), made.client_report(), made.empty_report(), made.hostile_report()])
def test_readers_take_every_report(report: Any) -> None:
    assert wrong(parsed(report)) == []


def test_a_broken_file_would_be_noticed() -> None:
    root = parsed(made.report())
    root[0].set("failures", "9")
    root[1].append(ET.Element("testcase", name="x"))
    del root[2].attrib["hostname"]
    root[3].insert(0, ET.Element("strange"))
    assert sorted(wrong(root)) == [
        "testcase without classname",
        "testsuite in it: strange",
        "testsuite without hostname",
        "wrong failures",
        "wrong order",
        "wrong tests",
    ]


def test_each_status_has_its_outcome() -> None:
    root = parsed(made.report())
    assert [suite.get("name") for suite in root] == ["auth", "headers", "credits", "ids"]
    failed, warned, unmade, passed = root.iter("testcase")
    failure = failed.find("failure")
    assert failed.get("name") == "auth_wrong_key getTask"
    assert failure is not None
    assert failure.get("message") == "HTTP 200 for a wrong API key"
    assert failure.text is not None
    assert failure.text.startswith(
        "HTTP 200 for a wrong API key (found 3 times)\n"
        "contract: HTTP 401 with code 401 [behavior.yaml#/errors/unauthorized]\n"
    )
    assert "curl -H 'Authorization: Bearer $API_KEY'" in failure.text
    assert warned.findtext("system-out", "").startswith("warning: a 429 without Retry-After")
    assert [each.tag for each in unmade] == ["skipped"]
    assert list(passed) == []


def test_a_test_case_has_the_same_name_whatever_came_of_it() -> None:
    """In the scenarios of its findings, or in none: who follows a test case from run to run must find it again."""
    checks = tuple(replace(check, layer="client") for check in made.client_report().checks)
    failed = parsed(replace(made.client_report(), checks=checks))
    passed = parsed(replace(made.client_report(), checks=tuple(replace(check, about="") for check in checks)))
    assert [case.attrib for case in failed.iter("testcase")] == [case.attrib for case in passed.iter("testcase")]
    assert [suite.get("name") for suite in failed] == ["client"]


def test_times_that_nobody_measured_are_left_out() -> None:
    several, one = parsed(made.report()), parsed(made.report(checks=(made.PASSED,)))
    assert [several.get("time"), one.get("time"), one[0].get("time")] == ["3.250"] * 3
    assert [each for each in several.iter() if each.tag != "testsuites" and "time" in each.attrib] == []


def test_checks_of_one_name_stay_apart() -> None:
    root = parsed(made.report(checks=(made.PASSED, made.PASSED)))
    assert [case.get("name") for case in root.iter("testcase")] == ["unique_ids", "unique_ids (2)"]


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_gives_xml_that_is_well_formed(text: str) -> None:
    check = replace(made.FAILED, id=text, layer=text, operation=text, message=text, findings=())
    report = made.report(subject=text, facts={text: text}, checks=(check, replace(made.UNMADE, message=text)))
    assert wrong(parsed(report)) == []
