"""Which answers can be blamed on a server, and which have another reason."""

from __future__ import annotations

from mockreel.conformance.control import FAULT_HEADER
from mockreel.conformance.evidence import reading
from mockreel.conformance.exchange import Exchange, Record
from mockreel_contracts import ErrorCase

_PASSING = ("rate_limited", "maintenance", "insufficient_credits")  # what any call may be answered at any time


def is_asked_for(exchange: Exchange) -> bool:
    """Whether a fault was asked for that is not simply an error case."""
    return FAULT_HEADER in exchange.sent_headers and exchange.intent.refusal != "error"


def is_as_expected(record: Record, exchange: Exchange) -> bool:
    """Whether an answer is the very error that the request was to get."""
    case = exchange.intent.case
    return bool(case) and not reading.wrong_in_refusal(record.contract, record.contract.errors[case], exchange)


def is_passing(record: Record, exchange: Exchange) -> bool:
    """Whether an answer says that the server is busy, under maintenance, or that the account is empty."""
    return any(case.like in _PASSING for case in reading.cases_of(record.contract, exchange))


def is_internal(record: Record, exchange: Exchange) -> bool:
    """Whether an answer says that the server itself failed: by HTTP, or by an error code of that meaning."""
    if exchange.status >= 500:
        return True
    cases = reading.cases_of(record.contract, exchange)
    return bool(cases) and all(case.like == "internal_error" for case in cases)


def is_error(record: Record, exchange: Exchange) -> bool:
    """Whether an answer, if one came, is not a good one."""
    return not exchange.problem and not reading.is_good(record.contract, exchange)


def is_wrongly_accepted(record: Record, exchange: Exchange) -> bool:
    """Whether a request was carried out that was to be refused, so that its answer may be any."""
    return exchange.intent.kind == "refuse" and reading.is_good(record.contract, exchange)


def is_shut_out(record: Record, exchange: Exchange) -> bool:
    """Whether an answer says that the API key is no good."""
    return any(case.like == "unauthorized" for case in reading.cases_of(record.contract, exchange))


def good_keys(record: Record) -> set[str]:
    """Return the roles of the API keys with which anything was ever carried out: the others may be no good."""
    return {e.key for e in record.exchanges if e.operation and not e.problem and reading.is_good(record.contract, e)}


def expected_cases(record: Record, exchange: Exchange) -> list[ErrorCase]:
    """Return the cases that a refusal may be. A body of another type may be called malformed or invalid."""
    intent, contract = exchange.intent, record.contract
    if not intent.case:
        return []
    found = [contract.errors[intent.case]]
    if intent.refusal == "malformed" and intent.keyword == "type":
        found.append(contract.refusal("invalid", exchange.operation, "type"))
    return found
