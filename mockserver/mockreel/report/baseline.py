"""Compares a report with an earlier one: what was known does not fail a run again, what is new does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockreel.report.model import CheckResult, Finding, Report, Status, verdict_of
from mockreel.report.text import bounded, one_line, trimmed, without_numbers

KNOWN = "known since baseline"
_COMPARED = 500  # characters of a message
_TOLD = 200

Key = tuple[str, str, str]
"""Check, operation, and what was found: its `fold`, or its message without what differs from run to run."""


class BaselineError(ValueError):
    """An earlier report cannot be read; the message says where and what was expected."""


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What stood in an earlier report, by key, in its words."""

    kind: str
    provider: str
    found: Mapping[Key, str]


def apply(report: Report, baseline: str | bytes, *, file: str = "baseline") -> Report:
    """Return the report with the findings that stood in `baseline`, the text of an earlier report.json, as known.

    A check that failed with nothing but known findings is a warning. Notes tell which findings are gone. Hide secrets
    first: the earlier report holds none. Raises BaselineError, with `file` and the place, for a text that is no report
    or one of another provider.
    """
    earlier = _fitting(baseline, file, report.kind, report.provider)
    report = bounded(report)
    checks = tuple(_with_known(check, earlier.found) for check in report.checks)
    notes = (*report.notes, *_gone(report, earlier.found))
    return replace(report, checks=checks, notes=notes, verdict=verdict_of(checks))


def check(baseline: str | bytes, *, kind: str, provider: str, file: str = "baseline") -> None:
    """Say before a run whether `apply` will take its baseline. Raises BaselineError."""
    _fitting(baseline, file, kind, provider)


def _fitting(baseline: str | bytes, file: str, kind: str, provider: str) -> _Earlier:
    earlier = _read(baseline, file)
    for name, was, now in (("kind", earlier.kind, kind), ("provider", earlier.provider, provider)):
        if was != now:
            raise BaselineError(f"{file} at /{name}: is a report of {was!r}, this run is of {now!r}")
    return earlier


def _with_known(check: CheckResult, known: Mapping[Key, str]) -> CheckResult:
    if check.status not in (Status.FAIL, Status.WARN):
        return check
    findings = tuple(replace(each, is_known=_key(check, each) in known) for each in check.findings)
    is_known = all(each.is_known for each in findings) if findings else _key(check, None) in known
    if check.status is Status.FAIL and is_known:
        return replace(check, status=Status.WARN, findings=findings, message=f"{check.message} ({KNOWN})".lstrip())
    if check.status is Status.FAIL and findings:  # what is new comes first, and gives the check its message
        findings = tuple(sorted(findings, key=lambda each: each.is_known))
        return replace(check, findings=findings, message=findings[0].message)
    return replace(check, findings=findings)


def _gone(report: Report, known: Mapping[Key, str]) -> Iterator[str]:
    made = {check.id for check in report.checks if check.status is not Status.INCONCLUSIVE}
    now = {key for check in report.checks for key in _keys(check)}
    for key, message in known.items():
        if key not in now:
            word = "fixed" if key[0] in made else "not checked"
            yield f"{word} since baseline: {' '.join(filter(None, key[:2]))}: {one_line(message)[:_TOLD]}"


def _keys(check: CheckResult) -> list[Key]:
    return [_key(check, each) for each in check.findings] or [_key(check, None)]


def _key(check: CheckResult, finding: Finding | None) -> Key:
    if finding is None:
        return _made(check.id, check.operation, "", check.message)
    return _made(check.id, finding.operation or check.operation, finding.fold, finding.message)


def _made(check: str, operation: str, fold: str, message: str) -> Key:
    return check, operation, fold or without_numbers(message.removesuffix(f" ({KNOWN})")[:_COMPARED])


# -- the earlier report ------------------------------------------------------------------------------------------------


def _read(text: str | bytes, file: str) -> _Earlier:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise BaselineError(f"{file}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise BaselineError(f"{file}: not JSON: {error}") from None
    if not isinstance(data, dict) or "checks" not in data:
        raise BaselineError(f"{file} at /: not a report: expected an object with `checks`, as in a report.json")
    found: dict[Key, str] = {}
    for number, check in enumerate(_list(data, "checks", file, "")):
        found.update(_earlier(check, file, f"/checks/{number}"))
    return _Earlier(_text(data, "kind", file, ""), _text(data, "provider", file, ""), found)


def _earlier(check: Any, file: str, at: str) -> Iterator[tuple[Key, str]]:
    _expect(isinstance(check, dict), file, at, "an object", check)
    name, status = _text(check, "id", file, at), _text(check, "status", file, at)
    _expect(status in set(Status), file, f"{at}/status", f"one of {', '.join(Status)}", status)
    operation, message = _text(check, "operation", file, at), _text(check, "message", file, at)
    if status not in (Status.FAIL, Status.WARN):
        return
    findings = _list(check, "findings", file, at)
    if not findings:
        yield _made(name, operation, "", message), message
    for number, each in enumerate(findings):
        place = f"{at}/findings/{number}"
        _expect(isinstance(each, dict), file, place, "an object", each)
        said = _text(each, "message", file, place)
        where = _text(each, "operation", file, place) or operation
        yield _made(name, where, _text(each, "fold", file, place), said), said


def _list(data: Mapping[str, Any], key: str, file: str, at: str) -> list[Any]:
    value = data.get(key)
    _expect(isinstance(value, list), file, f"{at}/{key}", "a list", value)
    return list(value or ())


def _text(data: Mapping[str, Any], key: str, file: str, at: str) -> str:
    value = data.get(key)
    _expect(isinstance(value, str), file, f"{at}/{key}", "a text", value)
    return str(value)


def _expect(holds: bool, file: str, at: str, expected: str, got: Any) -> None:
    if not holds:
        raise BaselineError(f"{file} at {at}: expected {expected}, got {trimmed(json.dumps(got), 100)}")
