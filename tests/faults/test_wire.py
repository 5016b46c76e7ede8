"""Faults of the network on a real socket: exactly the one asked for is seen, and the next call is clean."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import orjson
import pytest
import uvicorn

from mockreel import MockProvider
from mockreel.server import run, waiting, wire
from tests.faults.exchange import BOUND_S, PROVIDER, Signals, asked, cost, left, line, outcome, parts, submit

LONG = ("answer_delayed; seconds=100", "network_hang; seconds=100", "network_dribble; seconds=100")


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[MockProvider, str]]:
    with MockProvider(PROVIDER, seed=3) as mock, mock.serve() as url:
        yield mock, url


@pytest.fixture(scope="module")
def signals(served: tuple[MockProvider, str]) -> Signals:
    return Signals(served[0])


@pytest.fixture
def mock(served: tuple[MockProvider, str]) -> MockProvider:
    served[0].reset()
    return served[0]


@pytest.fixture
def url(served: tuple[MockProvider, str]) -> str:
    return served[1]


@pytest.fixture(autouse=True)
def _the_server_has_nothing_to_complain_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fault is no error of the server: its log stays empty."""
    seen: list[Any] = []
    for level in ("warning", "error", "exception"):
        monkeypatch.setattr(logging.getLogger("uvicorn.error"), level, lambda *what, **_more: seen.append(what))
    yield
    assert seen == []


def assert_clean(mock: MockProvider, url: str) -> None:
    before = len(mock.tasks)
    with httpx2.Client(base_url=url, trust_env=False, timeout=BOUND_S) as http:
        answer = submit(http)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert len(mock.tasks) == before + 1


# -- connections that end too early ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["network_refused", "network_reset_before"])
def test_a_connection_that_is_reset_before_the_request_leaves_nothing(mock: MockProvider, url: str, fault: str) -> None:
    with line(url, fault) as caller:
        assert caller.rest() == (b"", "reset")
    assert left(mock) == (0, 0)
    assert list(mock.journal)[-1].faults == (fault,)
    assert_clean(mock, url)


@pytest.mark.parametrize("fault", ["network_reset_after", "answer_lost"])
def test_a_connection_that_is_reset_instead_of_the_answer_leaves_a_task_paid_once(
    mock: MockProvider, url: str, fault: str
) -> None:
    with line(url, fault) as caller:
        assert caller.rest() == (b"", "reset")
    assert left(mock) == (1, cost(mock))
    assert_clean(mock, url)


def test_a_connection_that_is_reset_in_the_middle_gives_half_of_the_body(mock: MockProvider, url: str) -> None:
    with line(url, "network_reset_middle") as caller:
        raw, end = caller.rest()
    told, body = parts(raw)
    assert end == "reset"
    assert len(body) == int(told["content-length"]) // 2 > 0
    assert left(mock) == (1, cost(mock))
    assert_clean(mock, url)


def test_an_answer_that_hangs_never_comes_and_then_the_connection_is_closed(
    mock: MockProvider, url: str, signals: Signals
) -> None:
    with line(url, "network_hang; seconds=30") as caller:
        assert signals.until(lambda: mock.tasks)
        mock.clock.advance(29)
        assert caller.is_silent()
        mock.clock.advance(1)
        assert caller.rest() == (b"", "closed")
    assert left(mock) == (1, cost(mock))
    assert_clean(mock, url)


def test_a_chunk_that_is_cut_short_promises_more_than_comes(mock: MockProvider, url: str) -> None:
    with line(url, "network_cut_chunk") as caller:
        raw, end = caller.rest()
    told, rest = parts(raw)
    size, _, chunk = rest.partition(b"\r\n")
    assert (end, told["transfer-encoding"], "content-length" in told) == ("closed", "chunked", False)
    assert len(chunk) == int(size, 16) // 2 > 0
    assert left(mock) == (1, cost(mock))
    assert_clean(mock, url)


