"""Errors: the cases, and which case answers which refusal."""

from __future__ import annotations

from mockreel_contracts.diff.change import (
    EVERYBODY,
    NOT_ON_THE_WIRE,
    Breaks,
    breaking,
    safe,
    unknown,
)
from mockreel_contracts.diff.findings import Findings, shown
from mockreel_contracts.diff.side import Place, Side
from mockreel_contracts.model import DEFAULT_REFUSALS, ErrorCase

_NEW = Breaks(breaking("callers may get an error that A does not know"), safe("a server need not have it"))
_GONE = Breaks(safe("an error that does not come any more"), breaking("a server written for A may still send it"))
_TEXT = Breaks(
    safe("a text for people; the code tells the case"), safe("the code tells the case, and texts may differ")
)
_ONLY_TEXT_TELLS = Breaks(
    unknown("other cases have the same status and code: callers may tell them by this text"),
    unknown("other cases have the same status and code: only this text tells them apart"),
)
_LIKE = Breaks(breaking("it calls for another reaction"), NOT_ON_THE_WIRE)
_NO_RETRY = Breaks(breaking("callers try again what is not to be tried again"), NOT_ON_THE_WIRE)
_RETRY = Breaks(safe("callers that give up miss a chance, no more"), NOT_ON_THE_WIRE)
_BILLED = Breaks(breaking("callers pay for what was free"), breaking("a server written for A does not charge it"))
_FREE = Breaks(safe("callers do not pay any more"), breaking("a server written for A charges it"))
_HEADER_GONE = Breaks(breaking("callers that read it find it no longer"), safe("a server may send more headers"))
_HEADER_NEW = Breaks(safe("callers skip what they do not know"), breaking("a server written for A does not send it"))


def compare(findings: Findings, a: Place, b: Place) -> None:
    """Compare the error cases and the refusals that they answer."""
    findings.part = "errors"
    shared = findings.sets(
        a.child("errors"),
        b.child("errors"),
        gone=lambda key: (f"the error {key} is gone", _GONE),
        come=lambda key: (f"the error {key} is new", _NEW),
    )
    for name, old, new in shared:
        _case(findings, name, old, new)
    findings.part = "refusals"
    _refusals(findings, a.child("refusals") or a, b.child("refusals") or b, None)
    for operation, spec in _children(a.child("operations")):
        other = b.child("operations", operation)
        if other and (spec.child("refusals") or other.child("refusals")):
            _refusals(findings, spec.child("refusals") or spec, other.child("refusals") or other, operation)


def _case(findings: Findings, name: str, a: Place, b: Place) -> None:
    one, other = _found(findings.a, name), _found(findings.b, name)
    for word, text in (("status", "HTTP status"), ("code", "code"), ("reason", "reason"), ("task_code", "task code")):
        old, new = getattr(one, word), getattr(other, word)
        if old != new or type(old) is not type(new):
            told = f"{name}: its {text} {shown(old)} became {shown(new)}"
            findings.add(told, a.child(word) or a, b.child(word) or b, EVERYBODY)
    effect = _ONLY_TEXT_TELLS if _is_shared(findings.a, one) or _is_shared(findings.b, other) else _TEXT
    findings.plain(a, b, "message", f"{name}: its message", effect)
    if a.get("task_message") is not None or b.get("task_message") is not None:
        findings.plain(a, b, "task_message", f"{name}: the message of a failed task", effect)
    if one.like != other.like:
        text = f"{name}: it counts as {other.like}, not as {one.like}"
        findings.add(text, a.child("like") or a, b.child("like") or b, _LIKE)
    findings.plain(a, b, "retryable", f"{name}: retryable", _RETRY if other.retryable else _NO_RETRY)
    findings.plain(a, b, "billed", f"{name}: billed", _BILLED if other.billed else _FREE, default=False)
    for stage in sorted({*one.stages} ^ {*other.stages}):
        pa, pb = a.child("stages"), b.child("stages")
        is_new = stage in other.stages
        text = f"{name}: may come at {stage}" if is_new else f"{name}: does not come at {stage} any more"
        findings.add(text, pa, pb, _NEW if is_new else _GONE)
    _headers(findings, name, a, b)


def _headers(findings: Findings, name: str, a: Place, b: Place) -> None:
    olds = {key.lower(): place for key, place in _children(a.child("headers"))}
    news = {key.lower(): place for key, place in _children(b.child("headers"))}
    for key in dict.fromkeys((*olds, *news)):
        old, new = olds.get(key), news.get(key)
        if old is None:
            findings.add(f"{name}: has the header {key}", a, new, _HEADER_NEW)
        elif new is None:
            findings.add(f"{name}: has the header {key} no longer", old, b, _HEADER_GONE)
        elif old.value != new.value:
            text = f"{name}: the header {key} was {shown(old.value)} and is {shown(new.value)}"
            findings.add(text, old, new, EVERYBODY)


def _refusals(findings: Findings, a: Place, b: Place, operation: str | None) -> None:
    """Compare the cases that answer each kind of refusal, whether written down or by default."""
    sides = findings.a.contract, findings.b.contract
    assert sides[0] is not None  # noqa: S101  both have a behavior here
    assert sides[1] is not None  # noqa: S101
    kinds = list(DEFAULT_REFUSALS) if operation is None else [*dict(a.children()), *dict(b.children())]
    for kind in dict.fromkeys(kind for kind in kinds if kind in DEFAULT_REFUSALS):
        keywords = [""]
        for place in (a, b):
            keywords += [key for key, _ in _children(place.child(kind)) if key != "default"]
        for keyword in dict.fromkeys(keywords):
            one, other = (
                contract.refusal(kind, contract.operations.get(operation) if operation else None, keyword)
                for contract in sides
                if contract is not None
            )
            if one.id == other.id:
                continue
            at = f"{operation}: " if operation else ""
            text = f"{at}what is refused as {kind}{f' ({keyword})' if keyword else ''} is {other.id}, not {one.id}"
            pa = a.child(kind, keyword or "default") or a.child(kind) or a
            pb = b.child(kind, keyword or "default") or b.child(kind) or b
            effect = EVERYBODY if _wire(one) != _wire(other) else _ONLY_TEXT_TELLS
            findings.add(text, pa, pb, effect)


def _found(side: Side, name: str) -> ErrorCase:
    assert side.contract is not None  # noqa: S101  only contracts have errors
    return side.contract.errors[name]


def _is_shared(side: Side, case: ErrorCase) -> bool:
    """Whether another case looks the same but for its text."""
    assert side.contract is not None  # noqa: S101
    return any(_wire(other) == _wire(case) for other in side.contract.errors.values() if other.id != case.id)


def _wire(case: ErrorCase) -> tuple[object, ...]:
    return case.status, case.code, case.reason


def _children(place: Place | None) -> list[tuple[str, Place]]:
    return list(place.children()) if place else []
