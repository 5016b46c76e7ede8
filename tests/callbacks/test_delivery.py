"""Callbacks over real sockets: whatever a receiver does, the mock stays answering and says what came of it."""

from __future__ import annotations

import logging
import queue
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockreel.domain.callbacks.callback import Status
from mockreel.domain.journal import Delivery, Journal
from mockreel.provider import MockProvider
from mockreel.server import courier, sender
from tests.callbacks import receiver as receivers
from tests.callbacks.calls import Calling, create
from tests.callbacks.conftest import NameService
from tests.callbacks.receiver import BOUND_S, OK, Receiver, answer
from tests.callbacks.subjects import SHIPPED, Subject, shipped

END_S = 3600
SHORT = 1e4  # a speed at which tasks take some milliseconds, and their states still have a length
MAKE = Callable[..., MockProvider]


def called(events: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """Return the callbacks among what happened: state, problem, HTTP status."""
    return [(e["state"], e["problem"], e["status"]) for e in events if e["event"] == "callback"]


def statuses(mock: MockProvider) -> list[str]:
    return [callback.status.value for callback in mock.callbacks]


@pytest.fixture
def quick(impatient: Path) -> dict[str, Subject]:
    """The shipped contracts, by name, with callbacks that wait a fifth of a second for an answer."""
    return {name: shipped(name, impatient) for name in SHIPPED}


@pytest.fixture
def noticed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], bool]], None]:
    """Wait until something holds; it is looked at whenever the journal has got an entry."""
    entries: queue.SimpleQueue[None] = queue.SimpleQueue()
    add = Journal.add

    def added(self: Journal, entry: Any) -> None:
        add(self, entry)
        entries.put(None)

    monkeypatch.setattr(Journal, "add", added)

    def wait(holds: Callable[[], bool]) -> None:
        while not holds():
            entries.get(timeout=BOUND_S)

    return wait


# -- what is sent ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_advance_returns_what_happened_in_order_when_everything_was_answered(make_mock: MAKE, name: str) -> None:
    subject = shipped(name)
    rules = subject.contract.callback
    assert rules is not None
    mock = make_mock(name)
    with Receiver() as receiver:
        tasks = [create(mock, subject, receiver.url + "/hook") for _ in range(3)]
        events = mock.clock.advance(END_S)
        assert len(receiver.got) == len(called(events))
    told = [state.name for state in subject.contract.lifecycle.way() if state.name in rules.events]
    for task in tasks:
        assert [e["state"] for e in events if e["event"] == "callback" and e["task_id"] == task] == told
    assert [e["at_ms"] for e in events] == sorted(e["at_ms"] for e in events)
    assert set(called(events)) == {(state, "", 200) for state in told}
    for event in events:  # a callback is sent at the moment of its state, after it
        if event["event"] == "callback":
            same = [e for e in events if e["task_id"] == event["task_id"] and e["at_ms"] == event["at_ms"]]
            assert same[0]["event"] == "state"
    assert set(statuses(mock)) == {"delivered"}


def test_the_request_is_the_url_as_it_was_given_with_the_body_as_json(make_mock: MAKE) -> None:
    subject = shipped("kie")
    mock = make_mock("kie")
    with Receiver() as receiver:
        task = create(mock, subject, receiver.url + "/a/../b//c;d=%2F%e4?x=+%20&y&x=1#part")
        mock.clock.advance(END_S)
        (got,) = receiver.got
        assert (got.method, got.target) == ("POST", "/a/../b//c;d=%2F%e4?x=+%20&y&x=1")
        assert got.headers["host"] == receiver.url.removeprefix("http://")
    assert got.headers["content-type"] == "application/json"
    assert got.headers["content-length"] == str(len(got.body))
    assert set(got.headers) <= {
        "host",
        "user-agent",
        "content-type",
        "content-length",
        "x-webhook-timestamp",
        "x-webhook-signature",
    }
    assert got.json()["data"]["taskId"] == task


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_receivers_on_both_loopback_addresses_are_reached_by_number_and_by_name(make_mock: MAKE, host: str) -> None:
    subject = shipped("kie")
    mock = make_mock("kie")
    with Receiver(host=host) as receiver:
        port = receiver.url.rpartition(":")[2]
        create(mock, subject, receiver.url)
        create(mock, subject, f"http://localhost:{port}/")
        mock.clock.advance(END_S)
        assert [got.target for got in receiver.got] == ["/", "/"]
    assert statuses(mock) == ["delivered"] * 2