@pytest.mark.parametrize("count", [7, -7])
def test_a_content_length_is_off_by_so_many_bytes(mock: MockProvider, url: str, count: int) -> None:
    with line(url, f"network_wrong_length; bytes={count}") as caller:
        raw, end = caller.rest()
    told, body = parts(raw)
    assert (end, int(told["content-length"]) - len(body)) == ("closed", count)
    assert isinstance(orjson.loads(body), dict)  # all of it comes
    assert left(mock) == (1, cost(mock))
    assert_clean(mock, url)


def test_a_content_length_is_never_less_than_nothing(mock: MockProvider, url: str) -> None:
    with line(url, "network_wrong_length; bytes=-1000000") as caller:
        told, body = parts(caller.rest()[0])
    assert (told["content-length"], bool(body)) == ("0", True)


# -- answers that come late --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["answer_delayed", "network_slow_first_byte"])
def test_a_late_answer_comes_when_the_clock_has_come_to_its_moment(
    mock: MockProvider, url: str, signals: Signals, fault: str
) -> None:
    with line(url, f"{fault}; seconds=20") as caller:
        assert signals.until(lambda: mock.tasks)
        mock.clock.advance(19)
        assert caller.is_silent()
        mock.clock.advance(1)
        told, body = parts(caller.take())
        assert (int(told["content-length"]), "connection" in told) == (len(body), False)
    assert left(mock) == (1, cost(mock))
    assert_clean(mock, url)


