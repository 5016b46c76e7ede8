"""Servers that let in who has no key, or the wrong one, and show tasks to others."""

from __future__ import annotations

from collections.abc import Iterator

from mockreel.conformance.broken.broken import Broken
from mockreel.conformance.broken.turns import hear, with_key, with_refusals
from mockreel.conformance.broken.visit import Visit
from mockreel.domain.messages import Request

ROLES = ("submit", "query", "cancel", "balance", "list", "download")


def broken() -> Iterator[Broken]:
    """Yield each."""
    yield Broken(
        "key_not_needed",
        "calls without an API key are carried out",
        "auth_not_enforced",
        also=("auth_refusal_wrong",),
        hear=hear(ROLES, lambda visit, request: request if visit.key else _anonymous(visit, request)),
    )
    yield Broken(
        "any_key_taken",
        "any text is taken for an API key",
        "auth_not_enforced",
        also=("auth_refusal_wrong",),
        hear=hear(ROLES, lambda visit, request: _anonymous(visit, request) if _is_wrong(visit) else request),
    )
    yield Broken(
        "any_scheme_taken",
        "a scheme that the contract does not have is taken",
        "auth_not_enforced",
        also=("auth_refusal_wrong",),
        hear=hear(ROLES, lambda visit, request: _anonymous(visit, request) if _has_other_scheme(visit) else request),
    )
    yield Broken(
        "key_not_needed_to_create",
        "a create without an API key is carried out",
        "auth_not_enforced",
        also=("auth_refusal_wrong",),
        hear=hear(("submit",), lambda visit, request: request if visit.key else _anonymous(visit, request)),
    )
    yield Broken(
        "query_needs_no_key",
        "a task's state is told to callers without an API key, if they know its id",
        "auth_not_enforced",
        also=("auth_refusal_wrong",),
        needs=("errors in http",),
        hear=hear(("query",), lambda visit, request: request if visit.key else _anonymous(visit, request)),
    )
    yield Broken(
        "input_looked_at_before_key",
        "a call without an API key is told that its parameters are bad",
        "auth_refusal_wrong",
        believe=with_refusals(lambda contract: {"unauthorized": "invalid_request"}),
    )
    yield Broken(
        "no_key_refused_as_not_found",
        "calls without an API key are answered as if nothing were there",
        "auth_refusal_wrong",
        believe=with_refusals(lambda contract: {"unauthorized": "not_found"}),
    )
    yield Broken(
        "tasks_shown_to_all",
        "a task is shown to another API key",
        "task_leaked",
        hear=hear(("query",), _as_owner),
    )
    yield Broken(
        "tasks_canceled_by_all",
        "a task is canceled by another API key",
        "task_leaked",
        also=("refusal_wrong",),
        needs=("cancel",),
        hear=hear(("cancel",), _as_owner),
    )
    yield Broken(
        "results_sent_to_all",
        "a task's result is handed to another API key",
        "task_leaked",
        also=("refusal_wrong",),
        needs=("file",),
        hear=hear(("download",), _as_owner),
    )


def _anonymous(visit: Visit, request: Request) -> Request:
    return with_key(visit.contract, request, "anonymous")


def _is_wrong(visit: Visit) -> bool:
    """Whether a key is one that the mock refuses as nobody's."""
    case = visit.contract.find_error(visit.key.removeprefix("mock-")) if visit.key.startswith("mock-") else None
    return case is visit.contract.errors["unauthorized"]


def _has_other_scheme(visit: Visit) -> bool:
    value = visit.request.headers.get(visit.contract.auth.header.encode(), b"").decode("latin-1")
    scheme, _, key = value.strip().partition(" ")
    return bool(key.strip()) and scheme.lower() not in visit.contract.auth.schemes


def _as_owner(visit: Visit, request: Request) -> Request:
    task = visit.task
    if task is None or not visit.key or task.sandbox.key == visit.key or _is_wrong(visit):
        return request
    return with_key(visit.contract, request, task.sandbox.key)
