"""The HTML form."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.report import Event, Finding, Status, Story, page
from mockreel.report.markup import tag
from tests.report import made

EMPTY = {"meta", "line", "circle", "rect"}
ELEMENTS = set(
    re.findall(
        r"\S+",
        "html head meta title style body main header section article footer div h1 h2 h3 p span b bdi code pre ul ol "
        "li dl dt dd details summary time svg line circle rect",
    )
)
ATTRIBUTES = set(
    re.findall(
        r"\S+",
        "class title lang charset content http-equiv name width height x1 x2 y1 y2 cx cy r open role aria-hidden "
        "focusable",
    )
)


class Read(HTMLParser):
    """Reads a page: what is wrong with it, and the text of it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.text: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ELEMENTS:
            self.wrong.append(f"<{tag}>")
        self.wrong += [f"{tag} {name}" for name, _ in attrs if name not in ATTRIBUTES]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.wrong.append(f"<{tag}/>")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"<!--{data}-->")


def read(report: Any) -> Read:
    """Return the page as a parser has it."""
    reader = Read()
    reader.feed(page.render(report))
    reader.close()
    reader.wrong += reader.open
    return reader


@pytest.mark.parametrize("report", [made.report(), made.client_report(), made.empty_report(), made.hostile_report()])
def test_every_page_is_well_formed_and_has_nothing_that_acts(report: Any) -> None:
    found = read(report)
    assert found.wrong == []
    assert (
        re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page.render(report)) is None
    )


def test_a_reader_would_notice_what_acts() -> None:
    reader = Read()
    reader.feed("<p onclick=x><script>1</script></b><img src=x>")
    assert reader.wrong == ["p onclick", "<script>", "</b>", "<img>", "img src"]


def test_what_was_received_stands_there_as_text() -> None:
    text = "".join(read(made.hostile_report()).text)
    assert "<script>alert(1)</script>" in text
    assert "</pre></style><img src=x onerror=alert(1)>" in text
    assert "\\u202eevil\\u202c עברית" in text


def test_the_policy_allows_the_one_style_and_nothing_else() -> None:
    text = page.render(made.report())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert policy is not None
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    allowed = policy[1].replace("&#x27;", "'")
    assert allowed == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"url\(|@import|https?:", style[1])


def test_the_style_has_every_class_that_pages_use() -> None:
    style = page.STYLE.read_text("utf-8")
    reports = (made.report(), made.client_report())
    used = {
        name
        for report in reports
        for _, attributes in read(report).found
        for name in str(attributes.get("class", "")).split()
    }
    assert [name for name in sorted(used) if f".{name}" not in style] == []
    for what in ("prefers-color-scheme: dark", "max-width: 30rem", "@media print"):
        assert what in style


def test_a_page_fits_a_phone_and_says_its_language() -> None:
    found = read(made.report()).found
    assert ("html", {"lang": "en"}) in found
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in found


def test_the_head_says_what_was_run_and_what_is_wrong_comes_first() -> None:
    text = "|".join(read(made.client_report()).text)
    for part in ("verdict: fail", "python my_client.py", "seed|7", "credits spent|12.5", "score|40 of 100"):
        assert part in text
    for part in ("time taken|3.2 s", "mockreel verify client --provider kie --seed 7 -- python my_client.py"):
        assert part in text
    order = [
        "verdict",
        "create_retried_ambiguous|: |the create was sent again",
        "seed|7",
        "Failed",
        "What happened",
        "Passed",
    ]
    assert [text.index(word) for word in order] == sorted(text.index(word) for word in order)
    text = "".join(read(made.report()).text)
    order = ["Failed", "Warnings", "Could not be checked", "Coverage of the contract", "Passed"]
    assert [text.index(word) for word in order] == sorted(text.index(word) for word in order)


def test_a_finding_has_message_contract_cause_hint_evidence_and_count() -> None:
    text = "".join(read(made.report()).text)
    for part in (
        "HTTP 200 for a wrong API key × 3",
        "HTTP 401 with code 401 behavior.yaml#/errors/unauthorized",
        "the key is not looked up",
        "compare the key with those that were given out",
        "curl -H 'Authorization: Bearer $API_KEY'",
        '{"code":200}',
        "no task failed within the budget",
        "1 not reached",
        "maintenance",
    ):
        assert part in text


def test_a_timeline_has_each_event_in_its_lane_and_as_text() -> None:
    found = read(made.client_report()).found
    circles = [str(attributes["class"]) for name, attributes in found if name == "circle"]
    assert sorted(circles) == sorted(
        [*["dot request"] * 2, *["dot money"] * 2, *["dot state"] * 2, "dot callback", *["dot client"] * 2]
        + ["bad-ring"] * 2
    )
    rows = [attributes for name, attributes in found if name == "li" and attributes.get("class") == "bad"]
    assert len(rows) == 2
    text = "".join(read(made.client_report()).text)
    assert "1.20 srequest✗ wrong: POST /api/v1/jobs/createTask200 OK" in text
    assert ("div", {"aria-hidden": "true"}) in found


def test_the_story_of_a_scenario_that_passed_is_folded() -> None:
    story = Story("s", "S", Status.PASS, (Event(0, "client", "started"),))
    opened = [attributes for name, attributes in read(made.client_report()).found if name == "details"]
    folded = [
        attributes
        for name, attributes in read(replace(made.client_report(), stories=(story,))).found
        if name == "details"
    ]
    assert (opened, folded) == ([{"open": None}], [{}])


def test_what_has_no_end_is_told_in_part() -> None:
    check = replace(made.FAILED, findings=(Finding("again"),) * 1000)
    story = Story("s", "S", Status.FAIL, (Event(0, "client", "tick"),) * 1000)
    text = "".join(read(made.report(checks=(check,), stories=(story,))).text)
    assert text.count("again") == 51  # and once above the replay line
    assert "and 950 more findings: see report.json" in text
    assert "and 500 more events: see report.json" in text


def test_markup_escapes_text_and_attributes() -> None:
    assert tag("p", "<b>", tag("i", "&"), class_='"x"') == '<p class="&quot;x&quot;">&lt;b&gt;<i>&amp;</i></p>'
    assert tag("meta", charset="utf-8") == '<meta charset="utf-8">'
    assert tag("details", open=False) + tag("details", open=True) == "<details></details><details open></details>"


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_gives_a_page_that_is_well_formed(text: str) -> None:
    finding = Finding(text, text, text, text, text, text)
    check = replace(made.FAILED, id=text, why=text, findings=(finding,))
    story = Story(text, text, Status.FAIL, (Event(0, "client", text, text, is_bad=True),), (text,))
    report = made.report(subject=text, replay=text, checks=(check,), stories=(story,), notes=(text,))
    assert read(report).wrong == []
