"""What a caller sends: parameters and the body."""

from __future__ import annotations

import re

from mockreel_contracts.diff.change import EVERYBODY, UNDECIDED
from mockreel_contracts.diff.direction import TABLE, Direction
from mockreel_contracts.diff.findings import Findings
from mockreel_contracts.diff.side import Place, Side
from mockreel_contracts.diff.view import keyed

_Owner = tuple[str, Place, Place]
"""A path, its item and one of its operations."""
_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
_WRITTEN = ("style", "explode", "allowReserved", "allowEmptyValue")


def parameters(findings: Findings, a: _Owner, b: _Owner) -> None:
    """Compare the parameters of an operation: in the path by their place, elsewhere by their name."""
    olds, news = _parameters(findings.a, a), _parameters(findings.b, b)
    table = TABLE["request"]
    for key in dict.fromkeys((*olds, *news)):
        old, new = olds.get(key), news.get(key)
        at = f"{key[0]} {(old or new or a[1]).get('name')}"
        if old is None and new is not None:
            is_must = new.get("required") is True
            effect = table["new_required" if is_must else "new"]
            findings.add(f"{at} is new and {'required' if is_must else 'optional'}", None, new, effect)
        elif old is not None and new is None:
            effect = table["gone_required" if old.get("required") is True else "gone"]
            findings.add(f"{at} is gone", old, None, effect)
        elif old is not None and new is not None:
            _parameter(findings, old, new, at, key[0])


def body(findings: Findings, a: Place, b: Place, *, direction: Direction = "request") -> None:
    """Compare the bodies of two operations."""
    old, new = a.child("requestBody"), b.child("requestBody")
    table = TABLE[direction]
    old, new = findings.a.follow(old) if old else None, findings.b.follow(new) if new else None
    if old and new:
        before, now = old.get("required") is True, new.get("required") is True
        if before != now:
            text = "the body is required now" if now else "the body is not required any more"
            findings.add(text, old, new, table["narrower" if now else "wider"])
        if old.get("description") != new.get("description"):
            findings.document("the description of the body changed", old, new)
        content(findings, old.child("content"), new.child("content"), "body", direction)
    elif new:
        is_must = new.get("required") is True
        findings.add("a body is new", a, new, table["new_required" if is_must else "new"])
    elif old:
        findings.add("the body is gone", old, b, table["gone_required" if old.get("required") is True else "gone"])


def content(findings: Findings, a: Place | None, b: Place | None, at: str, direction: Direction) -> None:
    """Compare bodies by their media types."""
    table = TABLE[direction]
    gone = table["narrower" if direction == "request" else "gone_forbidden"]
    for kind, old, new in findings.sets(
        a,
        b,
        gone=lambda key: (f"{at} is not {key} any more", gone),
        come=lambda key: (f"{at} may be {key}", table["wider"]),
    ):
        word = at if "json" in kind else f"{at} as {kind}"
        findings.maybe_schemas(old.child("schema"), new.child("schema"), word, direction)
        if keyed(old.get("encoding")) != keyed(new.get("encoding")):
            findings.add(f"the encoding of {word} changed", old, new, UNDECIDED)
        for name in ("example", "examples"):
            if keyed(old.get(name)) != keyed(new.get(name)):
                findings.document(f"the {name} of {word} changed", old, new)


def _parameter(findings: Findings, a: Place, b: Place, at: str, where: str) -> None:
    table = TABLE["request"]
    before, now = a.get("required") is True, b.get("required") is True
    if before != now:
        text = f"{at} is required now" if now else f"{at} is not required any more"
        findings.add(text, a.child("required") or a, b.child("required") or b, table["narrower" if now else "wider"])
    for word in _WRITTEN:
        old, new = _written(a, word, where), _written(b, word, where)
        if old != new:
            effect = EVERYBODY if word in ("style", "explode") else UNDECIDED
            findings.add(f"{at}: {word} {old} became {new}", a.child(word) or a, b.child(word) or b, effect)
    findings.maybe_schemas(a.child("schema"), b.child("schema"), at, "request")
    if a.child("content") or b.child("content"):
        content(findings, a.child("content"), b.child("content"), at, "request")
    if b.get("deprecated") is True and a.get("deprecated") is not True:
        findings.add(f"{at} is deprecated now", a, b.child("deprecated"), table["deprecated"])
    for word in ("description", "example", "examples"):
        if keyed(a.get(word)) != keyed(b.get(word)):
            findings.document(f"{at}: the {word} changed", a.child(word) or a, b.child(word) or b)
    if where == "path" and a.get("name") != b.get("name"):
        findings.document(f"{at} is called {b.get('name')} now", a.child("name"), b.child("name"))


def _written(place: Place, word: str, where: str) -> object:
    style = place.get("style", default=_STYLES.get(where, "form"))
    default = {"style": style, "explode": style == "form"}.get(word, False)
    return place.get(word, default=default)


def _parameters(side: Side, owner: _Owner) -> dict[tuple[str, str], Place]:
    path, item, operation = owner
    positions = re.findall(r"\{([^{}/]*)\}", path)
    found = {}
    for listed in (item.child("parameters"), operation.child("parameters")):
        for place in listed.items() if listed else ():
            whole = side.follow(place)
            where, name = str(whole.get("in", default="")), str(whole.get("name", default=""))
            if where == "path" and name in positions:
                name = str(positions.index(name))
            found[(where, name.lower() if where == "header" else name)] = whole
    return found