def test_a_late_answer_is_woken_by_the_clock_and_does_not_look_for_it(
    mock: MockProvider, url: str, signals: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOOK_S", 3600)
    with line(url, "answer_delayed; seconds=3600") as caller:
        assert signals.until(lambda: mock.app.waits)
        threading.Thread(target=mock.clock.advance, args=(3600,)).start()
        assert caller.take().startswith(b"HTTP/1.1 200 ")


def test_a_clock_that_is_moved_without_the_mock_is_looked_at(
    mock: MockProvider, url: str, signals: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOOK_S", 0.01)
    with line(url, "answer_delayed; seconds=1") as caller:
        assert signals.until(lambda: mock.app.waits)
        mock.engine.clock.advance(1)
        assert caller.take().startswith(b"HTTP/1.1 200 ")


def test_the_time_of_a_late_answer_counts_from_the_request(mock: MockProvider, url: str, signals: Signals) -> None:
    with line(url, "answer_delayed; seconds=5, network_slow_first_byte; seconds=5") as caller:
        assert signals.until(lambda: mock.tasks)  # and it may well be that nobody waits yet
        mock.clock.advance(10)
        assert caller.take().startswith(b"HTTP/1.1 200 ")


def test_a_dribbled_answer_comes_in_pieces_over_its_time(mock: MockProvider, url: str) -> None:
    with line(url, "network_dribble; seconds=16") as caller:
        told, body = parts(caller.take())
        assert body == b""
        sizes = []
        while len(body) < int(told["content-length"]):
            assert caller.is_silent(0.01)
            mock.clock.advance(1)
            sizes.append(len(piece := caller.take()))
            body += piece
    assert (len(sizes), max(sizes[:-1]), isinstance(orjson.loads(body), dict)) == (16, min(sizes[:-1]), True)
    assert left(mock) == (1, cost(mock))
    assert_clean(mock, url)


@pytest.mark.slow
def test_on_a_real_clock_a_late_answer_comes_by_itself() -> None:
    with MockProvider(PROVIDER, clock="real") as mock, mock.serve() as url:
        for fault in ("answer_delayed", "network_slow_first_byte", "network_dribble"):
            began = time.monotonic()
            with httpx2.Client(base_url=url, trust_env=False, timeout=BOUND_S) as http:
                assert submit(http, f"{fault}; seconds=0.06").status_code == 200
            assert 0.055 <= time.monotonic() - began < BOUND_S / 2


# -- everything is bounded ---------------------------------------------------------------------------------------------


def test_when_the_client_leaves_nobody_waits_any_more(mock: MockProvider, url: str, signals: Signals) -> None:
    for fault in LONG:
        with line(url, fault):
            assert signals.until(lambda: len(mock.app.waits) == 1)
        assert signals.until(lambda: len(mock.app.waits) == 0)
    assert_clean(mock, url)


@pytest.mark.slow
def test_when_the_server_stops_it_waits_for_nobody() -> None:
    mock = MockProvider(PROVIDER)
    signals = Signals(mock)
    with ThreadPoolExecutor() as pool:
        with mock.serve() as url:
            callers = [pool.submit(_rest, url, fault) for fault in LONG]
            assert signals.until(lambda: len(mock.app.waits) == 3)
            began = time.monotonic()
        assert time.monotonic() - began < 3
        assert [caller.result(BOUND_S)[1] for caller in callers] == ["reset", "reset", "reset"]
    with mock.serve() as url:  # and a new server serves on
        assert_clean(mock, url)


def _rest(url: str, fault: str) -> tuple[bytes, str]:
    with line(url, fault) as caller:
        return caller.rest()


def test_a_hundred_hanging_calls_do_not_hold_up_the_others(mock: MockProvider, url: str, signals: Signals) -> None:
    held = [line(url, "network_hang; seconds=100") for _ in range(100)]
    callers = [each.__enter__() for each in held]
    assert signals.until(lambda: len(mock.app.waits) == 100)
    assert_clean(mock, url)
    mock.clock.advance(100)
    assert {caller.rest() for caller in callers} == {(b"", "closed")}
    for each in held:
        each.__exit__(None, None, None)


def test_calls_that_wait_in_line_on_one_connection_are_answered_in_their_order(
    mock: MockProvider, url: str, signals: Signals
) -> None:
    with line(url, "answer_delayed; seconds=5") as first:
        assert signals.until(lambda: mock.app.waits)
        first._sock.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
        assert first.is_silent()
        mock.clock.advance(5)
        assert first.take_answers(2).startswith(b"HTTP/1.1 200 ")


# -- refused ----------------------------------------------------------------------------------------------------------


def knock(url: str) -> str:
    """Return what becomes of a new connection."""
    host, port = url.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=BOUND_S).close()
    except ConnectionRefusedError:
        return "refused"
    return "made"


@pytest.mark.slow
def test_while_a_fault_refuses_everybody_nothing_listens(mock: MockProvider, url: str) -> None:
    for _ in range(2):
        rule = mock.add_fault("network_refused")
        assert knock(url) == "refused"
        with httpx2.Client(base_url=url, trust_env=False) as http:
            assert outcome(lambda: submit(http)) == ("ConnectError", "[Errno 111] Connection refused")
        mock.remove_fault(rule.id)
        assert knock(url) == "made"
        assert_clean(mock, url)


@pytest.mark.parametrize("ends", [{"ttl_s": 60}, {"until_s": 60}])
def test_it_listens_again_when_the_fault_is_over(mock: MockProvider, url: str, ends: dict[str, float]) -> None:
    mock.add_fault("network_refused", from_s=30, **ends)
    assert_clean(mock, url)
    mock.clock.advance(30)
    assert knock(url) == "refused"
    mock.clock.advance(30)
    assert knock(url) == "made"
    assert_clean(mock, url)


@pytest.mark.slow
def test_a_server_stops_also_while_nothing_listens() -> None:
    mock = MockProvider(PROVIDER)
    with mock.serve() as url:
        mock.add_fault("network_refused")
        assert knock(url) == "refused"
    assert knock(url) == "refused"
    mock.reset()
    port = int(url.rsplit(":", 1)[1])
    with mock.serve(port=port) as again:  # the port is free
        assert_clean(mock, again)


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[MockProvider, str]]:
    """A mock whose server does not look by itself whether it is to listen: it must be told."""
    monkeypatch.setattr(run._Server, "on_tick", uvicorn.Server.on_tick)
    with MockProvider(PROVIDER) as mock, mock.serve() as url:
        yield mock, url


def test_a_change_in_python_returns_when_the_socket_has_followed(followed: tuple[MockProvider, str]) -> None:
    mock, url = followed
    for undo in (mock.remove_faults, mock.reset, lambda: mock.clock.advance(5)) * 5:
        mock.add_fault("network_refused", ttl_s=5)
        assert knock(url) == "refused"
        undo()  # type: ignore[operator]
        assert knock(url) == "made"
    assert_clean(mock, url)


