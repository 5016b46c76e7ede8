"""Whether answers have the status, the type and the body that the OpenAPI document gives them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mockreel.conformance.check import check
from mockreel.conformance.evidence import blame, findings, places, reading
from mockreel.conformance.exchange import Exchange, Record
from mockreel.conformance.wire import DEEPEST, is_too_deep
from mockreel.report import Finding
from mockreel_contracts import Contract, Operation, Violation, pointer
from mockreel_contracts.schema import Schema

_MOST = 5  # rules that one answer is told to break
_PROBES = ("auth", "refusals", "rules", "error_cases", "strangers", "edges", "lifecycle", "credits")
_CAUSES = {
    "required": "a field is missing",
    "type": "a value is of another type",
    "enum": "a value that the contract does not know",
    "const": "a value that the contract does not know",
    "falseSchema": "a field that must not be there",
}


def _answers(record: Record) -> Iterator[tuple[Exchange, Operation]]:
    for exchange in record.exchanges:
        if exchange.operation is not None and not exchange.problem and not blame.is_asked_for(exchange):
            yield exchange, exchange.operation


@check(
    layer="schema",
    why="A client finds the answer to a call by its status: it must be one that the document has.",
    pointer="openapi.yaml#/paths",
    probes=_PROBES,
)
def status_undocumented(record: Record) -> Iterator[Finding | None]:
    """Every status is one that the operation's responses have."""
    for exchange, operation in _answers(record):
        if reading.response_of(record.contract, operation, exchange.status) is not None:
            yield None
            continue
        responses = _responses(operation)
        known = ", ".join(pointer.get(record.contract.openapi, responses))
        yield findings.of(
            record,
            exchange,
            f"HTTP {exchange.status} is no status that {operation.id} answers with",
            cause="the status is another than the document's",
            expected=f"one of {known}",
            pointer=f"openapi.yaml#{responses}",
        )


@check(
    layer="schema",
    why="Parsers are chosen by the content type.",
    pointer="openapi.yaml#/paths",
    probes=_PROBES,
)
def content_type_wrong(record: Record) -> Iterator[Finding | None]:
    """Every answer with content is of a content type that its response has."""
    for exchange, operation in _answers(record):
        found = _media(record.contract, exchange)
        if found is None:
            continue
        at, types = found
        sent = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
        if sent in types:
            yield None
        elif "application/json" not in types or exchange.json is not None:  # else `answer_not_json` tells
            said = f"the content type {sent!r}" if sent else "no content type"
            yield findings.of(
                record,
                exchange,
                f"{operation.id} answers with {said}",
                cause="the header is another than the body" if sent else "the header Content-Type is missing",
                expected=f"Content-Type: {' or '.join(types)}",
                pointer=f"openapi.yaml#{at}",
            )


@check(
    layer="schema",
    why="An answer that is no JSON where JSON is promised breaks every client.",
    pointer="openapi.yaml#/paths",
    probes=_PROBES,
)
def answer_not_json(record: Record) -> Iterator[Finding | None]:
    """Every body that is to be JSON is JSON, those of unknown routes and wrong methods too."""
    for exchange in record.exchanges:
        if exchange.problem or blame.is_asked_for(exchange):
            continue
        if exchange.operation is not None:
            found = _media(record.contract, exchange)
            if found is None or "application/json" not in found[1]:
                continue
            at = f"openapi.yaml#{found[0]}"
        elif exchange.intent.kind == "refuse":
            at = exchange.intent.pointer
        else:
            continue
        if exchange.json is not None or exchange.body.strip() == b"null":
            yield None
            continue
        name = exchange.operation.id if exchange.operation else exchange.intent.rule
        yield findings.of(
            record,
            exchange,
            f"the answer to {name} is no JSON",
            cause=_why_no_json(exchange),
            expected="a JSON body",
            pointer=at,
        )


@check(
    layer="schema",
    why="What a client reads of an answer must be there, with the type that the document gives it.",
    pointer="openapi.yaml#/components/schemas",
    probes=_PROBES,
)
def answer_breaks_schema(record: Record) -> Iterator[Finding | None]:
    """Every JSON body keeps the schema of its response."""
    for exchange, operation in _answers(record):
        found = reading.body_schema(record.contract, operation, exchange.status)
        if found is None or exchange.json is None:
            continue
        at, schema = found
        if schema.is_valid(exchange.json):
            yield None
            continue
        at, violations = _broken(record.contract, at, schema, exchange.json)
        for violation in violations[:_MOST]:
            where = re.sub(r"/\d+(?=/|$)", "/*", violation.pointer) or "/"
            yield findings.of(
                record,
                exchange,
                f"{operation.id} answers HTTP {exchange.status} with a body that breaks its schema at {where}: "
                f"{violation.text}",
                cause=_CAUSES.get(violation.keyword, f"a value that breaks {violation.keyword}"),
                expected=f"the schema of HTTP {exchange.status}",
                pointer=places.of_value(record.contract, at, violation.pointer),
                fold=f"{exchange.status} {where} {violation.keyword}",
            )


def _broken(contract: Contract, at: str, schema: Schema, body: Any) -> tuple[str, tuple[Violation, ...]]:
    """Return what a body breaks, of a choice of schemas by the one that it comes nearest to."""
    branches = schema.source.get("anyOf") or schema.source.get("oneOf")
    if not branches:
        return at, schema.violations(body)
    name = "anyOf" if "anyOf" in schema.source else "oneOf"
    tried = [
        (pointer.join(at, name, str(index)), Schema(branch, contract.openapi).violations(body))
        for index, branch in enumerate(branches)
    ]
    broken = [each for each in tried if each[1]]
    return min(broken, key=lambda each: len(each[1])) if broken else (at, schema.violations(body))


def _media(contract: Contract, exchange: Exchange) -> tuple[str, list[str]] | None:
    """Return the pointer of a response and its content types, None where it has no content."""
    if exchange.operation is None:
        return None
    found = reading.response_of(contract, exchange.operation, exchange.status)
    types = list(found[1].get("content", ())) if found else []
    return (found[0], types) if found and types else None


def _responses(operation: Operation) -> str:
    return pointer.join("/paths", operation.path, operation.method.lower(), "responses")


def _why_no_json(exchange: Exchange) -> str:
    start = exchange.body.lstrip()[:15].lower()
    if is_too_deep(exchange.body):
        return f"lists and objects in each other more than {DEEPEST} deep, which hardly any client reads"
    if not start:
        return "the body is empty"
    if start.startswith((b"<!doctype", b"<html")):
        return "a web page, perhaps of a proxy or of the framework, instead of the API's own answer"
    return (
        "the body is cut off" if start[:1] in (b"{", b"[") else "the framework's own text instead of the API's answer"
    )
