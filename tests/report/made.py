"""Made-up reports: one of every status, one full of hostile text, an empty one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mockreel.report import CheckResult, Coverage, Event, Evidence, Finding, Report, Status, Story

HOSTILE = (
    "<script>alert(1)</script>",
    "]]>",
    "\x00\x01\x07\x0b",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J",
    "\ud800 and \udfff",
    "\u202eevil\u202c \u05e2\u05d1\u05e8\u05d9\u05ea",
    "[bold]no[/bold] [link=http://x]y[/link] [red",
    "a \"quote\" and an 'apostrophe' & an ampersand <!-- -->",
    "{0} %s ${x} {{y}}",
    "line\r\nline\rline\u2028line",
    "\ufffe\uffff",
    "</pre></style><img src=x onerror=alert(1)>",
    "x" * 1_000_000,
)


def report(**changes: Any) -> Report:
    """Return a small report of a server with a check of every status."""
    given: dict[str, Any] = {
        "kind": "server",
        "subject": "http://127.0.0.1:8455",
        "provider": "kie",
        "profile": "documented",
        "verdict": "fail",
        "seed": 7,
        "checks": (FAILED, WARNED, UNMADE, PASSED),
        "credits_spent": Decimal("12.5"),
        "coverage": (
            Coverage("operations", ("createTask", "getTask"), ()),
            Coverage("error cases", ("unauthorized", "not_found"), ("maintenance",)),
        ),
        "replay": "mockreel verify server http://127.0.0.1:8455 --provider kie --seed 7",
        "started_ms": 1_790_000_000_000,
        "took_s": 3.25,
        "notes": ("limits were not checked",),
        "facts": {"budget": "100 credits"},
    }
    return Report(**{**given, **changes})


def client_report(**changes: Any) -> Report:
    """Return a report of a client with the story of a scenario."""
    failed = CheckResult(
        "create_retried_ambiguous",
        Status.FAIL,
        "a create whose answer is lost may have been made",
        "money",
        message="the create was sent again",
        about="answer_lost",
        looked_at=2,
        findings=(Finding("the create was sent again", credits=Decimal(10), cause="retries every error"),),
    )
    passed = CheckResult("poll_too_fast", Status.PASS, "polls cost the provider", "polling", about="plain", looked_at=9)
    events = (
        Event(0.0, "client", "started"),
        Event(0.2, "request", "POST /api/v1/jobs/createTask", "answer lost"),
        Event(0.2, "money", "-10 credits"),
        Event(1.2, "request", "POST /api/v1/jobs/createTask", "200 OK", is_bad=True),
        Event(1.2, "money", "-10 credits", is_bad=True),
        Event(2.0, "state", "running"),
        Event(62.0, "state", "success"),
        Event(62.1, "callback", "delivered, answered 200"),
        Event(63.0, "client", "exit 0"),
    )
    return report(
        kind="client",
        subject="python my_client.py",
        checks=(failed, passed),
        stories=(Story("answer_lost", "The answer to a create is lost", Status.FAIL, events, ("2 tasks made",)),),
        coverage=(),
        score=40,
        replay="mockreel verify client --provider kie --seed 7 -- python my_client.py",
        **changes,
    )


def hostile_report() -> Report:
    """Return a report in which hostile text stands wherever text can stand."""
    checks = tuple(_hostile_check(text, status) for text in HOSTILE for status in Status)
    stories = tuple(
        Story(text, text, Status.FAIL, (Event(1.0, "request", text, text, is_bad=True),), (text,)) for text in HOSTILE
    )
    coverage = tuple(Coverage(text, (text,), (text,)) for text in HOSTILE)
    first = "".join(HOSTILE[:-1])
    return report(
        subject=first,
        provider="kie",
        replay=first,
        checks=checks,
        stories=stories,
        coverage=coverage,
        notes=HOSTILE,
        facts=dict(zip(HOSTILE, HOSTILE, strict=True)),
    )


def empty_report(**changes: Any) -> Report:
    """Return a report of a run that checked nothing."""
    given: dict[str, Any] = {"verdict": "inconclusive", "checks": (), "coverage": (), "notes": (), "facts": {}}
    return report(**{**given, "replay": "", "credits_spent": Decimal(0), "started_ms": 0, "took_s": 0.0, **changes})


def _hostile_check(text: str, status: Status) -> CheckResult:
    evidence = Evidence(text, text, text, text, seq=1, at_ms=1)
    finding = Finding(text, text, text, f"behavior.yaml#/{text[:20]}", text, text, (evidence,), fold=text)
    return CheckResult(text, status, text, text, text, text, text, text, 1, (finding,))


FAILED = CheckResult(
    "auth_wrong_key",
    Status.FAIL,
    "a wrong API key must not be let in",
    "auth",
    "getTask",
    "HTTP 200 for a wrong API key",
    "behavior.yaml#/errors/unauthorized",
    looked_at=4,
    findings=(
        Finding(
            "HTTP 200 for a wrong API key",
            expected="HTTP 401 with code 401",
            pointer="behavior.yaml#/errors/unauthorized",
            cause="the key is not looked up",
            hint="compare the key with those that were given out",
            evidence=(
                Evidence(
                    "GET /api/v1/jobs/recordInfo",
                    "curl -H 'Authorization: Bearer $API_KEY' 'http://127.0.0.1:8455/api/v1/jobs/recordInfo?taskId=1'",
                    "GET /api/v1/jobs/recordInfo?taskId=1",
                    '200 OK\ncontent-type: application/json\n\n{"code":200}',
                    12,
                    1_790_000_000_500,
                ),
            ),
            count=3,
            credits=Decimal("2.5"),
        ),
        Finding("the answer to a missing key has no message", "createTask", pointer="openapi.yaml#/paths"),
    ),
)
WARNED = CheckResult(
    "retry_after",
    Status.WARN,
    "who is told to wait should be told how long",
    "headers",
    message="a 429 without Retry-After",
    findings=(Finding("a 429 without Retry-After", pointer="behavior.yaml#/errors/rate_limited"),),
)
UNMADE = CheckResult(
    "refund",
    Status.INCONCLUSIVE,
    "a failed task gives its credits back",
    "credits",
    message="no task failed within the budget",
    pointer="behavior.yaml#/credits",
)
PASSED = CheckResult("unique_ids", Status.PASS, "an id names one task", "ids", looked_at=20)
