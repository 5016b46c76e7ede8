"""Waiting on a clock that only adds: long jobs in no time, with counts of the calls and the time that would pass."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from mockreel_client import (
    AsyncClient,
    AuthenticationError,
    Client,
    ClientError,
    ConnectionFailedError,
    GenerationFailedError,
    NotFoundError,
    NotSupportedError,
    RateLimitError,
    Retries,
    ServerError,
    Task,
    UnexpectedAnswerError,
    WaitTimeoutError,
)
from mockreel_contracts import Phase
from tests.client.calling import BODIES, KEY, FreeClock, call

KINDS = pytest.mark.parametrize("kind", ["sync", "async"])
URL = "https://example.com/v.mp4"


def creations(state: str, **more: Any) -> httpx2.Response:
    """Return an answer to a query as the page has it; a success has a result."""
    made = [{"id": "1", "url": URL}] if state == "success" else []
    return httpx2.Response(200, json={"id": "T", "state": state, "err_code": "", "creations": made, **more})


def refused(status: int, reason: str, headers: dict[str, str] | None = None) -> httpx2.Response:
    return httpx2.Response(status, headers=headers, json={"code": status, "reason": reason, "message": reason})


class Service:
    """A provider on a FreeClock: `look` is given the seconds since the first call, and answers or raises."""

    def __init__(self, look: Callable[[float], httpx2.Response], cancel: httpx2.Response | None = None) -> None:
        self.clock = FreeClock()
        self.looks: list[float] = []
        self.cancels = self.creates = 0
        self._look = look
        self._cancel = cancel

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._answer(request)
        return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)  # read but once

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        now = self.clock.time_s - 1000
        if request.method == "GET":
            self.looks.append(now)
            return self._look(now)
        if request.url.path.endswith("/cancel"):
            self.cancels += 1
            assert self._cancel is not None
            return self._cancel
        self.creates += 1
        return httpx2.Response(200, json={"task_id": "T", "state": "created"})

    def call(self, kind: str, method: str, *arguments: Any, options: Any = None, **keywords: Any) -> Any:
        transport = httpx2.MockTransport(self)
        http = httpx2.Client(transport=transport) if kind == "sync" else httpx2.AsyncClient(transport=transport)
        given = {"http_client": http, **(options or {})}
        return call(kind, "vidu", method, *arguments, clock=self.clock, options=given, **keywords)

    def fail(self, kind: str, method: str, *arguments: Any, **keywords: Any) -> ClientError:
        with pytest.raises(ClientError) as caught:
            self.call(kind, method, *arguments, **keywords)
        return caught.value


def a_job_of(seconds: float) -> Callable[[float], httpx2.Response]:
    return lambda now: creations("success" if now >= seconds else "processing" if now > 20 else "queueing")


@KINDS
def test_a_job_of_ten_minutes_takes_no_time_and_few_looks(kind: str) -> None:
    service, seen = Service(a_job_of(600)), []
    task = service.call(kind, "wait", "T", on_progress=seen.append)
    assert (task.phase, task.urls) == (Phase.SUCCEEDED, (URL,))
    assert [one.state for one in seen] == ["queueing", "processing", "success"]
    assert 600 <= service.clock.time_s - 1000 < 615
    assert len(service.looks) == 45


@KINDS
@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_the_waits_grow_from_the_first_to_the_greatest_and_never_beyond(chance: float, kind: str) -> None:
    service = Service(a_job_of(300))
    service.call(kind, "wait", "T", options={"chance": lambda: chance})
    waits = [after - before for before, after in zip(service.looks, service.looks[1:], strict=False)]
    assert service.looks[0] == 0
    assert 1.6 - 1e-9 <= waits[0] <= 2.4 + 1e-9  # the contract's 2 s, and a fifth to either side
    assert waits == sorted(waits)
    assert max(waits) <= 15 + 1e-9


@pytest.mark.parametrize(("interval", "waits"), [(4, [4, 4, 4]), ((1, 8), [1, 1.5, 2.25]), ((1, 1.2), [1, 1.2, 1.2])])
def test_the_caller_may_say_how_often(interval: Any, waits: list[float]) -> None:
    service = Service(a_job_of(60))
    service.call("sync", "wait", "T", interval=interval)
    assert service.clock.slept[1:4] == waits


def test_an_advice_of_the_contract_counts_where_the_caller_has_none() -> None:
    clock, body = FreeClock(), {"code": 200, "data": {"taskId": "T", "state": "generating"}}
    http = httpx2.Client(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=body)))
    with pytest.raises(WaitTimeoutError):
        call("sync", "kie", "wait", "T", clock=clock, options={"http_client": http})
    assert clock.slept[:4] == [0, 2.5, 3.75, 5.625]  # 2 to 3 s at first, then longer
    assert (clock.time_s, max(clock.slept)) == (1900, 15)  # to stop after 10 to 15 minutes


@KINDS
def test_a_storm_of_errors_is_borne_until_the_job_is_done(kind: str) -> None:
    """Half an hour of every error that passes, one after another."""
    storm = [
        refused(429, "TooManyRequests"),
        refused(500, "InternalServiceFailure"),
        httpx2.Response(502, text="<html>"),
        refused(429, "SystemThrottling", {"retry-after": "9"}),
        httpx2.ReadTimeout("timed out"),
        httpx2.ConnectError("refused"),
        httpx2.Response(503, text=""),
    ]

    def look(now: float) -> httpx2.Response:
        if now > 1800:
            return creations("success")
        answer = storm[len(service.looks) % len(storm)]
        if isinstance(answer, Exception):
            raise answer
        return answer

    service = Service(look)
    assert service.call(kind, "wait", "T", timeout=3600).phase is Phase.SUCCEEDED
    assert 1800 < service.clock.time_s - 1000 < 1850
    assert 150 < len(service.looks) < 220  # no faster than one in ten seconds, once it has backed off


@KINDS
def test_a_timeout_names_the_task_and_what_it_was(kind: str) -> None:
    service = Service(a_job_of(9999))
    error = service.fail(kind, "wait", "T", timeout=100)
    assert isinstance(error, WaitTimeoutError)
    assert isinstance(error, TimeoutError)
    assert str(error) == "vidu task T was 'processing' after 100 s; it goes on, and wait('T') takes it up again"
    assert (error.task_id, error.task and error.task.state, error.is_canceled) == ("T", "processing", False)
    assert (service.clock.time_s - 1000, service.looks[-1]) == (100, 100)  # the last look is at the deadline
    assert service.call(kind, "wait", error.task, timeout=99999).phase is Phase.SUCCEEDED


@KINDS
def test_a_retry_after_beyond_the_deadline_ends_the_waiting_at_once(kind: str) -> None:
    service = Service(lambda _: refused(429, "TooManyRequests", {"retry-after": "300"}))
    error = service.fail(kind, "wait", "T", timeout=100)
    assert isinstance(error, WaitTimeoutError)
    assert (len(service.looks), service.clock.time_s) == (1, 1000)
    assert str(error) == (
        "vidu task T was never seen with 100 s of 100 left, and may not be looked at before they are over; "
        "the last look failed: vidu answers rate_limited (HTTP 429, "
        "TooManyRequests): TooManyRequests; it goes on, and wait('T') takes it up again"
    )
    again = Service(lambda now: refused(429, "TooManyRequests", {"retry-after": "30"}) if now < 1 else a_job_of(0)(now))
    again.call(kind, "wait", "T", timeout=100)
    assert again.looks == [0, 30.25]


@KINDS
def test_a_retry_after_beyond_the_deadline_does_not_take_time_from_a_task_that_is_to_be_canceled(kind: str) -> None:
    def look(_: float) -> httpx2.Response:
        busy = refused(429, "TooManyRequests", {"retry-after": "300"})
        return creations("failed", err_code="UserCancelled") if service.cancels else busy

    service = Service(look, cancel=httpx2.Response(200, json={}))
    error = service.fail(kind, "wait", "T", timeout=100, on_timeout="cancel")
    assert isinstance(error, WaitTimeoutError)
    assert (error.is_canceled, service.cancels, service.looks) == (True, 1, [0, 100])
    assert "was 'failed' after 100 s; the last look failed" in str(error)


@KINDS
def test_waits_between_errors_end_with_a_last_look_at_the_deadline(kind: str) -> None:
    """A wait that is longer than what is left is cut: the task may be done by then."""
    service = Service(lambda now: creations("success") if now >= 5 else refused(500, "InternalServiceFailure"))
    assert service.call(kind, "wait", "T", timeout=5).phase is Phase.SUCCEEDED
    assert service.looks[-1] == 5


@KINDS
def test_a_retry_after_of_nothing_is_no_leave_to_hurry(kind: str) -> None:
    service = Service(lambda _: refused(429, "TooManyRequests", {"retry-after": "0"}))
    service.fail(kind, "wait", "T", timeout=600)
    assert len(service.looks) < 70  # as many as without the header


@KINDS
def test_a_task_that_is_not_found_is_looked_for_while_it_is_new(kind: str) -> None:
    service = Service(lambda now: refused(404, "TaskNotFound") if now < 10 else creations("success"))
    assert service.call(kind, "wait", "T").phase is Phase.SUCCEEDED
    assert service.clock.time_s < 1025


@KINDS
def test_a_task_that_is_never_found_is_no_task(kind: str) -> None:
    service = Service(lambda _: refused(404, "TaskNotFound"))
    assert isinstance(service.fail(kind, "wait", "T"), NotFoundError)
    assert 20 <= service.clock.time_s - 1000 < 45


@KINDS
def test_a_task_that_was_found_once_and_is_no_more_is_gone(kind: str) -> None:
    service = Service(lambda now: creations("processing") if now < 1 else refused(404, "TaskNotFound"))
    error = service.fail(kind, "wait", "T")
    assert isinstance(error, NotFoundError)
    assert (error.task and error.task.state, len(service.looks)) == ("processing", 2)


@KINDS
def test_a_state_that_nobody_knows_is_borne_until_the_deadline(kind: str) -> None:
    service = Service(lambda now: creations("napping" if now < 200 else "success"))
    assert service.call(kind, "wait", "T").phase is Phase.SUCCEEDED
    error = Service(lambda _: creations("napping")).fail(kind, "wait", "T", timeout=50)
    assert isinstance(error, WaitTimeoutError)
    assert "vidu task T was 'napping', which the contract does not know after 50 s; it goes on" in str(error)


@KINDS
@pytest.mark.parametrize("made", [[], None, [{"id": "1", "url": None}], [{"id": "1", "url": "javascript:alert(1)"}]])
def test_a_success_without_a_result_is_an_error(made: Any, kind: str) -> None:
    error = Service(lambda _: creations("success", creations=made)).fail(kind, "wait", "T")
    assert isinstance(error, UnexpectedAnswerError)
    assert str(error) == "vidu task T has succeeded and names no URL of a result"
    assert error.task is not None
    assert error.task.phase is Phase.SUCCEEDED


@KINDS
def test_errors_that_do_not_pass_end_the_waiting_with_what_was_known(kind: str) -> None:
    service = Service(lambda now: creations("processing") if now < 1 else refused(401, "Unauthorized"))
    error = service.fail(kind, "wait", "T")
    assert isinstance(error, AuthenticationError)
    assert (error.task and error.task.state, error.task_id, len(service.looks)) == ("processing", "T", 2)


@KINDS
def test_a_broken_contract_does_not_heal(kind: str) -> None:
    service = Service(lambda _: httpx2.Response(200, text="<html>"))
    assert isinstance(service.fail(kind, "wait", "T", options={"retries": 3}), UnexpectedAnswerError)
    assert len(service.looks) == 4


@KINDS
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(429, "TooManyRequests"), RateLimitError),
        (refused(500, "InternalServiceFailure"), ServerError),
        (httpx2.ConnectError("refused"), ConnectionFailedError),
        (httpx2.Response(200, text="<html>"), UnexpectedAnswerError),
    ],
)
def test_without_retries_the_first_error_ends_the_waiting(answer: Any, expected: type, kind: str) -> None:
    def look(_: float) -> httpx2.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    service = Service(look)
    assert type(service.fail(kind, "wait", "T", options={"retries": Retries(times=0)})) is expected
    assert (len(service.looks), service.clock.time_s) == (1, 1000)


@KINDS
def test_a_timeout_may_cancel_the_task(kind: str) -> None:
    def look(_: float) -> httpx2.Response:
        return creations("failed", err_code="UserCancelled") if service.cancels else creations("queueing")

    service = Service(look, cancel=httpx2.Response(200, json={}))
    error = service.fail(kind, "wait", "T", timeout=30, on_timeout="cancel")
    assert isinstance(error, WaitTimeoutError)
    assert (error.is_canceled, error.task and error.task.phase, service.cancels) == (True, Phase.CANCELED, 1)
    assert str(error) == "vidu task T was 'failed' after 30 s; it was canceled"


TOO_LATE = refused(400, "BadRequest")


@KINDS
def test_a_task_that_has_succeeded_before_it_could_be_canceled_is_returned(kind: str) -> None:
    service = Service(lambda _: creations("success" if service.cancels else "processing"), cancel=TOO_LATE)
    assert service.call(kind, "wait", "T", timeout=30, on_timeout="cancel").urls == (URL,)
    assert service.cancels == 1


@KINDS
def test_a_task_that_has_failed_before_it_could_be_canceled_is_a_failure(kind: str) -> None:
    service = Service(
        lambda _: creations("failed", err_code="Flagged") if service.cancels else creations("queueing"), cancel=TOO_LATE
    )
    error = service.fail(kind, "wait", "T", timeout=30, on_timeout="cancel")
    assert isinstance(error, GenerationFailedError)
    assert (error.code, service.cancels) == ("Flagged", 1)


@KINDS
def test_a_task_that_cannot_be_canceled_goes_on(kind: str) -> None:
    service = Service(lambda _: creations("processing"), cancel=TOO_LATE)
    error = service.fail(kind, "wait", "T", timeout=30, on_timeout="cancel")
    assert isinstance(error, WaitTimeoutError)
    assert (error.is_canceled, error.task and error.task.state, service.cancels) == (False, "processing", 1)
    assert "it could not be canceled (vidu answers" in str(error)


def test_nothing_is_created_where_tasks_cannot_be_canceled_as_asked() -> None:
    with pytest.raises(NotSupportedError, match="kie has no operation to cancel a task"):
        call("sync", "kie", "run", BODIES["kie"], on_timeout="cancel")


class Interrupted(FreeClock):
    """Somebody presses Ctrl-C in the third sleep."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.slept) == 3:
            raise KeyboardInterrupt