def test_a_change_by_the_control_api_is_answered_when_the_socket_has_followed(
    followed: tuple[MockProvider, str],
) -> None:
    _, url = followed
    fault = {"fault": "network_refused", "ttl_s": 5}
    with httpx2.Client(base_url=url, trust_env=False, timeout=BOUND_S) as http:  # its connection stays
        for method, path, body in (
            ("DELETE", "/_mock/faults", None),
            ("POST", "/_mock/reset", None),
            ("POST", "/_mock/clock/advance", {"seconds": 5}),
        ):
            assert http.post("/_mock/faults", json=fault).status_code == 201
            assert knock(url) == "refused"
            assert http.request(method, path, json=body).status_code == 200
            assert knock(url) == "made"


def test_both_servers_of_a_mock_follow_also_when_a_loop_of_ones_own_runs(followed: tuple[MockProvider, str]) -> None:
    mock, url = followed

    async def steer(other: str) -> None:
        rule = mock.add_fault("network_refused")
        assert (knock(url), knock(other)) == ("refused", "refused")
        mock.remove_fault(rule.id)
        assert (knock(url), knock(other)) == ("made", "made")

    with mock.serve() as other:
        asyncio.run(steer(other))
    mock.add_fault("network_refused")
    assert len(mock.app.followers._loops) == 1
    assert knock(url) == "refused"


@pytest.mark.parametrize(
    "some", [{"key": "another"}, {"on": "query"}, {"times": 1}, {"probability": 0.5}, {"after": 1}]
)
def test_a_fault_that_refuses_only_some_calls_leaves_the_others_alone(
    mock: MockProvider, url: str, some: dict[str, Any]
) -> None:
    mock.add_fault("network_refused", **some)
    assert knock(url) == "made"


def test_a_server_that_nobody_holds_refuses_only_what_ends_by_itself() -> None:
    for clock, options, expected in (
        ("real", {"ttl_s": 60}, True),
        ("real", {"until_s": 60}, True),
        ("real", {}, False),
        ("manual", {"ttl_s": 60}, False),
    ):
        mock = MockProvider(PROVIDER, clock=clock)  # type: ignore[arg-type]
        mock.add_fault("network_refused", **options)
        assert run._Server(mock.app, None, is_held=False)._refuses(mock.engine) is expected
        assert run._Server(mock.app, None, is_held=True)._refuses(mock.engine) is True


def test_a_reset_waits_until_what_came_before_it_is_sent() -> None:
    class Transport:
        def __init__(self) -> None:
            self.unsent = [100, 100, 0]

        def get_write_buffer_size(self) -> int:
            return self.unsent.pop(0)

        def is_closing(self) -> bool:
            return False

    class Cycle:
        transport = Transport()

        async def send(self, _message: Any) -> None: ...

    cycle = Cycle()
    asyncio.run(wire._arrived(cycle.send))
    assert cycle.transport.unsent == []


# -- other servers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["network_reset_before", "network_cut_chunk", "network_wrong_length"])
def test_on_a_server_without_a_connection_to_break_the_app_raises(fault: str) -> None:
    async def call() -> None:
        asgi = httpx2.ASGITransport(app=MockProvider(PROVIDER).app)
        async with httpx2.AsyncClient(transport=asgi, base_url="http://mock.test") as http:
            await http.request(**asked(fault))

    with pytest.raises(ConnectionAbortedError, match="a fault breaks the connection off here"):
        asyncio.run(call())


def test_waiting_needs_no_connection() -> None:
    mock = MockProvider(PROVIDER)
    signals = Signals(mock)

    async def call() -> httpx2.Response:
        asgi = httpx2.ASGITransport(app=mock.app)
        async with httpx2.AsyncClient(transport=asgi, base_url="http://mock.test") as http:
            answer = asyncio.ensure_future(
                http.request(**asked("answer_delayed; seconds=9, network_dribble; seconds=1"))
            )
            assert await asyncio.to_thread(signals.until, lambda: mock.app.waits)
            mock.clock.advance(10)
            return await answer

    assert asyncio.run(call()).status_code == 200
