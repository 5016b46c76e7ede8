"""Every error of every contract, in the provider's own words: which class is raised, and how many calls are made."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import httpx2
import pytest
import respx

from mockreel_client import (
    AmbiguousCreateError,
    AuthenticationError,
    Client,
    ClientError,
    ConnectionFailedError,
    FeatureDisabledError,
    GenerationFailedError,
    InsufficientCreditsError,
    InvalidRequestError,
    MaintenanceError,
    NotFoundError,
    RateLimitError,
    RefusedError,
    Retries,
    ServerError,
    UnexpectedAnswerError,
)
from mockreel_contracts import Contract, ErrorCase, Phase, load, providers
from tests.client.calling import BODIES, KEY, FreeClock, call
from tests.client.dialects import FAILED_TASKS, REFUSALS, Answer, kie

KINDS = ("sync", "async")
TRIES = 3
OPTIONS: dict[str, Any] = {"retries": Retries(times=TRIES - 1)}
METHODS = {"submit": "create_task", "query": "get_task", "cancel": "cancel", "list": "list_tasks", "balance": "credits"}


@cache
def contract_of(provider: str, profile: str = "documented") -> Contract:
    return load(provider, profile=profile)


def arguments_of(provider: str, method: str) -> tuple[Any, ...]:
    return {"create_task": (BODIES[provider],), "get_task": ("T",), "cancel": ("T",)}.get(method, ())


def cases() -> list[Any]:
    """Return (provider, profile, case) for every error of every contract."""
    return [
        pytest.param(provider, profile, case, id=f"{provider}-{profile}-{case.id}")
        for provider in providers()
        for profile in contract_of(provider).profiles
        for case in contract_of(provider, profile).errors.values()
    ]


def methods_of(provider: str, profile: str, case: ErrorCase) -> list[str]:
    """Return the methods that can meet an error. What only a task, a callback or a file meets is tried on a query."""
    roles = {operation.role for operation in contract_of(provider, profile).operations.values()} & set(METHODS)
    everywhere = bool({"auth", "route"} & set(case.stages))
    return [METHODS[role] for role in METHODS if role in roles and (everywhere or role in case.stages)] or ["get_task"]


def fails_tasks(provider: str, profile: str, case: ErrorCase) -> bool:
    """Whether tasks fail with an error; profile new-api has another shape, which test_golden.py has."""
    return "task" in case.stages and profile != "new-api"


ENDS = {
    ("vidu", "UserCancelled"): Phase.CANCELED,
    ("vidu", "Canceled"): Phase.EXPIRED,
    ("gateway", "task_timeout"): Phase.EXPIRED,
}
"""The codes that tell a canceled or an expired task from a failed one, which has the same state."""


def test_the_table_has_every_error_case_of_every_contract_and_no_other() -> None:
    """A new case, or a new provider, needs the words in which it comes: write them in dialects.py from the page."""
    shipped = {
        provider: {case for profile in contract_of(provider).profiles for case in contract_of(provider, profile).errors}
        for provider in providers()
    }
    assert {provider: set(table) for provider, table in REFUSALS.items()} == shipped


def fail(kind: str, provider: str, method: str, *arguments: Any, **keywords: Any) -> ClientError:
    with pytest.raises(ClientError) as caught:
        call(kind, provider, method, *arguments, **keywords)
    return caught.value


def http_of(answer: Callable[[httpx2.Request], httpx2.Response]) -> httpx2.Client:
    return httpx2.Client(transport=httpx2.MockTransport(answer))


def answering(mock: respx.Router, answer: Answer, headers: dict[str, str] | None = None) -> respx.Route:
    status, body = answer
    return mock.route().respond(status, json=body, headers=headers)


@pytest.mark.parametrize(("provider", "profile", "case"), cases())
def test_every_error_has_its_class_and_its_retry_decision(
    provider: str, profile: str, case: ErrorCase, httpx2_mock: respx.Router
) -> None:
    answer, expected, retry = REFUSALS[provider][case.id]
    route = answering(httpx2_mock, answer)
    for method, kind in product(methods_of(provider, profile, case), KINDS):
        before, arguments = route.call_count, arguments_of(provider, method)
        error = fail(kind, provider, method, *arguments, options={**OPTIONS, "profile": profile})
        calls = route.call_count - before
        if method == "create_task" and retry == "queries":
            assert (type(error), type(error.__cause__), calls) == (AmbiguousCreateError, expected, 1), method
        else:
            assert (type(error), calls) == (expected, 1 if retry == "never" else TRIES), method
        refused = error.__cause__ if isinstance(error, AmbiguousCreateError) else error
        if isinstance(refused, RefusedError):
            assert (refused.status, refused.is_retryable) == (answer[0], retry != "never")
            assert refused.message == (answer[1].get("msg") or answer[1].get("error", answer[1]).get("message", ""))


@pytest.mark.parametrize(("provider", "profile", "case"), [place for place in cases() if fails_tasks(*place.values)])
def test_a_task_that_has_failed_is_an_error_of_waiting_and_none_of_looking(
    provider: str, profile: str, case: ErrorCase, httpx2_mock: respx.Router
) -> None:
    code = case.task_code or str(case.reason or case.code)
    text = json.dumps(FAILED_TASKS[provider]).replace("CODE", code).replace("MESSAGE", "Why")
    route = httpx2_mock.route().respond(200, json=json.loads(text))
    phase = ENDS.get((provider, code), Phase.FAILED)
    for number, kind in enumerate(KINDS):
        error = fail(kind, provider, "wait", "T", options={**OPTIONS, "profile": profile})
        assert isinstance(error, GenerationFailedError)
        assert (error.code, error.message, route.call_count) == (
            code,
            code if provider == "vidu" else "Why",
            2 * number + 1,
        )
        task = call(kind, provider, "get_task", "T", options={**OPTIONS, "profile": profile})
        assert (task, task.phase) == (error.task, phase)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [200, None])
@pytest.mark.parametrize(
    ("code", "expected", "tries"),
    [
        (401, AuthenticationError, 1),
        (402, InsufficientCreditsError, 1),
        (404, NotFoundError, 1),
        (429, RateLimitError, TRIES),
        (455, MaintenanceError, TRIES),
        (500, ServerError, TRIES),
        (501, GenerationFailedError, 1),
        (505, FeatureDisabledError, 1),
        (408, ServerError, TRIES),
        (433, RefusedError, 1),
    ],
)
def test_the_code_in_the_body_counts_whether_http_says_so_too_or_not(
    code: int, expected: type[Exception], tries: int, status: int | None, kind: str, httpx2_mock: respx.Router
) -> None:
    route = answering(httpx2_mock, kie(code, "No", status=status or code))
    error = fail(kind, "kie", "get_task", "T", options=OPTIONS)
    assert (type(error), route.call_count) == (expected, tries)


@pytest.mark.parametrize("code", ["402", "422", 402, 422])
def test_a_code_written_as_text_is_the_same_code(code: Any, httpx2_mock: respx.Router) -> None:
    answering(httpx2_mock, kie(code, "No"))
    expected = {402: InsufficientCreditsError, 422: InvalidRequestError}[int(code)]
    assert type(fail("sync", "kie", "create_task", BODIES["kie"])) is expected


PAGE = "<html><head><title>Sorry</title></head><body>nginx</body></html>"


@pytest.mark.parametrize("provider", providers())
@pytest.mark.parametrize(
    ("status", "expected", "tries"),
    [
        (400, InvalidRequestError, 1),
        (401, AuthenticationError, 1),
        (402, InsufficientCreditsError, 1),
        (403, AuthenticationError, 1),
        (404, NotFoundError, 1),
        (413, InvalidRequestError, 1),
        (418, RefusedError, 1),
        (422, InvalidRequestError, 1),
        (429, RateLimitError, TRIES),
        (455, MaintenanceError, TRIES),
        (500, ServerError, TRIES),
        (502, ServerError, TRIES),
        (503, ServerError, TRIES),
        (504, ServerError, TRIES),
        (520, ServerError, TRIES),
    ],
)
def test_without_a_word_in_the_body_http_decides(
    status: int, expected: type[Exception], tries: int, provider: str, httpx2_mock: respx.Router
) -> None:
    of_a_create = (AmbiguousCreateError, 1) if expected is ServerError else (expected, tries)
    for number, body in enumerate([PAGE, "", "upstream connect error", '{"cod', "[]", "null", "{}"]):
        kind = KINDS[number % 2]
        httpx2_mock.clear()
        route = httpx2_mock.get().respond(status, text=body)
        error = fail(kind, provider, "get_task", "T", options=OPTIONS)
        assert (type(error), route.call_count) == (expected, tries), body
        assert isinstance(error, RefusedError)
        assert (error.case, error.status) == (None, status)
        route = httpx2_mock.post().respond(status, text=body)
        error = fail(kind, provider, "create_task", BODIES[provider], options=OPTIONS)
        assert (type(error), route.call_count) == of_a_create, body


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("provider", providers())
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, PAGE),
        (200, ""),
        (200, '{"code":200,"msg":"suc'),
        (200, "[]"),
        (200, "{}"),
        (204, ""),
        (301, ""),
        (307, "{}"),
    ],
)
def test_an_answer_that_breaks_the_contract_is_said_to(
    status: int, body: str, provider: str, kind: str, httpx2_mock: respx.Router
) -> None:
    elsewhere = {"location": "https://elsewhere.example/"}
    route = httpx2_mock.get(host=host_of(provider)).respond(status, text=body, headers=elsewhere)
    error = fail(kind, provider, "get_task", "T", options=OPTIONS)
    assert isinstance(error, UnexpectedAnswerError)
    assert (error.status, error.body, error.task_id, route.call_count) == (status, body.encode(), "T", TRIES)
    route = httpx2_mock.post(host=host_of(provider)).respond(status, text=body, headers=elsewhere)
    error = fail(kind, provider, "create_task", BODIES[provider], options=OPTIONS)
    assert (type(error), type(error.__cause__), route.call_count) == (AmbiguousCreateError, UnexpectedAnswerError, 1)


def host_of(provider: str) -> str:
    return httpx2.URL(contract_of(provider).base_url).host


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("provider", providers())
@pytest.mark.parametrize(
    "why",
    [
        httpx2.ReadTimeout("timed out"),
        httpx2.ReadError("reset"),
        httpx2.WriteError("broken pipe"),
        httpx2.RemoteProtocolError("Server disconnected without sending a response."),
        httpx2.DecodingError("bad gzip"),
        httpx2.LocalProtocolError("what HTTP/2 raises for a frame that breaks the protocol, although it was sent"),
    ],
    ids=lambda why: type(why).__name__,
)
def test_a_create_without_an_answer_is_sent_once(
    why: Exception, provider: str, kind: str, httpx2_mock: respx.Router
) -> None:
    route = httpx2_mock.route().mock(side_effect=why)
    error = fail(kind, provider, "create_task", BODIES[provider], options=OPTIONS)
    cause = error.__cause__
    assert (type(error), route.call_count, error.task_id) == (AmbiguousCreateError, 1, None)
    assert isinstance(cause, ConnectionFailedError)
    assert cause.is_sent
    assert fail(kind, provider, "run", BODIES[provider], options=OPTIONS).__class__ is AmbiguousCreateError
    assert route.call_count == 2
    fail(kind, provider, "get_task", "T", options=OPTIONS)
    assert route.call_count == 2 + TRIES  # a look is free


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("provider", providers())
@pytest.mark.parametrize(
    "why",
    [
        httpx2.ConnectError("[Errno 111] Connection refused"),
        httpx2.ConnectTimeout("timed out"),
        httpx2.PoolTimeout("no connection is free"),
        httpx2.ProxyError("407 Proxy Authentication Required"),
    ],
    ids=lambda why: type(why).__name__,
)
def test_a_create_that_nobody_has_seen_is_sent_again(
    why: Exception, provider: str, kind: str, httpx2_mock: respx.Router
) -> None:
    route = httpx2_mock.route().mock(side_effect=why)
    error = fail(kind, provider, "create_task", BODIES[provider], options=OPTIONS)
    assert isinstance(error, ConnectionFailedError)
    assert (error.is_sent, route.call_count) == (False, TRIES)


def test_a_create_that_was_refused_and_billed_is_sent_once(httpx2_mock: respx.Router) -> None:
    shipped = contract_of("kie")
    limited = replace(shipped.errors["rate_limited"], billed=True)
    billing = replace(shipped, errors={**shipped.errors, "rate_limited": limited})
    route = answering(httpx2_mock, REFUSALS["kie"]["rate_limited"][0])
    with Client(billing, api_key=KEY, clock=FreeClock()) as client:
        with pytest.raises(RateLimitError):
            client.create_task(BODIES["kie"])
        assert route.call_count == 1
        with pytest.raises(RateLimitError):
            client.get_task("T")
    assert route.call_count > 2  # a look is not billed


@pytest.mark.parametrize(("status", "body"), [(600, None), (999, {}), (500, {"code": 1001, "msg": "?"})])
def test_a_failure_of_the_server_leaves_a_create_uncertain_whatever_the_body_says(
    status: int, body: Any, httpx2_mock: respx.Router
) -> None:
    route = httpx2_mock.route().respond(status, json=body)
    error = fail("sync", "kie", "create_task", BODIES["kie"], options=OPTIONS)
    assert (type(error), route.call_count) == (AmbiguousCreateError, 1)


def test_a_code_that_neither_the_contract_nor_http_knows_is_a_refusal(httpx2_mock: respx.Router) -> None:
    route = answering(httpx2_mock, kie(1001, "not today"))
    error = fail("sync", "kie", "create_task", BODIES["kie"], options=OPTIONS)
    assert (type(error), route.call_count) == (RefusedError, 1)


@pytest.mark.parametrize("provider", providers())
def test_an_interrupted_create_says_that_a_task_may_have_been_made(provider: str) -> None:
    def interrupted(_: httpx2.Request) -> httpx2.Response:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        call("sync", provider, "create_task", BODIES[provider], options={"http_client": http_of(interrupted)})
    (note,) = caught.value.__notes__
    assert note.startswith(f"{provider} may have made a task and billed it; look ")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("provider", providers())
def test_a_create_is_sent_again_when_the_caller_accepts_to_pay_twice(
    provider: str, kind: str, httpx2_mock: respx.Router
) -> None:
    route = httpx2_mock.route().mock(side_effect=httpx2.ReadTimeout("timed out"))
    error = fail(kind, provider, "create_task", BODIES[provider], retry_ambiguous=True, options=OPTIONS)
    assert (type(error), route.call_count) == (AmbiguousCreateError, TRIES)


@pytest.mark.parametrize("provider", providers())
def test_retry_ambiguous_makes_no_other_error_worth_another_call(provider: str, httpx2_mock: respx.Router) -> None:
    for case in ("unauthorized", "insufficient_credits", "invalid_request", "feature_disabled"):
        answer, expected, _ = REFUSALS[provider][case]
        httpx2_mock.clear()
        route = answering(httpx2_mock, answer)
        error = fail("sync", provider, "create_task", BODIES[provider], retry_ambiguous=True, options=OPTIONS)
        assert (type(error), route.call_count) == (expected, 1)


@pytest.mark.parametrize(
    ("provider", "status", "body"),
    [
        ("kie", 500, {"code": 200, "msg": "success", "data": {"taskId": "task_1"}}),
        ("vidu", 502, {"task_id": "task_1", "state": "created"}),
        ("gateway", 503, {"id": "task_1", "task_id": "task_1", "status": "queued"}),
        ("kie", 429, {"code": 429, "msg": "too fast", "data": {"taskId": "task_1"}}),
        ("kie", 200, {"code": 1001, "msg": "accepted", "data": {"taskId": "task_1"}}),
        ("vidu", 429, {"code": 429, "reason": "TooManyRequests", "message": "", "task_id": "task_1"}),
    ],
)
def test_a_create_whose_answer_contradicts_itself_still_names_its_task(
    provider: str, status: int, body: dict[str, Any], httpx2_mock: respx.Router
) -> None:
    route = httpx2_mock.route().respond(status, json=body)
    error = fail("sync", provider, "create_task", BODIES[provider], options=OPTIONS)
    assert (type(error), error.task_id, route.call_count) == (AmbiguousCreateError, "task_1", 1)
    assert "the answer names task 'task_1': ask for it before creating another" in str(error)


@pytest.mark.parametrize("provider", providers())
@pytest.mark.parametrize(
    ("headers", "slept"),
    [
        ({}, [0.25, 0.5]),
        ({"retry-after": "7"}, [7.25, 7.5]),
        ({"retry-after": " 7 "}, [7.25, 7.5]),
        ({"retry-after": "0"}, [0.25, 0.5]),
        ({"retry-after": "-5"}, [0.25, 0.5]),
        ({"retry-after": "2.5"}, [2.75, 3.0]),
        (
            {"retry-after": "Wed, 21 Oct 2026 07:28:10 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"},
            [10.25, 10.5],
        ),
        (
            {"retry-after": "Wed, 21 Oct 2026 07:27:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"},
            [0.25, 0.5],
        ),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:10 GMT", "date": "yesterday"}, [0.25, 0.5]),
        ({"retry-after": "soon"}, [0.25, 0.5]),
        ({"retry-after": "nan"}, [0.25, 0.5]),
        ({"retry-after": ""}, [0.25, 0.5]),
    ],
    ids=str,
)
def test_retry_after_is_obeyed_and_nonsense_in_it_is_not(
    headers: dict[str, str], slept: list[float], provider: str, httpx2_mock: respx.Router
) -> None:
    for case, method, kind in product(("rate_limited", "maintenance"), ("create_task", "get_task"), KINDS):
        answer, expected, _ = REFUSALS[provider][case]
        httpx2_mock.clear()
        route, clock = answering(httpx2_mock, answer, headers), FreeClock()
        error = fail(kind, provider, method, *arguments_of(provider, method), clock=clock, options=OPTIONS)
        assert (type(error), clock.slept, route.call_count) == (expected, slept, TRIES), (case, method)


@pytest.mark.parametrize("provider", providers())
@pytest.mark.parametrize("value", ["61", "86400", "1e300", "inf", "99999999999999999999"])
def test_a_wait_beyond_the_budget_is_left_to_the_caller(value: str, provider: str, httpx2_mock: respx.Router) -> None:
    route = answering(httpx2_mock, REFUSALS[provider]["rate_limited"][0], {"retry-after": value})
    clock = FreeClock()
    error = fail("sync", provider, "create_task", BODIES[provider], clock=clock, options=OPTIONS)
    assert isinstance(error, RateLimitError)
    assert (error.retry_after_s, clock.slept, route.call_count) == (min(float(value), 1e6), [], 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("provider", providers())
def test_no_retries_means_one_call(provider: str, kind: str, httpx2_mock: respx.Router) -> None:
    for case, (answer, _, _) in REFUSALS[provider].items():
        httpx2_mock.clear()
        route = answering(httpx2_mock, answer)
        fail(kind, provider, "get_task", "T", options={"retries": 0})
        assert route.call_count == 1, case


@pytest.mark.parametrize("kind", KINDS)
def test_the_waits_double_and_end_with_the_budget(kind: str, httpx2_mock: respx.Router) -> None:
    route, clock = answering(httpx2_mock, REFUSALS["vidu"]["internal_error"][0]), FreeClock()
    options = {"retries": Retries(times=100, first_s=1, most_s=8, budget_s=30), "chance": lambda: 1.0}
    fail(kind, "vidu", "get_task", "T", clock=clock, options=options)
    assert (clock.slept, route.call_count) == ([1, 2, 4, 8, 8], 6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_cancel_that_was_refused_the_second_time_may_have_worked_the_first(
    kind: str, httpx2_mock: respx.Router
) -> None:
    """The answer to the first was lost; "can not cancel" then says only that the task has ended."""
    refused = REFUSALS["vidu"]["task_not_cancelable"][0]
    answers = [httpx2.ReadTimeout("timed out"), respx.MockResponse(refused[0], json=refused[1])]
    route = httpx2_mock.post(path="/ent/v2/tasks/T/cancel").mock(side_effect=answers)
    look = httpx2_mock.get().respond(200, json={"id": "T", "state": "failed", "err_code": "UserCancelled"})
    task = call(kind, "vidu", "cancel", "T", options=OPTIONS)
    assert (task.phase, route.call_count, look.call_count) == (Phase.CANCELED, 2, 1)