def test_many_callbacks_share_the_connection_of_a_receiver_that_keeps_it(make_mock: MAKE, monkeypatch: Any) -> None:
    monkeypatch.setattr(sender, "KEPT_FOR_S", 0)  # so that the second finds that the first one's was kept
    subject = shipped("kie")
    mock = make_mock("kie", pace="instant")
    with Receiver() as receiver:
        for _ in range(20):
            create(mock, subject, receiver.url)
        mock.clock.advance(0)
        assert (len(receiver.got), receiver.connections) == (20, 1)


def test_a_receiver_that_is_not_known_yet_gets_a_connection_for_each(make_mock: MAKE, monkeypatch: Any) -> None:
    monkeypatch.setattr(sender, "KEPT_FOR_S", 1000)
    subject = shipped("kie")
    mock = make_mock("kie", pace="instant")
    with Receiver() as receiver:
        for _ in range(20):
            create(mock, subject, receiver.url)
        mock.clock.advance(0)
        assert (len(receiver.got), receiver.connections) == (20, 20)


# -- what receivers do -------------------------------------------------------------------------------------------------

TAKEN = {
    "200": OK,
    "201 without a body": answer(201, b""),
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "299": answer(299),
    "words before": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK,
    "no reason phrase": b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.0": receivers.then_close(b"HTTP/1.0 200 OK\r\n\r\nfine"),
    "until the end": receivers.then_close(b"HTTP/1.1 200 OK\r\n\r\nfine"),
    "in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\n",
    "not gzip at all": answer(headers="Content-Encoding: gzip\r\n"),
    "not JSON": answer(body=b"\xff\xfe\x00"),
    "64 MB": receivers.endless,
    "many cookies": answer(headers="Set-Cookie: a=b\r\n" * 50),
}


@pytest.mark.parametrize("what", TAKEN)
def test_an_answer_from_200_to_299_takes_the_callback(make_mock: MAKE, what: str) -> None:
    subject = shipped("kie")
    mock = make_mock("kie", pace="instant")
    with Receiver(lambda _number, _got: TAKEN[what]) as receiver:
        create(mock, subject, receiver.url)
        mock.clock.advance(END_S)
        assert len(receiver.got) == 1
    assert statuses(mock) == ["delivered"]
    delivery = next(entry for entry in mock.journal if isinstance(entry, Delivery))
    assert len(delivery.answer_body) <= 4096


