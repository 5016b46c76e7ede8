"""What an answer says, read by the expressions of the contract."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mockreel.conformance.exchange import Exchange
from mockreel_client.values import UnreadableError, phase_of, read, text
from mockreel_contracts import Contract, ErrorCase, Operation, Phase, pointer
from mockreel_contracts.schema import Schema


@dataclass(frozen=True, slots=True)
class Said:
    """The code, reason and message of an error, as they stand in the body."""

    code: Any
    reason: Any
    message: Any


@dataclass(frozen=True, slots=True)
class Seen:
    """What an answer says of its task; None where it says nothing. Times are Unix milliseconds."""

    task_id: str | None
    state: str | None
    phase: Phase | None
    progress: Any
    urls: tuple[str, ...]
    error_code: str | None
    credits: Any
    created_ms: int | None
    updated_ms: int | None
    completed_ms: int | None


def is_good(contract: Contract, exchange: Exchange) -> bool:
    """Whether an answer means success: by HTTP, and by the code in its body where the contract has one.

    One that says nothing does not: no JSON where every answer of its status is, no code where each has one.
    """
    if not 200 <= exchange.status < 300 or said(contract, exchange) is not None:
        return False
    if not _is_json_alone(contract, exchange):
        return True
    has_code = read(contract.error_reads.code, {"body": exchange.json}) not in (None, "")
    return exchange.json is not None and (has_code or contract.errors_in == "http")


def said(contract: Contract, exchange: Exchange) -> Said | None:
    """Return the error that a body speaks of, None where it speaks of none."""
    reads, document = contract.error_reads, {"body": exchange.json}
    if not isinstance(exchange.json, dict):
        return None
    code, reason = read(reads.code, document), read(reads.reason, document)
    if code in (None, "") and reason in (None, ""):
        return None
    if code is not None and _plain(code) in {str(word) for word in reads.success}:
        return None
    return Said(code, reason, read(reads.message, document))


def wrong_in_refusal(contract: Contract, case: ErrorCase, exchange: Exchange) -> list[str]:
    """Return what of an answer is not as an ErrorCase has it, in words; nothing for an answer that is it."""
    wrong = []
    if exchange.status != case.status and not _is_mirrored(contract, case, exchange.status):
        wrong.append(f"HTTP status {exchange.status} instead of {case.status}")
    found = said(contract, exchange)
    if found is None:
        return [*wrong, "a body that speaks of no error"]
    wanted = as_sent(contract, case)
    if _plain(found.code) != str(wanted.code) or isinstance(found.code, str) != isinstance(wanted.code, str):
        wrong.append(f"{_named('code', found.code)} instead of {_shown(wanted.code)}")
    if wanted.reason and found.reason != wanted.reason:
        wrong.append(f"{_named('reason', found.reason)} instead of {_shown(wanted.reason)}")
    return wrong


def as_sent(contract: Contract, case: ErrorCase) -> Said:
    """Return what the body of an ErrorCase says: not every body has both the code and the reason."""
    error = {"case": case.id, "code": case.code, "reason": case.reason, "message": "?", "status": case.status}
    body = contract.replies["error"].body.build({"error": {**error, "trace_id": ""}})
    reads, document = contract.error_reads, {"body": body}
    return Said(read(reads.code, document), read(reads.reason, document), read(reads.message, document))


def cases_of(contract: Contract, exchange: Exchange) -> list[ErrorCase]:
    """Return the ErrorCases that an answer may be."""
    if said(contract, exchange) is None:
        return []
    return [case for case in contract.errors.values() if not wrong_in_refusal(contract, case, exchange)]


def is_worded(case: ErrorCase, message: Any) -> bool:
    """Whether a message may be a case's: what stands in its places, and the mock's explanation, may be anything."""
    return isinstance(message, str) and _wording(case.message).search(message) is not None


def seen(contract: Contract, exchange: Exchange) -> Seen | None:
    """Return what a good answer says of a task, None for an answer that is not good or says nothing of the kind."""
    if exchange.operation is None or not is_good(contract, exchange):
        return None
    reads, document = exchange.operation.answer, {"body": exchange.json, "headers": exchange.headers}

    def value(name: str) -> Any:
        return read(reads.get(name), document)

    def word(name: str) -> str | None:
        try:
            return text(name, value(name))
        except UnreadableError:
            return None

    state, error_code, urls = word("state"), word("error_code"), value("urls")
    found = [url for url in urls if isinstance(url, str) and url] if isinstance(urls, list) else []
    return Seen(
        task_id=word("task_id"),
        state=state,
        phase=phase_of(contract, state, error_code) if state is not None else None,
        progress=value("progress"),
        urls=tuple(found),
        error_code=error_code,
        credits=value("credits"),
        created_ms=_moment(value("created_ms")),
        updated_ms=_moment(value("updated_ms")),
        completed_ms=_moment(value("completed_ms")),
    )


def state_names(contract: Contract, seen: Seen) -> list[str]:
    """Return the names of the states that an answer may be of: those with its word and its phase."""
    return [s.name for s in contract.lifecycle.states.values() if s.wire == seen.state and s.phase is seen.phase]


def response_of(contract: Contract, operation: Operation, status: int) -> tuple[str, Any] | None:
    """Return the pointer and the object of the response that the OpenAPI document has for a status, None for none."""
    at = pointer.of(["paths", operation.path, operation.method.lower(), "responses"])
    responses = pointer.get(contract.openapi, at)
    for name in (str(status), f"{status // 100}XX", "default"):
        if name in responses:
            found, where = responses[name], pointer.join(at, name)
            if "$ref" in found:
                where = found["$ref"].removeprefix("#")
                found = pointer.get(contract.openapi, where)
            return where, found
    return None


def body_schema(contract: Contract, operation: Operation, status: int) -> tuple[str, Schema] | None:
    """Return the pointer and the JSON Schema of the body that answers with a status, None where there is none."""
    found = response_of(contract, operation, status)
    if found is None:
        return None
    where, response = found
    media = response.get("content", {}).get("application/json", {})
    if "schema" not in media:
        return None
    at = pointer.join(where, "content", "application/json", "schema")
    return at, _schema(id(contract), at, contract)


def _is_json_alone(contract: Contract, exchange: Exchange) -> bool:
    """Whether the response of a status has JSON and nothing else."""
    found = response_of(contract, exchange.operation, exchange.status) if exchange.operation is not None else None
    return found is not None and list(found[1].get("content", ())) == ["application/json"]


@lru_cache(maxsize=512)
def _wording(template: str) -> re.Pattern[str]:
    bare = re.sub(r"[:\s(]*\{problems\}\)?", "", template)
    parts = re.split(r"\{[a-z_]+\}", bare)
    return re.compile(".*".join(re.escape(part) for part in parts), re.DOTALL)


def _plain(code: Any) -> str:
    """Return a code as text: JSON knows no difference between 401 and 401.0."""
    return str(int(code) if isinstance(code, float) and code.is_integer() else code)


def _named(what: str, value: Any) -> str:
    return f"no {what}" if value in (None, "") else f"{what} {value!r}"


def _shown(value: Any) -> str:
    return "none" if value in (None, "") else repr(value)


_SCHEMAS: dict[tuple[int, str], tuple[Contract, Schema]] = {}


def _schema(number: int, at: str, contract: Contract) -> Schema:
    known = _SCHEMAS.get((number, at))
    if known is None or known[0] is not contract:
        known = (contract, Schema(pointer.get(contract.openapi, at), contract.openapi))
        _SCHEMAS[number, at] = known
    return known[1]


def _is_mirrored(contract: Contract, case: ErrorCase, status: int) -> bool:
    """Whether a status repeats the body's code, as a server may do where the contract has its codes in the body."""
    return contract.errors_in == "body" and status == case.code


def _moment(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