NOTE = "vidu task 'T' goes on; wait('T') takes it up again"


@pytest.mark.parametrize("method", ["wait", "run"])
def test_an_interrupted_wait_says_how_to_take_it_up_again(method: str) -> None:
    service = Service(a_job_of(100))
    service.clock = Interrupted()
    with pytest.raises(KeyboardInterrupt) as caught:
        service.call("sync", method, "T" if method == "wait" else BODIES["vidu"])
    assert caught.value.__notes__ == [NOTE]
    assert service.call("sync", "wait", "T").phase is Phase.SUCCEEDED


def test_a_wait_that_is_canceled_by_the_event_loop_says_so_too() -> None:
    class Forever(FreeClock):
        async def sleep_async(self, _seconds: float) -> None:
            waiting.set()
            await asyncio.Event().wait()

    async def main() -> BaseException:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: creations("processing")))
        async with AsyncClient("vidu", api_key=KEY, http_client=http, clock=Forever()) as client:
            job = asyncio.create_task(client.wait("T"))
            await waiting.wait()
            job.cancel()
            try:
                await job
            except asyncio.CancelledError as error:
                return error
            raise AssertionError("it was not canceled")

    waiting = asyncio.Event()
    assert asyncio.run(main()).__notes__ == [NOTE]


@KINDS
@pytest.mark.parametrize("method", ["wait", "run"])
def test_what_on_progress_raises_comes_out_and_names_the_task(method: str, kind: str) -> None:
    """Also where it is raised for the task that was just created, and paid for."""

    def on_progress(_: Task) -> None:
        raise LookupError("mine")

    service = Service(a_job_of(100))
    with pytest.raises(LookupError, match="mine") as caught:
        service.call(kind, method, "T" if method == "wait" else BODIES["vidu"], on_progress=on_progress)
    assert caught.value.__notes__ == [NOTE]
    assert service.creates == (method == "run")


