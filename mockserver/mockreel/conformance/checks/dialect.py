"""Whether a refusal is the contract's, in its own words, with all that a client needs."""

from __future__ import annotations

from collections.abc import Iterator

from mockreel.conformance.check import check
from mockreel.conformance.evidence import blame, causes, findings, reading
from mockreel.conformance.exchange import Exchange, Record
from mockreel.report import Finding
from mockreel_contracts import ErrorCase

_PROBES = ("auth", "refusals", "rules", "error_cases", "strangers", "edges")


def _errors(record: Record) -> Iterator[Exchange]:
    """Go through the answers that are errors, of which a client could read what they say."""
    for exchange in record.exchanges:
        if blame.is_asked_for(exchange) or not blame.is_error(record, exchange):
            continue
        if exchange.operation is None and exchange.intent.kind != "refuse":
            continue  # a result file
        if exchange.json is not None:
            yield exchange


@check(
    layer="refusals",
    why="Clients decide by the code of an error what to do: mend the request, pay, wait, or give up.",
    pointer="behavior.yaml#/errors",
    probes=_PROBES,
)
def refusal_wrong(record: Record) -> Iterator[Finding | None]:
    """What is refused gets the error that the contract has for it."""
    good = blame.good_keys(record)
    strict = _refused_though_good(record)
    for exchange in _errors(record):
        intent = exchange.intent
        wanted = blame.expected_cases(record, exchange)
        if intent.kind != "refuse" or not wanted or intent.refusal == "unauthorized":
            continue
        if any(not reading.wrong_in_refusal(record.contract, case, exchange) for case in wanted):
            yield None
            continue
        found = reading.cases_of(record.contract, exchange)
        is_other = blame.is_passing(record, exchange) or blame.is_internal(record, exchange)
        is_limited = any(case.like == "rate_limited" for case in found)
        if not found or is_limited or (is_other and intent.refusal != "error"):
            continue  # which other checks tell, or which comes of too many calls before it
        if exchange.key not in good and blame.is_shut_out(record, exchange):
            continue
        if intent.refusal == "invalid" and found[0].id in strict.get(_subject(exchange), ()):
            continue  # a good request is refused so, too: that is what is wrong
        wrong = reading.wrong_in_refusal(record.contract, wanted[0], exchange)
        yield findings.of(
            record,
            exchange,
            f"{_what(exchange)} is refused with {' and '.join(wrong)}",
            cause=f"it is answered as {found[0].id}, not as {wanted[0].id}",
            pointer=f"behavior.yaml#/errors/{wanted[0].id}",
            hint=_assumed(wanted[0]),
            fold=f"{found[0].id} {wanted[0].id}",
        )


@check(
    layer="refusals",
    why="An error that the contract does not have is one that no client understands.",
    pointer="behavior.yaml#/errors",
    probes=_PROBES,
)
def error_dialect_broken(record: Record) -> Iterator[Finding | None]:
    """Every error is one of the contract's, by its status, code and reason together."""
    contract = record.contract
    for exchange in _errors(record):
        if reading.cases_of(contract, exchange):
            yield None
            continue
        case = _nearest(record, exchange)
        wrong = reading.wrong_in_refusal(contract, case, exchange)
        said = reading.said(contract, exchange)
        told = f"code {said.code!r}" + (f", reason {said.reason!r}" if said.reason else "") if said else "no error code"
        yield findings.of(
            record,
            exchange,
            f"{_what(exchange)} is answered with an error that the contract does not have: "
            f"HTTP {exchange.status}, {told}",
            cause=f"the nearest is {case.id}, but for {' and '.join(wrong)}",
            pointer=f"behavior.yaml#/errors/{case.id}",
            hint=_assumed(case),
            fold=f"{exchange.status} {told}",
        )


@check(
    layer="refusals",
    why="A person who is refused needs a sentence that says why.",
    pointer="behavior.yaml#/transport/reads/message",
    probes=_PROBES,
)
def error_message_missing(record: Record) -> Iterator[Finding | None]:
    """Every error has a message that is not empty."""
    for exchange in _errors(record):
        said = reading.said(record.contract, exchange)
        if said is None:
            continue  # no error that could be read
        if isinstance(said.message, str) and said.message.strip():
            yield None
        else:
            yield findings.of(
                record,
                exchange,
                f"{_what(exchange)} is refused with no message",
                cause="the message is missing, empty, or no text",
                expected="a message that is not empty",
                pointer="behavior.yaml#/transport/reads/message",
            )


