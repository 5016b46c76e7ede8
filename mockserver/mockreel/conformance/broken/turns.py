"""Small changes of requests and answers, from which faults are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from mockreel.conformance.broken.broken import Arm, Draw, Drawn, Hear, Say
from mockreel.conformance.broken.visit import Memory, Visit, json_of
from mockreel.desk import Desk
from mockreel.domain.messages import Answer, Request
from mockreel_contracts import Contract, ErrorCase

When = Callable[[Visit, Answer], bool]


def with_key(contract: Contract, request: Request, key: str) -> Request:
    """Return a request with another API key."""
    value = f"{contract.auth.schemes[0].capitalize()} {key}".encode()
    return request._replace(headers={**request.headers, contract.auth.header.encode(): value})


def with_body(request: Request, body: Any) -> Request:
    """Return a request with another JSON body."""
    return request._replace(body=orjson.dumps(body), headers={**request.headers, b"content-type": b"application/json"})


def with_task(request: Request, asked: str, task_id: str) -> Request:
    """Return a request for another task than the one that was asked for."""
    path, query = request.path.replace(asked, task_id), request.query.replace(asked.encode(), task_id.encode())
    return request._replace(path=path, query=query)


def with_json(answer: Answer, body: Any) -> Answer:
    """Return an answer with another JSON body."""
    return replace(answer, body=orjson.dumps(body))


def with_media(answer: Answer, media_type: str | None) -> Answer:
    """Return an answer with another Content-Type, or none."""
    others = tuple(pair for pair in answer.headers if pair[0] != b"content-type")
    return replace(answer, headers=((b"content-type", media_type.encode()), *others) if media_type else others)


def good(*roles: str) -> When:
    """Whether a call of these roles (none: of any) is answered with success, and not with a file."""
    return lambda visit, answer: (
        visit.role != "" and visit.role in (roles or (visit.role,)) and answer.asset is None and visit.is_good(answer)
    )


def refused(*roles: str) -> When:
    """Whether a call of these roles (none: of any) is refused."""
    return lambda visit, answer: (
        visit.role != ""
        and visit.role in (roles or (visit.role,))
        and answer.network is None
        and not visit.is_good(answer)
    )


def say(when: When, change: Callable[[Answer], Answer]) -> Say:
    """Return what changes the answers for which `when` holds."""
    return lambda visit, answer: change(answer) if when(visit, answer) else answer


def edit(when: When, change: Callable[[Visit, Any], Any]) -> Say:
    """Return what changes the JSON of the answers for which `when` holds."""

    def changed(visit: Visit, answer: Answer) -> Answer:
        body = json_of(answer) if when(visit, answer) else None
        return answer if body is None else with_json(answer, change(visit, body))

    return changed


def hear(roles: tuple[str, ...], change: Callable[[Visit, Request], Request]) -> Hear:
    """Return what changes the requests of some roles."""
    return lambda visit, request: change(visit, request) if visit.role in roles else request


def armed(fault: str, **options: Any) -> Arm:
    """Return what arms a fault."""

    def arm(desk: Desk) -> None:
        desk.add_fault(fault, **options)

    return arm


def with_cases(change: Callable[[ErrorCase], ErrorCase]) -> Callable[[Contract], Contract]:
    """Return a belief with other ErrorCases."""
    return lambda contract: replace(contract, errors={name: change(case) for name, case in contract.errors.items()})


def with_refusals(choose: Callable[[Contract], Mapping[str, str]]) -> Callable[[Contract], Contract]:
    """Return a belief that answers kinds of refusals with other ErrorCases."""

    def believe(contract: Contract) -> Contract:
        chosen = choose(contract)
        operations = {
            name: replace(operation, refusals={**operation.refusals, **chosen})
            for name, operation in contract.operations.items()
        }
        return replace(contract, refusals={**contract.refusals, **chosen}, operations=operations)

    return believe


def drawn_in(phase: str, **values: Any) -> Draw:
    """Return what tells other things of a task in one phase."""

    def draw(task: Drawn, _memory: Memory) -> None:
        if task.get("phase") == phase:
            task.update(values)

    return draw


def failure_of(contract: Contract) -> dict[str, Any]:
    """Return what is told of a task that has failed."""
    case = contract.errors[contract.lifecycle.failure]
    return {name: getattr(case, name) for name in ("code", "reason", "message", "task_code", "task_message")}