def test_on_progress_may_be_a_coroutine_function() -> None:
    seen: list[str | None] = []

    async def on_progress(task: Task) -> None:
        await asyncio.sleep(0)
        seen.append(task.state)

    Service(a_job_of(30)).call("async", "run", BODIES["vidu"], on_progress=on_progress)
    assert seen == ["created", "queueing", "processing", "success"]


def vidu(service: Service) -> Client:
    http = httpx2.Client(transport=httpx2.MockTransport(service))
    return Client("vidu", api_key=KEY, http_client=http, clock=service.clock, chance=lambda: 0.5)


def test_states_come_one_by_one_and_nothing_is_asked_before_the_next_is_wanted() -> None:
    service = Service(a_job_of(100))
    states = vidu(service).iter_states("T")
    assert service.looks == []
    assert next(states).state == "queueing"
    assert len(service.looks) == 1
    states.close()
    assert list(states) == []
    assert len(service.looks) == 1


def test_states_end_with_the_last_whether_it_is_good_or_bad() -> None:
    failing = Service(lambda now: creations("processing") if now < 10 else creations("failed", err_code="Flagged"))
    assert [task.state for task in vidu(failing).iter_states("T")] == ["processing", "failed"]
    assert [task.state for task in vidu(Service(a_job_of(30))).iter_states("T")] == [
        "queueing",
        "processing",
        "success",
    ]
    known = Task("vidu", "T", "queueing", Phase.QUEUED)
    assert [task.state for task in vidu(Service(a_job_of(0))).iter_states(known)] == ["queueing", "success"]