@check(
    layer="refusals",
    why="A client that is to come back later must be told when.",
    pointer="behavior.yaml#/errors",
    needs="no error came for which the contract has a Retry-After",
    probes=("error_cases",),
)
def retry_after_missing(record: Record) -> Iterator[Finding | None]:
    """An error with a Retry-After in the contract has one, in seconds or as a date."""
    for exchange in _errors(record):
        cases = reading.cases_of(record.contract, exchange)
        asked = [case for case in cases if case.id == exchange.intent.case]
        found = asked or cases
        if not found or not all(_retries(case) for case in found):
            continue
        text = exchange.headers.get("retry-after", "").strip()
        if (text.isascii() and text.isdecimal()) or text.endswith(" GMT"):
            yield None
        else:
            lacking = "a Retry-After that is no time" if text else "no Retry-After"
            yield findings.of(
                record,
                exchange,
                f"{_what(exchange)} is refused for now, with {lacking}",
                cause=f"the header is {text!r}" if text else "the header is missing",
                expected="Retry-After: a number of seconds",
                pointer=f"behavior.yaml#/errors/{found[0].id}/headers",
            )


@check(
    layer="refusals",
    why="Whatever is sent, a server answers it and does not fall over.",
    pointer="behavior.yaml#/errors",
    probes=_PROBES,
)
def server_error(record: Record) -> Iterator[Finding | None]:
    """No answer says that the server failed, and none fails to come, unless that was asked for."""
    for exchange in record.exchanges:
        intent = exchange.intent
        if blame.is_asked_for(exchange) or intent.refusal == "error":
            continue
        if exchange.problem:
            if intent.refusal != "too_large":  # which a server may cut short
                yield _failed(record, exchange, "is not answered", f"no whole answer came: {exchange.problem}")
        elif exchange.operation is None and intent.kind != "refuse":
            continue
        elif not blame.is_internal(record, exchange) or blame.is_as_expected(record, exchange):
            yield None
        elif not blame.is_passing(record, exchange):
            said = reading.said(record.contract, exchange)
            code = f", code {said.code!r}" if said and said.code is not None else ""
            text = f"makes the server fail: HTTP {exchange.status}{code}"
            yield _failed(record, exchange, text, "an exception in the server that nobody caught")


def _refused_though_good(record: Record) -> dict[tuple[str, str], set[str]]:
    """Return the cases with which good requests were refused, by operation and model."""
    found: dict[tuple[str, str], set[str]] = {}
    for exchange in record.exchanges:
        if exchange.intent.kind == "accept" and exchange.operation and blame.is_error(record, exchange):
            cases = {case.id for case in reading.cases_of(record.contract, exchange)}
            found.setdefault(_subject(exchange), set()).update(cases)
    return found


def _subject(exchange: Exchange) -> tuple[str, str]:
    return (exchange.operation.id if exchange.operation else "", str(causes.model_of(exchange)))


def _failed(record: Record, exchange: Exchange, what: str, cause: str) -> Finding:
    operation = exchange.operation.id if exchange.operation else exchange.url
    return findings.of(record, exchange, f"{_what(exchange)} {what}", cause=cause, fold=f"{operation} {what}")


def _nearest(record: Record, exchange: Exchange) -> ErrorCase:
    """Return the expected case, or else the one of which least is wrong."""
    contract, case = record.contract, exchange.intent.case
    if case:
        return contract.errors[case]
    return min(contract.errors.values(), key=lambda each: len(reading.wrong_in_refusal(contract, each, exchange)))


def _what(exchange: Exchange) -> str:
    intent = exchange.intent
    name = exchange.operation.id if exchange.operation else "the request"
    if intent.refusal == "error":
        return f"{name}, asked for the error {intent.case},"
    return f"{name} with {intent.rule}" if intent.rule else name


def _retries(case: ErrorCase) -> bool:
    return any(name.lower() == "retry-after" for name in case.headers)


def _assumed(case: ErrorCase) -> str:
    return (
        "the contract marks this error as assumed: correct the contract if the server is right"
        if (case.confidence == "assumed")
        else ""
    )
