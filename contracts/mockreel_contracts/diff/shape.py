"""The shape: two OpenAPI documents, operation by operation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mockreel_contracts.diff import answers, requests
from mockreel_contracts.diff.change import (
    EVERYBODY,
    GIVEN,
    NOT_ON_THE_WIRE,
    TAKEN,
    UNDECIDED,
    Breaks,
    breaking,
    safe,
)
from mockreel_contracts.diff.direction import TABLE
from mockreel_contracts.diff.findings import Findings
from mockreel_contracts.diff.side import Place, Side
from mockreel_contracts.diff.view import keyed

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_TEXTS = ("summary", "description", "tags", "externalDocs")
_ELSEWHERE = frozenset(
    ["operationId", "parameters", "requestBody", "responses", "callbacks", "security", "servers", "deprecated", *_TEXTS]
)
_SCHEME = ("type", "scheme", "in", "name")
_SCHEME_TEXTS = ("description", "bearerFormat")
_Key = tuple[str, str]


def compare(findings: Findings) -> None:
    """Compare the two documents; what is found goes to `findings`."""
    a, b = findings.a.document, findings.b.document
    findings.part = "document"
    _servers(findings, a, b)
    _texts(findings, a, b, ("tags", "externalDocs"))
    for word in ("title", "version", "summary", "description"):
        if a.get("info", word) != b.get("info", word):
            findings.document(f"info.{word} changed", a.child("info"), b.child("info"))
    olds, news = dict(_operations(findings.a)), dict(_operations(findings.b))
    for old, new in _matched(olds, news):
        if old is None and new is not None:
            findings.part = _name(new)
            findings.add("this operation is new", None, news[new][1], GIVEN)
        elif new is None and old is not None:
            findings.part = _name(old)
            findings.add("this operation is gone", olds[old][1], None, TAKEN)
        elif old is not None and new is not None:
            findings.part = _name(old)
            if (old[0], _shape(old[1])) != (new[0], _shape(new[1])):
                findings.add(f"is {_name(new)} now", olds[old][1], news[new][1], EVERYBODY)
            _operation(findings, old[1], new[1], olds[old], news[new])
    findings.part = "webhooks"
    _posted(findings, a.child("webhooks"), b.child("webhooks"), "webhook")


def _operations(side: Side) -> Iterator[tuple[_Key, tuple[Place, Place]]]:
    """Yield ((METHOD, path), (path item, operation))."""
    paths = side.document.child("paths")
    for path, item in paths.children() if paths else ():
        whole = side.follow(item)
        for method in METHODS:
            operation = whole.child(method)
            if operation is not None and not path.startswith("x-"):
                yield (method.upper(), path), (whole, operation)


def _matched(
    olds: dict[_Key, tuple[Place, Place]], news: dict[_Key, tuple[Place, Place]]
) -> Iterator[tuple[_Key | None, _Key | None]]:
    """Yield which operation of A is which of B: by method and path, then by operationId."""
    by_shape = {(method, _shape(path)): (method, path) for method, path in news}
    pairs = {key: by_shape[(key[0], _shape(key[1]))] for key in olds if (key[0], _shape(key[1])) in by_shape}
    left = {
        str(news[key][1].get("operationId")): key
        for key in news
        if key not in pairs.values() and news[key][1].get("operationId")
    }
    for key, (_, operation) in olds.items():
        if key not in pairs and str(operation.get("operationId")) in left:
            pairs[key] = left.pop(str(operation.get("operationId")))
    yield from ((key, pairs.get(key)) for key in olds)
    taken = set(pairs.values())
    yield from ((None, key) for key in news if key not in taken)


def _operation(
    findings: Findings, path_a: str, path_b: str, old: tuple[Place, Place], new: tuple[Place, Place]
) -> None:
    (item_a, a), (item_b, b) = old, new
    requests.parameters(findings, (path_a, item_a, a), (path_b, item_b, b))
    requests.body(findings, a, b)
    answers.compare(findings, a, b)
    _security(findings, a, b)
    _posted(findings, a.child("callbacks"), b.child("callbacks"), "callback")
    _texts(findings, a, b, _TEXTS)
    if a.get("operationId") != b.get("operationId"):
        text = f"operationId {a.get('operationId')} became {b.get('operationId')}"
        why = safe("only a name; code that is generated from the document may carry it")
        findings.add(text, a.child("operationId") or a, b.child("operationId") or b, Breaks(why, why))
    if b.get("deprecated") is True and a.get("deprecated") is not True:
        findings.add("is deprecated now", a, b.child("deprecated"), TABLE["request"]["deprecated"])
    if keyed(item_a.get("servers")) != keyed(item_b.get("servers")) or keyed(a.get("servers")) != keyed(
        b.get("servers")
    ):
        findings.add("has other servers of its own", a, b, UNDECIDED)
    for key in dict.fromkeys([*(k for k, _ in a.children()), *(k for k, _ in b.children())]):
        if key not in _ELSEWHERE and not key.startswith("x-") and keyed(a.get(key)) != keyed(b.get(key)):
            findings.add(f"{key} changed", a.child(key) or a, b.child(key) or b, UNDECIDED)


def _servers(findings: Findings, a: Place, b: Place) -> None:
    olds, news = _urls(a), _urls(b)
    for url in [url for url in olds if url not in news]:
        effect = Breaks(breaking("callers that use this address"), NOT_ON_THE_WIRE)
        findings.add(f"the server {url} is gone", olds[url], b.child("servers") or b, effect)
    for url in [url for url in news if url not in olds]:
        effect = Breaks(safe("callers keep the address they have"), NOT_ON_THE_WIRE)
        findings.add(f"the server {url} is new", a.child("servers") or a, news[url], effect)


def _urls(document: Place) -> dict[str, Place]:
    servers = document.child("servers")
    return {str(place.get("url")).rstrip("/"): place for place in (servers.items() if servers else ())}


def _security(findings: Findings, a: Place, b: Place) -> None:
    olds, news = _alternatives(findings.a, a), _alternatives(findings.b, b)
    pa = a.child("security") or findings.a.document.child("security") or a
    pb = b.child("security") or findings.b.document.child("security") or b
    for words in sorted(olds - news):
        findings.add(f"does not take {words} any more", pa, pb, TABLE["request"]["narrower"])
    for words in sorted(news - olds):
        findings.add(f"takes {words} now", pa, pb, TABLE["request"]["wider"])


def _alternatives(side: Side, operation: Place) -> set[str]:
    """Return the ways to be let in, each as words."""
    listed = operation.child("security") or side.document.child("security")
    found = set()
    for place in listed.items() if listed else ():
        parts = []
        for name, scopes in place.children():
            scheme = side.document.child("components", "securitySchemes", name)
            whole = side.follow(scheme) if scheme else None
            data = {k: p.value for k, p in whole.children()} if whole else {"name": name}
            first = [str(data[key]) for key in _SCHEME if key in data]
            rest = [f"{key} {keyed(data[key])}" for key in sorted(data) if key not in (*_SCHEME, *_SCHEME_TEXTS)]
            words = " ".join((*first, *rest))
            parts.append(words + (f" with {keyed(scopes.value)}" if scopes.value else ""))
        found.add(" and ".join(sorted(parts)) or "no credentials")
    return found or {"no credentials"}


def _posted(findings: Findings, a: Place | None, b: Place | None, word: str) -> None:
    """Compare callbacks or webhooks: here the server sends the request and the caller answers."""
    part = findings.part
    for name, old, new in findings.sets(
        a,
        b,
        gone=lambda key: (f"the {word} {key} is gone", TAKEN),
        come=lambda key: (
            f"the {word} {key} is new",
            Breaks(safe("it is sent only where it is asked for"), breaking("a server written for A does not send it")),
        ),
    ):
        old, new = findings.a.follow(old), findings.b.follow(new)
        items = [(name, old, new)] if word == "webhook" else _expressions(findings, old, new, name)
        for key, one, other in items:
            one, other = findings.a.follow(one), findings.b.follow(other)
            for method in METHODS:
                pa, pb = one.child(method), other.child(method)
                findings.part = f"{part}, {word} {name}" if part != "webhooks" else f"webhook {key}"
                if pa and pb:
                    requests.body(findings, pa, pb, direction="answer")
                    answers.compare(findings, pa, pb, direction="request")
                    _texts(findings, pa, pb, _TEXTS)
                elif pa or pb:
                    findings.add(f"{method.upper()} is {'gone' if pa else 'new'}", pa, pb, EVERYBODY)
        findings.part = part


def _expressions(findings: Findings, a: Place, b: Place, name: str) -> list[tuple[str, Place, Place]]:
    olds = {k: p for k, p in a.children() if not k.startswith("x-")}
    news = {k: p for k, p in b.children() if not k.startswith("x-")}
    if len(olds) == len(news) == 1 and olds.keys() != news.keys():
        old, new = next(iter(olds)), next(iter(news))
        findings.add(f"the callback {name} goes to {new}, not to {old}", olds[old], news[new], EVERYBODY)
        return [(name, olds[old], news[new])]
    return findings.sets(
        Place(a.file, a.pointer, {k: p.value for k, p in olds.items()}),
        Place(b.file, b.pointer, {k: p.value for k, p in news.items()}),
        gone=lambda key: (f"the callback {name} goes to {key} no longer", TAKEN),
        come=lambda key: (f"the callback {name} goes to {key} too", GIVEN),
    )


def _texts(findings: Findings, a: Place, b: Place, words: tuple[str, ...]) -> None:
    for word in words:
        if keyed(a.get(word)) != keyed(b.get(word)):
            findings.document(f"{word} changed", a.child(word) or a, b.child(word) or b)


def _name(key: _Key) -> str:
    return f"{key[0]} {key[1]}"


def _shape(path: str) -> str:
    return re.sub(r"\{[^{}/]*\}", "{}", path)