def test_states_of_a_task_that_hangs_end_with_an_error() -> None:
    states = vidu(Service(lambda _: creations("processing"))).iter_states("T", timeout=30)
    assert next(states).state == "processing"
    with pytest.raises(WaitTimeoutError):
        next(states)


def test_states_in_an_event_loop_may_be_left_early() -> None:
    service = Service(a_job_of(100))

    async def main() -> list[str | None]:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(service))
        seen = []
        async with AsyncClient("vidu", api_key=KEY, http_client=http, clock=service.clock) as client:
            states = client.iter_states("T")
            async for task in states:
                seen.append(task.state)
                if task.state == "processing":
                    break
            await states.aclose()
            looks = len(service.looks)
            assert [task.state async for task in client.iter_states(task)] == ["processing", "success"]
            assert len(service.looks) > looks
        return seen

    assert asyncio.run(main()) == ["queueing", "processing"]


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"timeout": 0}, "timeout is a number of seconds above 0; got 0"),
        ({"timeout": -1.5}, "timeout is a number of seconds above 0; got -1.5"),
        ({"timeout": "5"}, "timeout is a number of seconds above 0; got '5'"),
        ({"timeout": True}, "timeout is a number of seconds above 0; got True"),
        ({"timeout": float("nan")}, "timeout is a number of seconds above 0; got nan"),
        ({"timeout": float("inf")}, "timeout is a number of seconds above 0; got inf"),
        ({"interval": 0}, "interval is a number of seconds above 0; got 0"),
        ({"interval": (5, 1)}, "interval is a number of seconds, or the first and the greatest of them; got (5, 1)"),
        ({"interval": (1, 2, 3)}, "interval is a number of seconds above 0; got (1, 2, 3)"),
        ({"on_timeout": "stop"}, 'on_timeout is "raise" or "cancel"; got \'stop\''),
    ],
)
@KINDS
def test_bad_arguments_are_refused_before_any_call(keywords: dict[str, Any], text: str, kind: str) -> None:
    service = Service(a_job_of(0))
    for method, argument in (("wait", "T"), ("run", BODIES["vidu"])):
        with pytest.raises(ValueError, match=re.escape(text)) as caught:
            service.call(kind, method, argument, **keywords)
        assert str(caught.value) == text
    assert (service.looks, service.creates) == ([], 0)
