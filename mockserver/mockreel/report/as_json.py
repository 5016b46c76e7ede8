"""A report as JSON, the form for other programs; report.schema.json describes it."""

from __future__ import annotations

import json
from decimal import Decimal
from math import floor
from pathlib import Path
from typing import Any

from mockreel.report.model import CheckResult, Coverage, Event, Evidence, Finding, Report, Story
from mockreel.report.text import bounded

VERSION = 1  # of the form; a field may be added without another one
SCHEMA = Path(__file__).with_name("report.schema.json")


def render(report: Report) -> str:
    """Return the report as JSON text."""
    return json.dumps(document(report), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def document(report: Report) -> dict[str, Any]:
    """Return the report as JSON's kinds of value."""
    report = bounded(report)
    return {
        "version": VERSION,
        "verdict": report.verdict,
        "kind": report.kind,
        "subject": report.subject,
        "provider": report.provider,
        "profile": report.profile,
        "seed": report.seed,
        "credits_spent": number(report.credits_spent),
        "score": report.score,
        "replay": report.replay,
        "started_ms": report.started_ms,
        "took_s": round(report.took_s, 3),
        "facts": dict(report.facts),
        "notes": list(report.notes),
        "checks": [_check(check) for check in report.checks],
        "coverage": {each.name: _coverage(each) for each in report.coverage},
        "stories": [_story(story) for story in report.stories],
    }


def number(amount: Decimal) -> int | float:
    """Return an amount as a JSON number, exact up to 15 digits."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def percent(coverage: Coverage) -> float:
    """Return how much was reached with two digits, rounded down: 100 means all."""
    return floor(coverage.percent * 100) / 100


def _check(check: CheckResult) -> dict[str, Any]:
    first = check.findings[0].evidence if check.findings else ()
    return {
        "id": check.id,
        "status": check.status.value,
        "operation": check.operation,
        "message": check.message,
        "evidence": [_evidence(each) for each in first],
        "contract_pointer": check.pointer,
        "why": check.why,
        "layer": check.layer,
        "about": check.about,
        "looked_at": check.looked_at,
        "findings": [_finding(each) for each in check.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "message": finding.message,
        "operation": finding.operation,
        "expected": finding.expected,
        "contract_pointer": finding.pointer,
        "cause": finding.cause,
        "hint": finding.hint,
        "evidence": [_evidence(each) for each in finding.evidence],
        "count": finding.count,
        "credits": number(finding.credits),
        "fold": finding.fold,
        "is_known": finding.is_known,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "title": evidence.title,
        "curl": evidence.curl,
        "sent": evidence.sent,
        "received": evidence.received,
        "seq": evidence.seq,
        "at_ms": evidence.at_ms,
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {"percent": percent(coverage), "reached": list(coverage.reached), "missed": list(coverage.missed)}


def _story(story: Story) -> dict[str, Any]:
    return {
        "name": story.name,
        "title": story.title,
        "status": story.status.value,
        "notes": list(story.notes),
        "events": [_event(event) for event in story.events],
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "at_s": round(event.at_s, 6),
        "lane": event.lane,
        "text": event.text,
        "detail": event.detail,
        "is_bad": event.is_bad,
    }
