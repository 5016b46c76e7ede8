"""Findings about an exchange or a callback: what was sent, what came, what the contract says."""

from __future__ import annotations

import shlex
from collections.abc import Collection

from mockreel.conformance.exchange import Arrival, Exchange, Record
from mockreel.report import Evidence, Finding, redact
from mockreel_contracts import Contract

KEY_VARIABLE = "$API_KEY"
_SHOWN = 2000  # characters of a body
_READ = 65_536  # bytes of one in which secrets are looked for
_LONGEST = 12  # how many times as long as itself a secret may be written
_SENT = 15_000  # of a body in a curl line, which does not make the same call with less of it


def of(
    record: Record,
    exchange: Exchange,
    message: str,
    *,
    cause: str = "",
    expected: str = "",
    pointer: str = "",
    hint: str = "",
    fold: str = "",
    also: tuple[Exchange | Arrival, ...] = (),
) -> Finding:
    """Return a finding about an exchange; `also` are others that show it, in the order in which they happened.

    What the contract says and where is that of the exchange's intent, unless it is given.
    """
    intent = exchange.intent
    shown = sorted({id(each): each for each in (*also, exchange)}.values(), key=_moment)
    return Finding(
        message=message,
        operation=exchange.operation.id if exchange.operation else "",
        expected=expected or _expected(record.contract, exchange),
        pointer=pointer or intent.pointer,
        cause=cause,
        hint=hint,
        evidence=tuple(evidence(record, each) for each in shown),
        fold=fold or message,
    )


def of_callback(
    record: Record,
    arrival: Arrival,
    message: str,
    *,
    cause: str = "",
    expected: str = "",
    pointer: str = "",
    hint: str = "",
    fold: str = "",
    also: tuple[Exchange | Arrival, ...] = (),
) -> Finding:
    """Return a finding about a callback; the rest is as with `of`."""
    shown = sorted({id(each): each for each in (*also, arrival)}.values(), key=_moment)
    return Finding(
        message=message,
        operation="callback",
        expected=expected,
        pointer=pointer,
        cause=cause,
        hint=hint,
        evidence=tuple(evidence(record, each) for each in shown),
        fold=fold or message,
    )


def evidence(record: Record, each: Exchange | Arrival) -> Evidence:
    """Return an exchange or a callback as evidence; the API key is masked, also where a server sends it back."""
    if isinstance(each, Arrival):
        head = "\n".join(f"{name}: {value}" for name, value in each.headers)
        return Evidence(
            title=f"callback {each.number}: {each.method} {each.path}",
            received=f"{each.method} {each.path}\n{head}\n\n{_text(each.body, record.hidden)}",
            sent=f"HTTP {each.answered}",
            seq=each.number,
            at_ms=each.at_ms,
        )
    name = each.operation.id if each.operation else each.url
    return Evidence(
        title=f"{each.method} {name}",
        curl=curl(record.contract, each),
        sent=_text(each.sent, record.hidden),
        received=each.problem or _received(record, each),
        seq=each.number,
        at_ms=each.at_ms,
    )


def curl(contract: Contract, exchange: Exchange) -> str:
    """Return a shell line that makes the same call again; the API key comes from the variable API_KEY.

    Of a body that no line of text can hold, or none of this length, there is no such line: return ''.
    """
    body = exchange.sent.decode("utf-8", "replace")
    if len(body) > _SENT or "\0" in body or body.encode() != exchange.sent:
        return ""
    parts = ["curl -s"] if exchange.method in ("GET", "POST") else [f"curl -s -X {shlex.quote(exchange.method)}"]
    if exchange.method == "POST" and not exchange.sent:
        parts = ["curl -s -X POST"]
    parts.append(shlex.quote(exchange.url))
    for name, value in exchange.sent_headers.items():
        if name in ("accept", "user-agent"):
            continue
        scheme, _, rest = value.partition(" ")
        if name == contract.auth.header.lower() and rest and exchange.key != "none":
            parts.append(f'-H "{name.title()}: {scheme} {KEY_VARIABLE}"')
        else:
            parts.append("-H " + shlex.quote(f"{name.title()}: {value}"))
    if body:
        parts.append("--data-raw " + shlex.quote(body))
    return " ".join(parts)


def _expected(contract: Contract, exchange: Exchange) -> str:
    intent = exchange.intent
    if intent.kind == "refuse" and intent.case:
        case = contract.errors[intent.case]
        code = f", code {case.code}" + (f", reason {case.reason}" if case.reason else "")
        return f"{case.id}: HTTP {case.status}{code}"
    return "the request is accepted" if intent.kind == "accept" else ""


def _received(record: Record, exchange: Exchange) -> str:
    shown = "\n".join(f"{name}: {value}" for name, value in exchange.headers.items() if name in _HEADERS)
    return f"HTTP {exchange.status}\n{shown}\n\n{_text(exchange.body, record.hidden)}"


_HEADERS = ("content-type", "retry-after", "location", "content-length", "www-authenticate")


def _text(data: bytes, hidden: Collection[str]) -> str:
    """Return the beginning of a body. Secrets are hidden before it is cut: half of one would not be found."""
    text = data[:_READ].decode("utf-8", "replace")
    if len(data) > _SHOWN:
        text = redact(text, hidden)
        if len(data) > _READ:
            text = text[: -_LONGEST * max(map(len, hidden), default=0) or None]
    return text if len(text) <= _SHOWN and len(data) <= _READ else f"{text[:_SHOWN]}… ({len(data)} bytes)"


def _moment(each: Exchange | Arrival) -> tuple[int, int]:
    return each.at_ms, each.number