NOT_TAKEN = {
    "302": (answer(302, headers="Location: /elsewhere\r\n"), 302, ""),
    "404": (answer(404), 404, ""),
    "500": (answer(500), 500, ""),
    "503": (answer(503, headers="Retry-After: 1\r\n"), 503, ""),
    "101": (receivers.then_close(b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), 101, ""),
    "silence": (receivers.hang, 0, "no answer within 0.2 s"),
    "reset": (receivers.reset, 0, "reset|disconnected|closed"),
    "closed": (receivers.shut, 0, "the receiver closed the connection without an answer"),
    "nonsense": (receivers.then_close(b"\x16\x03\x01 nonsense\r\n\r\n"), 0, "Error"),
    "half a head": (receivers.then_close(b"HTTP/1.1 200 OK\r\nConte"), 0, "Error|closed"),
    "half a body": (receivers.then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"), 0, "Error"),
    "bad chunks": (receivers.then_close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), 0, "Error"),
    "two lengths": (
        receivers.then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        0,
        "Error",
    ),
    "an endless head": (receivers.then_close(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n"), 0, "Error"),
    "only 100 Continue": (receivers.then_close(b"HTTP/1.1 100 Continue\r\n\r\n" * 100), 0, "Error|closed"),
}


@pytest.mark.parametrize("what", NOT_TAKEN)
@pytest.mark.parametrize("name", SHIPPED)
def test_anything_else_is_tried_again_as_the_contract_says_and_then_listed_as_undelivered(
    make_mock: MAKE,
    quick: dict[str, Subject],
    impatient: Path,
    name: str,
    what: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    behavior, status, problem = NOT_TAKEN[what]
    subject = quick[name]
    rules = subject.contract.callback
    assert rules is not None
    patient = impatient if what == "silence" else None  # a busy machine may be slow to answer
    mock = make_mock(name, contracts=patient, pace="instant")
    start_ms = mock.clock.now_ms()
    with Receiver(lambda _number, _got: behavior) as receiver:
        create(mock, subject, receiver.url)
        events = mock.clock.advance(END_S)
        states = [state.name for state in subject.contract.lifecycle.way() if state.name in rules.events]
        assert len(receiver.got) == sum(rules.events[state].attempts for state in states)
        assert {got.target for got in receiver.got} == {"/"}
    assert statuses(mock) == ["undelivered"] * len(states)
    for state, callback in zip(states, mock.callbacks, strict=True):
        waits = rules.events[state].retries_ms
        assert [attempt.at_ms - start_ms for attempt in callback.attempts] == [
            sum(waits[:index]) for index in range(len(waits) + 1)
        ]
        assert {attempt.outcome.status for attempt in callback.attempts} == {status}
    found = {event[1] for event in called(events)}
    assert all(any(word in text for word in problem.split("|")) for text in found)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * len(states)
    assert "is undelivered, not taken in" in caplog.text


def test_a_redirect_is_not_followed(make_mock: MAKE) -> None:
    subject = shipped("vidu")
    mock = make_mock("vidu")
    with Receiver() as elsewhere:
        for status in (301, 302, 303, 307, 308):
            moved = answer(status, headers=f"Location: {elsewhere.url}/moved\r\n")
            with Receiver(lambda _number, _got, moved=moved: moved) as receiver:
                create(mock, subject, receiver.url)
                mock.clock.advance(END_S)
                assert len(receiver.got) == 5
        assert (elsewhere.got, elsewhere.connections) == ([], 0)


def test_a_receiver_that_is_not_there_is_tried_and_listed(make_mock: MAKE) -> None:
    subject = shipped("vidu")
    mock = make_mock("vidu")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    create(mock, subject, f"http://127.0.0.1:{port}/")
    events = mock.clock.advance(END_S)
    assert len(called(events)) == 5
    assert all("Cannot connect to host" in problem for _, problem, _ in called(events))
    assert statuses(mock) == ["undelivered"] * 2


def test_tls_to_a_receiver_that_speaks_none_is_undelivered(make_mock: MAKE) -> None:
    subject = shipped("kie")
    mock = make_mock("kie", pace="instant")
    mute = socket.create_server(("127.0.0.1", 0))
    accepting = Calling(lambda: mute.accept()[0].close())
    create(mock, subject, f"https://127.0.0.1:{mute.getsockname()[1]}/")
    mock.clock.advance(0)
    accepting.result()
    mute.close()
    assert statuses(mock) == ["undelivered"]


@pytest.mark.parametrize(
    "last",
    [OK, receivers.then_close(OK)],
    ids=["that keeps its connections", "that closes its connections without saying so"],
)
def test_a_fast_receiver_gets_every_callback_once(make_mock: MAKE, last: Any) -> None:
    subject = shipped("kie")  # which is sent once only
    mock = make_mock("kie", pace="instant")
    with Receiver(lambda _number, _got: last) as receiver:
        tasks = [create(mock, subject, receiver.url) for _ in range(200)]
        mock.clock.advance(0)
        assert sorted(got.json()["data"]["taskId"] for got in receiver.got) == sorted(tasks)
    assert statuses(mock) == ["delivered"] * 200


def test_a_connection_that_was_closed_between_two_callbacks_loses_neither(make_mock: MAKE) -> None:
    subject = shipped("kie")
    mock = make_mock("kie", pace="instant")

    def script(number: int, _got: Any) -> Any:
        return receivers.then_close(OK) if number % 2 else OK

    with Receiver(script) as receiver:
        for _ in range(30):
            create(mock, subject, receiver.url)
            mock.clock.advance(0)
        assert len(receiver.got) == 30
    assert statuses(mock) == ["delivered"] * 30


# -- nobody waits for a dead receiver ----------------------------------------------------------------------------------


def test_a_dead_receiver_holds_up_neither_another_nor_the_api(make_mock: MAKE, noticed: Any) -> None:
    subject = shipped("vidu")
    mock = make_mock("vidu", clock="real", speed=SHORT, credits="unlimited")
    with mock.serve() as url, Receiver(lambda *_: receivers.held(OK)) as dead, Receiver() as alive:
        with httpx2.Client(base_url=url, trust_env=False, timeout=BOUND_S) as http:
            for _ in range(20):
                create(mock, subject, dead.url)
            dead.wait_for(1)
            tasks = [create(mock, subject, alive.url) for _ in range(20)]
            alive.wait_for(40)
            for task in tasks:
                assert [got.json()["state"] for got in alive.got if got.json()["id"] == task] == [
                    "processing",
                    "success",
                ]
            assert http.get("/_mock/health").json()["status"] == "ok"
            listed = http.get("/_mock/callbacks", params={"status": "delivered"}).json()
            assert {each["url"] for each in listed["callbacks"]} == {alive.url + "/"}
        assert len(dead.got) == 4
        dead.let_go.set()
        noticed(lambda: mock.engine.outbox.watched == 0)
        assert len(dead.got) == 40
    assert statuses(mock) == ["delivered"] * 80


def test_while_the_clock_waits_for_a_dead_receiver_the_api_answers(make_mock: MAKE) -> None:
    subject = shipped("kie")
    mock = make_mock("kie", pace="instant")
    with mock.serve() as url, Receiver(lambda *_: receivers.held(OK)) as dead:
        create(mock, subject, dead.url)
        advancing = Calling(lambda: mock.clock.advance(10))
        dead.wait_for(1)
        with httpx2.Client(base_url=url, trust_env=False, timeout=BOUND_S) as http:
            answers = [http.get(f"/_mock/{name}").status_code for name in ("health", "clock", "tasks", "callbacks")]
            task = create(mock, subject, "http://127.0.0.1:9/")
            answers.append(http.get(f"/_mock/tasks/{task}/explain").status_code)
        assert answers == [200] * 5
        dead.let_go.set()
        assert called(advancing.result())[0] == ("success", "", 200)


def test_at_one_moment_of_a_manual_clock_a_dead_receiver_does_not_hold_up_another(make_mock: MAKE) -> None:
    subject = shipped("kie")
    mock = make_mock("kie", pace="instant")
    with Receiver(lambda *_: receivers.held(OK)) as dead, Receiver() as alive:
        create(mock, subject, dead.url)
        for _ in range(3):
            create(mock, subject, alive.url)
        advancing = Calling(lambda: mock.clock.advance(0))
        alive.wait_for(3, within_s=3)
        dead.let_go.set()
        assert len(called(advancing.result())) == 4


def test_a_real_clock_delivers_by_itself_and_tries_again(make_mock: MAKE, noticed: Any) -> None:
    subject = shipped("vidu")
    mock = make_mock("vidu", clock="real", speed=SHORT)
    with Receiver(lambda number, _got: answer(500) if number < 3 else OK) as receiver:
        create(mock, subject, receiver.url)
        noticed(lambda: mock.engine.outbox.watched == 0 and len(mock.callbacks) == 2)
        states = [got.json()["state"] for got in receiver.got]
    assert states == ["processing", "success", "success", "success"]
    assert [(callback.state, callback.status.value) for callback in mock.callbacks] == [
        ("processing", "undelivered"),
        ("success", "delivered"),
    ]


def test_a_callback_that_cannot_be_made_stops_neither_the_others_nor_the_api(
    make_mock: MAKE, acme: Subject, noticed: Any
) -> None:
    mock = make_mock("acme", contracts=acme.root, clock="real", speed=SHORT)
    mock.engine.set_secret("bad-key", "whsec_x")  # not base64
    with Receiver() as receiver:
        create(mock, acme, receiver.url, key="bad-key")
        for _ in range(3):
            create(mock, acme, receiver.url)
        receiver.wait_for(9, within_s=3)
        noticed(lambda: mock.engine.outbox.watched == 0)


def test_after_close_nothing_is_sent_and_nothing_is_left(make_mock: MAKE) -> None:
    subject = shipped("kie")
    mock = make_mock("kie", clock="real", pace="instant")
    with Receiver(lambda *_: receivers.hang) as dead:
        for _ in range(10):
            create(mock, subject, dead.url)
        dead.wait_for(1)
        mock.close()
        assert [thread.name for thread in threading.enumerate() if thread.name == "mockreel-callbacks"] == []
        assert Status.DELIVERED not in {callback.status for callback in mock.callbacks}


def test_a_mock_that_was_closed_while_a_receiver_hung_delivers_again(make_mock: MAKE) -> None:
    subject = shipped("kie")
    mock = make_mock("kie", clock="real", pace="instant")
    with Receiver(lambda number, _got: receivers.hang if number < 4 else OK) as receiver:
        for _ in range(4):
            create(mock, subject, receiver.url)
        receiver.wait_for(4)
        mock.close()
        create(mock, subject, receiver.url)
        receiver.wait_for(5, within_s=3)


# -- receivers that call the mock --------------------------------------------------------------------------------------


def test_a_receiver_may_call_the_mock_while_it_answers(make_mock: MAKE) -> None:
    subject = shipped("kie")
    mock = make_mock("kie")
    seen: list[Any] = []
    with mock.serve() as url, httpx2.Client(base_url=url, trust_env=False, timeout=BOUND_S) as http:

        def script(number: int, got: Any) -> bytes:
            task = got.json()["data"]["taskId"]
            key = {"Authorization": "Bearer test-key"}
            answered = http.get("/api/v1/jobs/recordInfo", params={"taskId": task}, headers=key).json()
            seen.append((answered["data"]["state"], http.get("/_mock/health").status_code))
            if number == 0:
                create(mock, subject, receiver.url)
            return OK

        with Receiver(script) as receiver:
            create(mock, subject, receiver.url)
            events = mock.clock.advance(END_S)
    assert seen == [("success", 200)] * 2
    assert len(called(events)) == 2


def test_a_receiver_that_resets_the_mock_while_it_answers_leaves_it_clean(make_mock: MAKE) -> None:
    subject = shipped("vidu")
    mock = make_mock("vidu")

    def script(number: int, _got: Any) -> bytes:
        if number == 0:
            mock.engine.reset()
            create(mock, subject, receiver.url)
        return answer(500) if number == 0 else OK

    with Receiver(script) as receiver:
        create(mock, subject, receiver.url)
        mock.clock.advance(END_S)
        assert [got.json()["state"] for got in receiver.got] == ["processing", "processing", "success"]
    assert [(callback.state, callback.status.value, len(callback.attempts)) for callback in mock.callbacks] == [
        ("processing", "delivered", 1),
        ("success", "delivered", 1),
    ]
    assert {status: count for status, count in mock.engine.outbox.records.counts.items() if count} == {
        Status.DELIVERED: 2
    }


def test_advance_waits_for_what_another_call_has_under_way(make_mock: MAKE) -> None:
    subject = shipped("vidu")
    mock = make_mock("vidu")
    with Receiver(lambda number, _got: receivers.held(OK) if number == 0 else OK) as receiver:
        making = Calling(lambda: create(mock, subject, receiver.url, X_Mock_Fault="callback_early"))
        receiver.wait_for(1)
        task = create(mock, subject, receiver.url)
        advancing = Calling(lambda: mock.clock.advance(END_S))
        receiver.let_go.set()
        making.result()
        events = advancing.result()
    began = {(e["state"], e["at_ms"]) for e in events if e["event"] == "state" and e["task_id"] == task}
    sent = [(e["state"], e["at_ms"]) for e in events if e["event"] == "callback" and e["task_id"] == task]
    assert [state for state, _ in sent] == ["processing", "success"]
    assert set(sent) <= began


def test_as_many_callbacks_at_one_moment_as_are_allowed_are_sent(make_mock: MAKE, monkeypatch: Any) -> None:
    monkeypatch.setattr(courier, "MOST_PER_STEP", 3)
    mock = make_mock("kie", pace="instant")
    with Receiver() as receiver:
        for _ in range(3):
            create(mock, shipped("kie"), receiver.url)
        assert len(called(mock.clock.advance(0))) == 3


def test_callbacks_that_call_each_other_forth_are_ended_with_the_reason(make_mock: MAKE, monkeypatch: Any) -> None:
    monkeypatch.setattr(courier, "MOST_PER_STEP", 5)
    subject = shipped("kie")
    mock = make_mock("kie", pace="instant")

    def script(_number: int, _got: Any) -> bytes:
        create(mock, subject, receiver.url)
        return OK

    with mock.serve() as url, Receiver(script) as receiver:
        create(mock, subject, receiver.url)
        step = httpx2.post(url + "/_mock/clock/advance", json={"seconds": 1}, trust_env=False, timeout=BOUND_S)
    assert step.status_code == 409
    assert "do they call each other forth?" in step.json()["detail"]


def test_two_who_move_the_clock_at_once_do_not_disturb_each_other(make_mock: MAKE) -> None:
    subject = shipped("kie")
    mock = make_mock("kie")
    start_ms = mock.clock.now_ms()
    with mock.serve() as url, Receiver(lambda *_: receivers.held(OK)) as receiver:
        create(mock, subject, receiver.url)
        first = Calling(lambda: mock.clock.advance(200))
        receiver.wait_for(1)
        with httpx2.Client(base_url=url, trust_env=False, timeout=BOUND_S) as http:
            second = Calling(lambda: http.post("/_mock/clock/advance", json={"seconds": 500}))
            assert http.get("/_mock/health").status_code == 200
            receiver.let_go.set()
            assert called(first.result()) == [("success", "", 200)]
            status = second.result().status_code
    assert (status, mock.clock.now_ms() - start_ms) in {(200, 700_000), (409, 200_000)}


def test_a_receiver_that_asks_for_the_clock_to_be_moved_is_told_that_it_cannot(make_mock: MAKE) -> None:
    subject = shipped("kie")
    mock = make_mock("kie", pace="instant")
    start_ms = mock.clock.now_ms()
    told: list[Any] = []
    with mock.serve() as url:

        def script(_number: int, _got: Any) -> bytes:
            try:
                step = httpx2.post(url + "/_mock/clock/advance", json={"seconds": 5}, trust_env=False, timeout=1)
                told.append(step.status_code)
            except httpx2.TimeoutException:
                told.append("nothing")
            return OK

        with Receiver(script) as receiver:
            create(mock, subject, receiver.url)
            events = mock.clock.advance(1)
    assert (told, called(events)) == ([409], [("success", "", 200)])
    assert mock.clock.now_ms() == start_ms + 1000


# -- the control API ---------------------------------------------------------------------------------------------------


def test_an_undelivered_callback_can_be_sent_again_by_hand(make_mock: MAKE) -> None:
    subject = shipped("vidu")
    mock = make_mock("vidu", pace="instant")
    with (
        mock.serve() as url,
        httpx2.Client(base_url=url, trust_env=False, timeout=BOUND_S) as http,
        Receiver(lambda number, _got: answer(500) if number < 6 else OK) as receiver,
    ):
        create(mock, subject, receiver.url)
        mock.clock.advance(END_S)
        assert http.get("/_mock/health").json()["callbacks_undelivered"] == 2
        listed = http.get("/_mock/callbacks").json()["callbacks"]
        last = next(each for each in listed if each["state"] == "success")
        again = http.post(f"/_mock/callbacks/{last['id']}/redeliver")
        assert (again.status_code, again.json()["status"]) == (200, "undelivered")
        again = http.post(f"/_mock/callbacks/{last['id']}/redeliver").json()
        assert (again["status"], again["note"]) == ("delivered", "sent again by hand")
        assert [attempt["is_by_hand"] for attempt in again["attempts"]] == [False] * 4 + [True] * 2
        assert [attempt["status"] for attempt in again["attempts"]] == [500] * 5 + [200]
        assert http.get("/_mock/health").json()["callbacks_undelivered"] == 1
        assert {got.body for got in receiver.got[1:]} == {receiver.got[-1].body}
        once_more = http.post(f"/_mock/callbacks/{last['id']}/redeliver").json()
        assert (once_more["status"], len(receiver.got)) == ("delivered", 8)
        in_python = mock.redeliver(last["id"])
        assert (in_python.status, len(in_python.attempts), len(receiver.got)) == ("delivered", 8, 9)


def test_what_cannot_be_sent_again_is_refused_with_the_reason(make_mock: MAKE) -> None:
    subject = shipped("vidu")
    mock = make_mock("vidu", pace="instant")
    with (
        mock.serve() as url,
        httpx2.Client(base_url=url, trust_env=False, timeout=BOUND_S) as http,
        Receiver(lambda *_: answer(500)) as receiver,
    ):
        create(mock, subject, "http://192.0.2.1/")
        create(mock, subject, receiver.url)
        mock.clock.advance(1)
        answers = {
            each: http.post(f"/_mock/callbacks/{each}/redeliver") for each in ("cb-0", "x", "cb-1", "cb-3", "cb-2")
        }
        with pytest.raises(ValueError, match="cb-3 is still on its way"):
            mock.redeliver("cb-3")
    assert {each: (a.status_code, a.json().get("detail")) for each, a in answers.items() if a.status_code != 200} == {
        "cb-0": (404, "no callback 'cb-0'; GET /_mock/callbacks lists what there is"),
        "x": (404, "no callback 'x'; GET /_mock/callbacks lists what there is"),
        "cb-1": (
            409,
            "cb-1 was refused: 192.0.2.1 is not allowed: only this machine is called; "
            "allow it by name with --allow-host 192.0.2.1",
        ),
        "cb-3": (409, "cb-3 is still on its way"),
    }


def test_the_list_of_callbacks_is_filtered_by_key_task_and_status(make_mock: MAKE) -> None:
    subjects = {name: shipped(name) for name in SHIPPED}
    mock = make_mock(*SHIPPED, pace="instant")
    with (
        mock.serve() as url,
        httpx2.Client(base_url=url, trust_env=False, timeout=BOUND_S) as http,
        Receiver() as receiver,
    ):
        mine = create(mock, subjects["kie"], receiver.url, key="mine")
        other = create(mock, subjects["vidu"], receiver.url, key="other")
        create(mock, subjects["kie"], "http://evil.example/", key="mine")
        mock.clock.advance(0)

        def listed(**query: Any) -> tuple[int, list[tuple[str, str]]]:
            found = http.get("/_mock/callbacks", params=query).json()
            return found["total"], [(each["state"], each["status"]) for each in found["callbacks"]]

        assert listed(key="mine") == (2, [("success", "delivered"), ("", "refused")])
        assert listed(task_id=mine) == (1, [("success", "delivered")])
        assert listed(task_id=other) == (2, [("success", "delivered"), ("processing", "delivered")])
        assert listed(status="refused") == (1, [("", "refused")])
        assert listed(status="delivered", key="other", limit=1) == (2, [("success", "delivered")])
        assert listed(key="nobody") == (0, [])
        assert http.get("/_mock/callbacks", params={"status": "gone"}).status_code == 422
        whole = http.get("/_mock/callbacks").json()
        assert whole["counts"] == {
            "sending": 0,
            "retrying": 0,
            "delivered": 3,
            "undelivered": 0,
            "refused": 1,
            "lost": 0,
        }
        assert whole["tasks_waiting"] == 0
        assert {each["key"][:4] for each in whole["callbacks"]} == {"key-"}
        journal = http.get("/_mock/journal", params={"operation": "callback", "key": "mine"}).json()
        assert [(e["kind"], e["task_id"], e["status"], e["attempt"]) for e in journal["entries"]] == [
            ("callback", mine, 200, 1)
        ]


def test_a_refused_target_is_told_on_the_task_in_the_journal_in_the_log_and_in_the_list(
    make_mock: MAKE, caplog: pytest.LogCaptureFixture, looked_up: NameService
) -> None:
    subject = shipped("kie")
    mock = make_mock("kie")
    reason = "evil.example is not allowed: only this machine is called; allow it by name with --allow-host evil.example"
    with mock.serve() as url, httpx2.Client(base_url=url, trust_env=False, timeout=BOUND_S) as http:
        task = create(mock, subject, "https://evil.example/hook")
        mock.clock.advance(END_S)
        (known,) = http.get(f"/_mock/tasks/{task}/explain").json()["callbacks"]["known"]
        assert (known["status"], known["note"], known["attempts"]) == ("refused", reason, [])
        assert http.get("/_mock/callbacks").json()["callbacks"] == [known]
        assert http.get("/_mock/health").json()["callbacks_undelivered"] == 1
    assert next(iter(mock.journal)).decision.endswith(f"; callbacks refused: {reason}")
    (record,) = caplog.records
    assert (record.levelno, reason in record.getMessage()) == (logging.WARNING, True)
    assert looked_up.asked == []


@pytest.mark.parametrize(
    "url", ["http://evil.example/\nERROR forged: line", "http://evil.example/\x1b[2J\x1b[31m", "x\r\ny", "\u2028z"]
)
def test_a_refused_url_puts_no_line_and_no_control_character_of_its_own_into_the_log(
    make_mock: MAKE, acme: Subject, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    mock = make_mock("acme", contracts=acme.root)
    create(mock, acme, url)
    assert len(caplog.records) == 1
    assert caplog.records[0].getMessage().isprintable()
    assert str(mock.callbacks[0]).isprintable()


def test_many_callbacks_that_a_receiver_does_not_take_are_folded_in_the_log(
    make_mock: MAKE, caplog: pytest.LogCaptureFixture
) -> None:
    mock = make_mock("kie", pace="instant")
    with Receiver(lambda *_: answer(500)) as receiver:
        for number in range(64):
            create(mock, shipped("kie"), f"{receiver.url}/task/{number}")
        mock.clock.advance(0)
    assert mock.engine.outbox.records.counts[Status.UNDELIVERED] == 64
    assert len(caplog.records) < 16
    assert "64 like this so far" in caplog.records[-1].getMessage()


def test_a_secret_in_a_callback_url_is_in_no_log_and_no_journal(
    make_mock: MAKE, caplog: pytest.LogCaptureFixture
) -> None:
    mock = make_mock("kie", pace="instant")
    with Receiver(lambda *_: answer(500)) as receiver:
        create(mock, shipped("kie"), receiver.url + "/?token=s3cr3t-value")
        mock.clock.advance(0)
        assert receiver.got[0].target == "/?token=s3cr3t-value"
    delivery = next(entry for entry in mock.journal if isinstance(entry, Delivery))
    assert "s3cr3t-value" not in delivery.url
    assert "s3cr3t-value" not in caplog.text


@pytest.mark.parametrize("path", ["/_mock/reset", "/_mock/clock/advance", "/_mock/keys/test-key", "/_mock/callbacks"])
def test_a_callback_url_that_leads_to_the_control_api_changes_nothing(make_mock: MAKE, path: str) -> None:
    subject = shipped("kie")
    mock = make_mock("kie", pace="instant")
    with mock.serve() as url:
        create(mock, subject, url + path)
        now_ms = mock.clock.now_ms()
        events = mock.clock.advance(0)
    assert called(events) == [("success", "", 403)]
    assert (mock.clock.now_ms(), len(mock.engine.services["kie"].tasks)) == (now_ms, 1)


def test_callbacks_that_lead_to_the_providers_own_api_end(make_mock: MAKE) -> None:
    subject = shipped("kie")
    mock = make_mock("kie", pace="instant")
    with mock.serve() as url:
        create(mock, subject, url + subject.contract.by_role("submit")[0].path)
        events = mock.clock.advance(END_S)
    assert len(called(events)) == 1
    assert len(mock.engine.services["kie"].tasks) == 1


# -- nothing leaves this machine ---------------------------------------------------------------------------------------

hosts = st.one_of(
    st.ip_addresses().map(lambda address: f"[{address}]" if address.version == 6 else str(address)),
    st.from_regex(r"[a-z0-9-]{1,10}(\.[a-z0-9-]{1,10}){0,2}\.?", fullmatch=True),
    st.sampled_from(["localhost", "127.0.0.1", "[::1]", "127.1", "0x7f.1", "2130706433", "0", "[::]", "localhost."]),
    st.text(max_size=10),
)
urls = st.one_of(
    st.text(min_size=1, max_size=40),
    st.builds(
        "{}{}:{}/{}".format,
        st.sampled_from(["http://", "https://", "http://a@", "//", "ftp://"]),
        hosts,
        st.sampled_from(["1", "0", "65536", "", "x"]),
        st.text(max_size=5),
    ),
).filter(lambda url: "\0" not in url)  # no body holds it


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(urls=st.lists(urls, min_size=1, max_size=10))
def test_no_callback_url_leads_to_a_look_up_or_off_this_machine(
    make_mock: MAKE, acme: Subject, looked_up: NameService, urls: list[str]
) -> None:
    mock = make_mock("acme", contracts=acme.root, credits="unlimited")
    try:
        for url in urls:
            create(mock, acme, url)
        assert len(mock.callbacks) + mock.engine.outbox.watched == len(urls)
        events = mock.clock.advance(0)
        assert looked_up.asked == []
        assert all("Cannot connect to host" in problem for _, problem, _ in called(events))
        assert set(statuses(mock)) <= {"refused", "retrying"}
    finally:
        mock.close()


def test_an_allowed_name_is_looked_up_and_held_to_its_addresses(make_mock: MAKE, looked_up: NameService) -> None:
    subject = shipped("vidu")
    looked_up.answers = [["127.0.0.1"], ["10.1.2.3"], ["169.254.169.254", "fe80::1"]]
    mock = make_mock("vidu", pace="instant", allow_hosts=["*.test"])
    with Receiver(lambda *_: receivers.then_close(answer(500, headers="Connection: close\r\n"))) as receiver:
        port = receiver.url.rpartition(":")[2]
        create(mock, subject, f"http://hook.test:{port}/")
        events = mock.clock.advance(30)
        assert len(receiver.got) == 1
        assert receiver.got[0].headers["host"] == f"hook.test:{port}"
    assert looked_up.asked == ["hook.test"] * 3
    problems = [problem for _, problem, _ in called(events)]
    assert problems[0] == ""
    assert "hook.test is 10.1.2.3, which is not allowed; see --allow-host" in problems[1]
    assert "hook.test is 169.254.169.254, fe80::1, which is not allowed; see --allow-host" in problems[2]


def test_a_name_that_cannot_be_looked_up_is_undelivered(make_mock: MAKE, looked_up: NameService) -> None:
    mock = make_mock("kie", pace="instant", allow_hosts=["*"])
    for host in ("hook.test", "a..b", "x" * 64 + ".test", "-", "_._"):
        create(mock, shipped("kie"), f"http://{host}/")
    mock.clock.advance(0)
    assert statuses(mock) == ["undelivered"] * 5
