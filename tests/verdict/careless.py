"""Careless clients, one or more for each check: the scenario that shows it, and how the client goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Any

import httpx2

from mockreel.report import Status
from mockreel.verdict.receiving import Receive
from mockreel.verdict.stage import Stage
from tests.verdict.small import Small, blind


@dataclass(frozen=True)
class Careless:
    """A client that a check is to catch in a scenario; `status` is what the check is to say."""

    check: str
    act: str
    run: Callable[[Stage], Any]
    status: Status = Status.FAIL
    receive: Receive | None = None
    only: str = ""
    """The provider that it is for, where only one has what it needs."""

    def __str__(self) -> str:
        return f"{self.check}-{self.run.__name__}-{self.act}"


def retries_lost_create(stage: Stage) -> None:
    client = Small(stage)
    for _ in range(3):
        with suppress(httpx2.HTTPError, ValueError):
            answer = client.create()
            if task_id := client.task_id(answer):
                client.until(task_id, client.done)
                return
        stage.clock.sleep(2)
    raise RuntimeError("no task")


def creates_twice(stage: Stage) -> None:
    client = Small(stage)
    client.create()
    client.finished()


def creates_two_and_waits_for_both(stage: Stage) -> None:
    client = Small(stage)
    for task_id in [client.task_id(client.create()) for _ in range(2)]:
        client.until(task_id, client.done)


def forgets_its_task(stage: Stage) -> None:
    client = Small(stage)
    task_id = client.task_id(client.create())
    stage.clock.sleep(3)
    client.look(task_id)
    raise RuntimeError("something went wrong")


def retries_everything(stage: Stage) -> None:
    client = Small(stage)
    for number in range(5):
        answer = client.create()
        if client.task_id(answer):
            return
        stage.clock.sleep(2**number)
    raise RuntimeError("refused")


def ends_at_any_trouble(stage: Stage) -> None:
    client = Small(stage)
    answer = client.create()
    task_id = client.task_id(answer)
    if task_id is None:
        raise RuntimeError("refused")

    def over(answer: Any) -> bool:
        if client.read(answer, "state") is None:
            raise RuntimeError("trouble")
        return client.done(answer)

    client.until(task_id, over)


def retries_in_a_tenth_of_a_second(stage: Stage) -> None:
    client = Small(stage)
    for _ in range(4):
        if client.task_id(client.create()):
            return
        stage.clock.sleep(0.1)
    raise RuntimeError("refused")


def retries_at_once(stage: Stage) -> None:
    client = Small(stage)
    for _ in range(6):
        if client.task_id(client.create()):
            return
    raise RuntimeError("refused")


def retries_without_end(stage: Stage) -> None:
    client = Small(stage)
    while not client.task_id(client.create()):
        stage.clock.sleep(0.01)


def polls_every_half_second(stage: Stage) -> None:
    Small(stage).finished(every_s=0.5)


def polls_without_a_wait(stage: Stage) -> None:
    Small(stage).finished(every_s=0.02)


def waits_for_ever(stage: Stage) -> None:
    Small(stage).finished(every_s=5)


def looks_on_after_the_end(stage: Stage) -> None:
    client = Small(stage)
    task_id, _ = client.finished()
    for _ in range(6):
        stage.clock.sleep(5)
        client.look(task_id)


def looks_thrice_after_the_end(stage: Stage) -> None:
    client = Small(stage)
    task_id, _ = client.finished()
    for _ in range(3):
        client.look(task_id)


def waits_for_another_word(stage: Stage) -> None:
    client = Small(stage)
    task_id = client.task_id(client.create())
    client.until(task_id, lambda answer: client.read(answer, "state") == "DONE")


def waits_for_success_only(stage: Stage) -> None:
    client = Small(stage)
    task_id = client.task_id(client.create())
    client.until(task_id, lambda answer: client.read(answer, "state") in client.words("succeeded"))


def knows_every_state(stage: Stage) -> None:
    client = Small(stage)
    words = {state.wire for state in stage.contract.lifecycle.states.values()}
    task_id = client.task_id(client.create())

    def over(answer: Any) -> bool:
        if client.read(answer, "state") not in words:
            raise RuntimeError("unknown state")
        return client.done(answer)

    client.until(task_id, over)


def trusts_http(stage: Stage) -> None:
    client = Small(stage)
    answer = client.create()
    answer.raise_for_status()
    task_id = client.task_id(answer)
    for _ in range(3):
        stage.clock.sleep(5)
        client.look(task_id)


def trusts_http_and_says_well(stage: Stage) -> str:
    return str(Small(stage).create().raise_for_status().status_code)


def swallows_everything(stage: Stage) -> None:
    client = Small(stage)
    with suppress(Exception):
        _, answer = client.finished()
        client.save(answer)


def gives_up_and_says_well(stage: Stage) -> str:
    client = Small(stage)
    task_id = client.task_id(client.create())
    for _ in range(200):
        if client.done(client.look(task_id)):
            break
        stage.clock.sleep(5)
    return f"made {task_id}"


def believes_the_state(stage: Stage) -> None:
    Small(stage).finished()


def downloads_a_day_later(stage: Stage) -> None:
    client = Small(stage)
    _, answer = client.finished()
    stage.clock._clock.advance(stage.contract.lifecycle.asset_life_ms / 1000 + 60)
    url = client.read(answer, "urls")[0]
    with httpx2.Client(transport=stage.transport()) as http:
        http.get(url).raise_for_status()


def saves_what_comes(stage: Stage) -> None:
    client = Small(stage)
    _, answer = client.finished()
    client.save(answer)


def downloads_and_looks_at_nothing(stage: Stage) -> None:
    client = Small(stage)
    _, answer = client.finished()
    with httpx2.Client(transport=stage.transport()) as http:
        http.get(client.read(answer, "urls")[0])


def parses_what_comes(stage: Stage) -> None:
    client = Small(stage)
    task_id = client.task_id(client.create())
    client.until(task_id, lambda answer: client.read(answer, "state") in client.words("succeeded"))


def sends_an_unknown_model(stage: Stage) -> None:
    client = Small(stage)
    answer = client.create({**stage.body, "model": "no-such-model"})
    if client.task_id(answer) is None:
        raise RuntimeError("refused")


def calls_another_path(stage: Stage) -> None:
    client = Small(stage)
    client.http.get("/v9/health")
    client.finished()


def sends_basic(stage: Stage) -> None:
    client = Small(stage, scheme="Basic")
    if client.task_id(client.create()) is None:
        raise RuntimeError("refused")


def sends_another_header(stage: Stage) -> None:
    client = Small(stage, header="X-Api-Key")
    if client.task_id(client.create()) is None:
        raise RuntimeError("refused")


def puts_the_key_into_the_url(stage: Stage) -> None:
    client = Small(stage)
    client.create(params={"api_key": stage.api_key})


def prints_its_headers(stage: Stage) -> None:
    client = Small(stage)
    print(dict(client.http.headers))  # noqa: T201
    client.finished()


def downloads_with_its_key(stage: Stage) -> None:
    client = Small(stage)
    _, answer = client.finished()
    client.http.get(client.read(answer, "urls")[0])


class Waiting:
    """Waits for callbacks alone, and takes them all."""

    def __init__(self, *, status: int = 200, is_fetching: bool = False) -> None:
        self.status = status
        self.is_fetching = is_fetching
        self.told = Event()
        self.bodies: list[bytes] = []
        self.__name__ = "waits_for_callbacks"

    def __call__(self, stage: Stage) -> None:
        self.told.clear()
        self.bodies.clear()
        client = Small(stage)
        client.create()
        words = [word.encode() for word in client.words("succeeded")]
        for _ in range(1000):
            stage.clock.sleep(5)
            if any(b'"%s"' % word in body for word in words for body in self.bodies):
                break
        if self.is_fetching:
            for body in self.bodies:
                self._fetch(stage, body)

    def _fetch(self, stage: Stage, body: bytes) -> None:
        found = re.search(rb'https?:[^"\\]+/video\.mp4', body)
        if found:
            with httpx2.Client(transport=stage.transport()) as http:
                http.get(found[0].decode())

    def receive(self, _headers: list[tuple[str, str]], body: bytes, _target: str) -> int:
        self.bodies.append(body)
        return self.status


class LastWord:
    """Has the last callback for the state, and looks at the task while that is no end."""

    __name__ = "believes_the_last_callback"

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def __call__(self, stage: Stage) -> None:
        self.bodies.clear()
        client = Small(stage)
        task_id = client.task_id(client.create())
        words = [word.encode() for word in client.words("succeeded")]
        stage.clock.sleep(200)
        for _ in range(1000):
            if self.bodies and any(b'"%s"' % word in self.bodies[-1] for word in words):
                return
            client.look(task_id)
            stage.clock.sleep(10)

    def receive(self, _headers: list[tuple[str, str]], body: bytes, _target: str) -> int:
        self.bodies.append(body)
        return 200


def looks_on_after_the_callback(stage: Stage) -> None:
    client = Small(stage)
    task_id = client.task_id(client.create())
    stage.clock.sleep(250)
    for _ in range(4):
        client.look(task_id)
        stage.clock.sleep(5)


def waits_and_polls(stage: Stage) -> None:
    Small(stage).finished()


_TRUSTING, _FETCHING, _REFUSING, _LAST = Waiting(), Waiting(is_fetching=True), Waiting(status=500), LastWord()

CARELESS = [
    Careless("create_retried_ambiguous", "answer_lost", retries_lost_create),
    Careless("create_retried_ambiguous", "error_though_made", retries_lost_create),
    Careless("create_retried_ambiguous", "timeouts_on_create", retries_lost_create),
    Careless("create_duplicated", "success", creates_twice),
    Careless("create_duplicated", "success", creates_two_and_waits_for_both, Status.WARN),
    Careless("orphaned_paid_task", "success", forgets_its_task),
    Careless("orphaned_paid_task", "maintenance_while_polling", ends_at_any_trouble),
    *(
        Careless("retried_non_retryable", act, retries_everything)
        for act in ("unauthorized", "credits_run_out", "invalid_request", "create_fails_for_good", "feature_disabled")
    ),
    Careless("gave_up_on_retryable", "maintenance_while_polling", ends_at_any_trouble),
    Careless("gave_up_on_retryable", "server_errors_while_polling", ends_at_any_trouble),
    Careless("gave_up_on_retryable", "rate_limited_twice_then_success", ends_at_any_trouble),
    Careless("retry_after_ignored", "rate_limited_twice_then_success", retries_in_a_tenth_of_a_second),
    Careless("no_backoff", "maintenance", retries_at_once, Status.WARN),
    Careless("retry_storm", "rate_limited", retries_without_end),
    Careless("retry_storm", "internal_error", retries_without_end),
    Careless("poll_too_fast", "success", polls_every_half_second, Status.WARN),
    Careless("poll_too_fast", "success", polls_without_a_wait),
    Careless("poll_unbounded", "stuck", waits_for_ever),
    Careless("polled_after_terminal", "success", looks_on_after_the_end),
    Careless("polled_after_terminal", "success", looks_thrice_after_the_end, Status.WARN),
    Careless("terminal_missed", "success", waits_for_another_word),
    Careless("terminal_missed", "generation_failed", waits_for_success_only),
    Careless("unknown_state_fatal", "unknown_state_twice", knows_every_state),
    Careless("stuck_without_deadline", "stuck", waits_for_ever),
    Careless("envelope_code_ignored", "error_under_200", trusts_http),
    Careless("envelope_code_ignored", "error_under_200", trusts_http_and_says_well),
    Careless("failure_reported_as_success", "generation_failed", swallows_everything),
    Careless("failure_reported_as_success", "unauthorized", swallows_everything),
    Careless("failure_reported_as_success", "stuck", gives_up_and_says_well),
    Careless("success_without_url_accepted", "success_without_url", believes_the_state),
    Careless("result_not_downloaded_before_expiry", "success", downloads_a_day_later),
    Careless("result_not_downloaded_before_expiry", "result_expired", downloads_and_looks_at_nothing),
    Careless("truncated_result_accepted", "result_truncated", saves_what_comes),
    Careless("truncated_result_accepted", "result_corrupt", saves_what_comes, Status.WARN),
    Careless("malformed_body_crash", "malformed_answers", parses_what_comes),
    Careless("malformed_body_crash", "html_error_at_first", parses_what_comes),
    Careless("contract_violation_in_request", "success", sends_an_unknown_model),
    Careless("contract_violation_in_request", "success", calls_another_path, Status.WARN),
    Careless("auth_header_wrong", "success", sends_basic),
    Careless("auth_header_wrong", "success", sends_another_header),
    Careless("secret_leaked", "success", puts_the_key_into_the_url),
    Careless("secret_leaked", "success", prints_its_headers),
    Careless("secret_leaked", "success", downloads_with_its_key, Status.WARN),
    Careless("signature_unverified", "forged_callback", _TRUSTING, receive=_TRUSTING.receive),
    Careless("signature_unverified", "unsigned_callback", _TRUSTING, receive=_TRUSTING.receive),
    Careless("signature_unverified", "forged_callback", waits_and_polls, Status.WARN, receive=blind),
    Careless("stale_accepted", "replayed_callback", _TRUSTING, receive=_TRUSTING.receive),
    Careless("duplicate_not_deduped", "duplicate_callback", _FETCHING, receive=_FETCHING.receive),
    Careless("out_of_order_regression", "callbacks_out_of_order", _LAST, receive=_LAST.receive, only="vidu"),
    Careless("out_of_order_regression", "stale_callback_after_end", _LAST, receive=_LAST.receive, only="vidu"),
    Careless("callback_slow_or_non_2xx", "callback", _REFUSING, receive=_REFUSING.receive),
    Careless("callback_lost_without_fallback", "lost_callback", _TRUSTING, receive=_TRUSTING.receive),
    Careless("polled_after_callback", "callback", looks_on_after_the_callback, Status.WARN, receive=blind),
]
