"""A report as SARIF 2.1.0: each finding a result at the line of the contract that it breaks.

A failed check gives errors, a warning warnings. A check that could not be made is no result: SARIF has `kind: open` for
it, but readers that know no kinds, GitHub's among them, would show it as an alert. It is a notification of the run.
Nothing is absolute: paths are relative to CONTRACTS, the folder of the contract folders.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mockreel.report.as_json import number
from mockreel.report.model import CheckResult, Finding, Report, Status
from mockreel.report.place import WHOLE, Place, locate
from mockreel.report.text import bounded, one_line, shown, without_numbers
from mockreel.report.wording import pointer_of, told

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "CONTRACTS"
LEVELS = {Status.FAIL: "error", Status.WARN: "warning", Status.INCONCLUSIVE: "note", Status.PASS: "note"}

Data = dict[str, Any]


def render(report: Report, *, contracts: Path | str | None = None, base: str = "") -> str:
    """Return the report as SARIF text.

    `contracts` is the folder of contract folders (default: the shipped ones). `base` says where it lies: a path from
    the repository's root such as `contracts/providers/`, or a URI; without it readers must be told.
    """
    return json.dumps(document(report, contracts=contracts, base=base), ensure_ascii=False, indent=2) + "\n"


def document(report: Report, *, contracts: Path | str | None = None, base: str = "") -> Data:
    """Return the report as JSON's kinds of value."""
    report = bounded(report)
    rules = _rules(report)
    run: Data = {
        "tool": {"driver": {"name": "mockreel", "version": _version(), "rules": list(rules.values())}},
        "automationDetails": {"id": f"mockreel/{report.kind}/{report.provider}/{report.profile}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report, list(rules))],
        "results": list(_results(report, list(rules), _folder(contracts) / _segment(report.provider))),
        "properties": {
            "verdict": report.verdict,
            "subject": shown(report.subject),
            "seed": report.seed,
            "creditsSpent": number(report.credits_spent),
            "score": report.score,
            "replay": shown(report.replay),
        },
    }
    if base:
        uri = f"{base.rstrip('/')}/"
        run["originalUriBaseIds"] = {ROOT: {"uri": uri} if ":" in uri else {"uri": uri, "uriBaseId": "%SRCROOT%"}}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rules(report: Report) -> dict[str, Data]:
    rules: dict[str, Data] = {}
    for check in report.checks:
        name = _id(check)
        why = _plain(check.why) or name
        rule = rules.setdefault(name, {"id": name, "defaultConfiguration": {"level": LEVELS[check.status]}})
        if check.status is Status.FAIL:
            rule["defaultConfiguration"] = {"level": "error"}
        rests = f"It rests on {check.pointer} of the contract." if check.pointer else ""
        rule["shortDescription"] = {"text": why}
        rule["fullDescription"] = {"text": why}
        rule["help"] = {"text": _plain(f"{why[:1].upper()}{why[1:]}. {rests}".strip())}
        rule["properties"] = {"tags": [one_line(tag) for tag in (report.kind, check.layer) if tag.strip()]}
    return rules


def _invocation(report: Report, rules: list[str]) -> Data:
    made: Data = {"executionSuccessful": True}
    if report.started_ms:
        moments = (report.started_ms, report.started_ms + round(report.took_s * 1000))
        made["startTimeUtc"], made["endTimeUtc"] = map(_moment, moments)
    made["toolExecutionNotifications"] = [
        {
            "level": "note",
            "message": {"text": _plain(f"{_id(check)} could not be checked: {check.message or 'no reason given'}")},
            "associatedRule": {"id": _id(check), "index": rules.index(_id(check))},
        }
        for check in report.checks
        if check.status is Status.INCONCLUSIVE
    ]
    return made


def _results(report: Report, rules: list[str], folder: Path) -> Iterator[Data]:
    tables: dict[str, dict[str, tuple[int, int]]] = {}
    seen: Counter[str] = Counter()
    for check in report.checks:
        if check.status not in (Status.FAIL, Status.WARN):
            continue
        for finding in check.findings or (Finding(check.message),):
            mark = _fingerprint(report, check, finding)
            seen[mark] += 1
            place = locate(folder, pointer_of(finding, check) or WHOLE, tables)
            operation = one_line(finding.operation or check.operation)
            mark = f"{mark}:{seen[mark]}"
            yield {
                "ruleId": _id(check),
                "ruleIndex": rules.index(_id(check)),
                "kind": "fail",
                "level": "warning" if finding.is_known else LEVELS[check.status],
                "message": {"text": _plain("\n".join(told(finding, check))) or _id(check)},
                "locations": [_location(report, place, operation)],
                "occurrenceCount": max(1, finding.count),
                "partialFingerprints": {"primaryLocationLineHash": mark, "mockreelFinding/v1": mark},
                "properties": {
                    "contractPointer": shown(pointer_of(finding, check)),
                    "about": shown(check.about),
                    "credits": number(finding.credits),
                    "isKnown": finding.is_known,
                    "curl": [shown(each.curl) for each in finding.evidence if each.curl],
                },
            }


def _location(report: Report, place: Place, operation: str) -> Data:
    path = "/".join(quote(part, safe="") for part in (_segment(report.provider), *place.file.split("/")))
    found: Data = {"physicalLocation": {"artifactLocation": {"uri": path, "uriBaseId": ROOT}}}
    if place.line:
        found["physicalLocation"]["region"] = {"startLine": place.line, "startColumn": place.column}
    if operation:
        found["logicalLocations"] = [{"name": operation, "kind": "function"}]
    return found


def _fingerprint(report: Report, check: CheckResult, finding: Finding) -> str:
    """Return what a finding of another run has too: nothing in it comes of ids, times or seeds."""
    what = finding.fold or without_numbers(finding.message)
    parts = (report.kind, report.provider, check.id, check.about, finding.operation or check.operation, what)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _folder(contracts: Path | str | None) -> Path:
    if contracts is not None:
        return Path(contracts)
    from mockreel_contracts.loader import SHIPPED

    return SHIPPED


def _segment(name: str) -> str:
    """Return a provider's name as the name of a folder, whatever somebody called it."""
    return "".join(char if char.isalnum() or char in "._-" else "_" for char in name).strip(".") or "_"


def _id(check: CheckResult) -> str:
    return one_line(check.id) or "unnamed"


def _plain(text: str) -> str:
    """Return text in which a reader finds no link: `[text](target)` would be one."""
    return shown(text).replace("](", "] (")


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _version() -> str:
    from importlib.metadata import version

    return version("mockreel")
