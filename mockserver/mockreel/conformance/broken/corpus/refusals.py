"""Servers that refuse with other words, codes and statuses than the contract has for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from mockreel.conformance.broken.broken import Broken
from mockreel.conformance.broken.corpus.schema import PAGE
from mockreel.conformance.broken.turns import edit, refused, say, with_cases, with_media, with_refusals
from mockreel.conformance.broken.visit import Visit
from mockreel.domain.faults.effects import NetworkEffects
from mockreel.domain.messages import JSON, Answer
from mockreel_contracts import Contract

_OTHER = "feature_disabled"  # which no contract answers bad requests with


def broken() -> Iterator[Broken]:
    """Yield each."""
    yield Broken(
        "unknown_path_answered",
        "a path that the contract does not have is answered with success",
        "unknown_route_answered",
        say=_answered(lambda visit: visit.operation is None and not visit.methods),
    )
    yield Broken(
        "wrong_method_answered",
        "a method that the path does not have is answered with success",
        "wrong_method_answered",
        say=_answered(lambda visit: visit.operation is None and bool(visit.methods)),
    )
    for kind, text in (
        ("invalid", "a request that breaks a rule"),
        ("malformed", "a body that is no JSON"),
        ("unknown_model", "an unknown model"),
        ("unknown_task", "an unknown task"),
    ):
        yield Broken(
            f"{kind}_refused_otherwise",
            f"{text} is refused as {_OTHER}",
            "refusal_wrong",
            believe=with_refusals(_as_other(kind)),
        )
    yield Broken(
        "code_off_by_one",
        "the codes of errors are not those of the contract",
        "error_dialect_broken",
        also=("answer_breaks_schema", "refusal_wrong"),
        say=edit(refused(), _recoded(lambda code: code + 1 if isinstance(code, int) else f"{code}_ERROR")),
    )
    yield Broken(
        "code_of_other_type",
        "the codes of errors are texts instead of numbers",
        "error_dialect_broken",
        also=("answer_breaks_schema",),
        needs=("numeric codes",),
        say=edit(refused(), _recoded(str)),
    )
    yield Broken(
        "status_200_for_errors",
        "errors come with HTTP status 200",
        "error_dialect_broken",
        also=("answer_breaks_schema", "content_type_wrong"),
        needs=("errors in http",),
        say=say(refused(), lambda answer: replace(answer, status=200)),
    )
    yield Broken(
        "status_400_for_errors",
        "errors come with HTTP status 418, whatever the contract says",
        "error_dialect_broken",
        say=say(refused(), lambda answer: replace(answer, status=418)),
    )
    yield Broken(
        "framework_errors",
        "errors look as the web framework makes them, not as the contract has them",
        "error_dialect_broken",
        also=("answer_breaks_schema",),
        say=edit(refused(), lambda visit, body: {"detail": [{"msg": "Field required", "type": "missing"}]}),
    )
    yield Broken(
        "errors_as_pages",
        "errors are pages of HTML",
        "answer_not_json",
        say=say(refused(), lambda answer: replace(with_media(answer, "text/html"), body=PAGE)),
    )
    yield Broken(
        "errors_without_message",
        "errors say nothing in words",
        "error_message_missing",
        also=("answer_breaks_schema",),
        draw={"error": lambda error, memory: error.update(message="")},
    )
    yield Broken(
        "errors_with_message_null",
        "the message of errors is null",
        "error_message_missing",
        also=("answer_breaks_schema",),
        draw={"error": lambda error, memory: error.update(message=None)},
    )
    yield Broken(
        "retry_after_missing",
        "the header Retry-After is missing",
        "retry_after_missing",
        needs=("retry-after",),
        believe=with_cases(lambda case: replace(case, headers={})),
    )
    yield Broken(
        "retry_after_unreadable",
        "the header Retry-After is no number and no date",
        "retry_after_missing",
        needs=("retry-after",),
        believe=with_cases(lambda case: replace(case, headers=dict.fromkeys(case.headers, "soon"))),
    )
    crash = Answer(500, b"Internal Server Error", ((b"content-type", b"text/plain"),))
    yield Broken(
        "crash_on_bad_input",
        "a request that breaks a rule makes the server answer 500",
        "server_error",
        also=("answer_not_json",),
        say=say(refused("submit"), lambda answer: crash),
    )
    yield Broken(
        "connection_lost_on_bad_input",
        "a request that breaks a rule makes the server close the connection",
        "server_error",
        say=say(refused("submit"), lambda answer: Answer(0, network=NetworkEffects(reset="after"))),
    )
    yield Broken(
        "crash_on_unknown_task",
        "a query for an unknown task makes the server answer 500",
        "server_error",
        also=("answer_not_json",),
        say=say(lambda visit, answer: visit.role == "query" and visit.task is None, lambda answer: crash),
    )


def _answered(when: Callable[[Visit], bool]) -> Callable[[Visit, Answer], Answer]:
    """Return what answers with an empty success, as the contract's own look."""

    def change(visit: Visit, answer: Answer) -> Answer:
        if not when(visit):
            return answer
        body: Any = {}
        if visit.contract.errors_in == "body":  # its good answers say that they are good
            success = next(iter(visit.contract.error_reads.success), None)
            body = orjson.loads(answer.body)
            body = next(_recodings(visit.contract, body, success), {})
        return Answer(200, orjson.dumps(body), JSON)

    return change


def _recodings(contract: Contract, body: Any, code: Any) -> Iterator[Any]:
    """Yield a body in which the error code is another one; it is found by its value, at most one object deep."""
    found = contract.error_reads.code({"body": body})
    tables = [((), body), *(((name,), each) for name, each in body.items())] if isinstance(body, dict) else []
    for at, table in tables:
        for name, value in table.items() if isinstance(table, dict) else ():
            if value == found and type(value) is type(found):
                made = {**table, name: code}
                whole = {**body, at[0]: made} if at else made
                if contract.error_reads.code({"body": whole}) == code:
                    yield whole


def _recoded(change: Callable[[Any], Any]) -> Callable[[Visit, Any], Any]:
    def edited(visit: Visit, body: Any) -> Any:
        code = visit.contract.error_reads.code({"body": body})
        return next(_recodings(visit.contract, body, change(code)), body)

    return edited


def _as_other(kind: str) -> Callable[[Contract], Mapping[str, str]]:
    return lambda contract: {kind: _OTHER}
