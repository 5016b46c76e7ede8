"""Faults in-process: the same answers and the same errors as on a socket, and nothing is waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import orjson
import pytest

from mockreel import MockProvider
from mockreel.server import app as shell
from mockreel_contracts import load, providers
from tests.callbacks import subjects
from tests.callbacks.receiver import Receiver
from tests.calling import first_body
from tests.faults.exchange import (
    BODY,
    CONTRACT,
    PROVIDER,
    SUBMIT,
    asked,
    beginning,
    cost,
    headers,
    left,
    outcome,
    submit,
)

FAULTS = {
    "network_reset_before": "ReadError",
    "network_reset_after": "ReadError",
    "network_reset_middle": "ReadError",
    "network_hang; seconds=100": "ReadTimeout",
    "network_hang; seconds=0.02": "RemoteProtocolError",
    "network_slow_first_byte; seconds=100": "ReadTimeout",
    "network_slow_first_byte; seconds=0.02": 200,
    "network_dribble; seconds=1000": "ReadTimeout",
    "network_dribble; seconds=0.05": 200,
    "network_wrong_length; bytes=9": "RemoteProtocolError",
    "network_wrong_length; bytes=-9": 200,
    "network_cut_chunk": "RemoteProtocolError",
    "answer_delayed; seconds=100": "ReadTimeout",
    "answer_delayed; seconds=0.02": 200,
    "network_dribble; seconds=0.05, network_cut_chunk": "RemoteProtocolError",
    "network_dribble; seconds=0.05, network_reset_middle": "ReadError",
    "answer_delayed; seconds=100, network_reset_after": "ReadTimeout",
    "answer_delayed; seconds=100, network_reset_before": "ReadError",
    "network_hang; seconds=100, network_reset_middle": "ReadError",
    "network_reset_middle, network_hang; seconds=100": "ReadTimeout",
}
Ask = Callable[[str | None], Any]


def patience_s(fault: str) -> float:
    """Return a read timeout: short where it is to be met, and where it is not, one that a busy machine keeps."""
    return 0.1 if FAULTS[fault] == "ReadTimeout" else 10


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with MockProvider(PROVIDER, seed=3, clock="real") as mock, mock.serve() as base:
        yield base


@pytest.fixture
def mock() -> MockProvider:
    return MockProvider(PROVIDER, seed=3)


def sync_ask(transport: httpx2.BaseTransport | None, base_url: str, timeout: float | None) -> Ask:
    def ask(fault: str | None = None) -> Any:
        patience = httpx2.Timeout(10, read=timeout)
        with httpx2.Client(transport=transport, base_url=base_url, timeout=patience, trust_env=False) as http:
            return outcome(lambda: submit(http, fault))

    return ask


def async_ask(transport: httpx2.AsyncBaseTransport | None, base_url: str, timeout: float | None) -> Ask:
    async def call(fault: str | None) -> httpx2.Response:
        patience = httpx2.Timeout(10, read=timeout)
        async with httpx2.AsyncClient(
            transport=transport, base_url=base_url, timeout=patience, trust_env=False
        ) as http:
            return await http.request(**asked(fault))

    def ask(fault: str | None = None) -> Any:
        return outcome(lambda: asyncio.run(call(fault)))

    return ask


def without_ids(seen: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return an outcome of which only the length of the body counts: ids differ from call to call."""
    return (*seen[:2], len(seen[2])) if len(seen) == 3 else seen


# -- the same as on a socket -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
def test_a_sync_client_sees_what_it_would_see_on_a_socket(mock: MockProvider, url: str, fault: str) -> None:
    on_socket = sync_ask(None, url, patience_s(fault))(fault)
    in_process = sync_ask(mock.transport(), url, patience_s(fault))(fault)
    assert without_ids(in_process) == without_ids(on_socket)
    assert in_process[0] == FAULTS[fault]


@pytest.mark.parametrize("fault", FAULTS)
def test_an_async_client_sees_what_it_would_see_on_a_socket(mock: MockProvider, url: str, fault: str) -> None:
    on_socket = async_ask(None, url, patience_s(fault))(fault)
    in_process = async_ask(mock.transport(), url, patience_s(fault))(fault)
    assert without_ids(in_process)[:1] == without_ids(on_socket)[:1] == (FAULTS[fault],)
    if FAULTS[fault] == 200:
        assert without_ids(in_process) == without_ids(on_socket)


@pytest.mark.parametrize("kind", [sync_ask, async_ask])
def test_a_connection_can_be_refused(mock: MockProvider, kind: Callable[..., Ask]) -> None:
    ask = kind(mock.transport(), "http://mock.test", 5)
    assert ask("network_refused") == ("ConnectError", "[Errno 111] Connection refused")
    mock.add_fault("network_refused", times=1)
    assert ask(None)[0] == "ConnectError"
    assert ask(None)[0] == 200


def test_the_plain_answer_is_the_sockets(mock: MockProvider) -> None:
    with MockProvider(PROVIDER, seed=3).serve() as url:
        on_socket = sync_ask(None, url, 5)(None)
    assert sync_ask(mock.transport(), "http://mock.test", 5)(None) == on_socket
    mock.reset()
    assert async_ask(mock.transport(), "http://mock.test", 5)(None) == on_socket


# -- commit, then drop -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [each for each in FAULTS if "before" not in each])
def test_what_was_carried_out_is_paid_once_and_the_next_call_is_clean(mock: MockProvider, fault: str) -> None:
    ask = sync_ask(mock.transport(), "http://mock.test", patience_s(fault))
    ask(fault)
    assert left(mock) == (1, cost(mock))
    assert ask(None)[0] == 200
    assert left(mock) == (2, 2 * cost(mock))


@pytest.mark.parametrize("fault", ["network_refused", "network_reset_before"])
def test_what_was_not_carried_out_leaves_nothing_and_the_next_call_is_clean(mock: MockProvider, fault: str) -> None:
    ask = sync_ask(mock.transport(), "http://mock.test", 5)
    ask(fault)
    assert left(mock) == (0, 0)
    assert ask(None)[0] == 200
    assert left(mock) == (1, cost(mock))


@pytest.mark.parametrize("provider", providers())
def test_with_every_provider_a_lost_answer_leaves_a_task_that_can_be_found(provider: str) -> None:
    contract, mock = load(provider), MockProvider(provider)
    operation = contract.by_role("submit")[0]
    auth = {contract.auth.header: f"{contract.auth.schemes[0].capitalize()} k"}
    mock.add_fault("answer_lost", times=1)
    with httpx2.Client(transport=mock.transport(), base_url=contract.base_url, headers=auth) as http:
        with pytest.raises(httpx2.ReadError):
            http.request(operation.method, operation.path, json=first_body(contract))
        assert http.request(operation.method, operation.path, json=first_body(contract)).status_code == 200
    assert len(mock.tasks) == 2
    assert mock.ledger("k").charged == 2 * mock.tasks[0].price


# -- nothing is waited for ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["answer_delayed", "network_slow_first_byte", "network_dribble", "network_hang"])
def test_nothing_really_waits_and_the_clock_stays(mock: MockProvider, fault: str) -> None:
    at_ms, began = mock.clock.now_ms(), time.monotonic()
    patient = sync_ask(mock.transport(), "http://mock.test", None)(f"{fault}; seconds=3600")
    hasty = sync_ask(mock.transport(), "http://mock.test", 200)(f"{fault}; seconds=3600")
    assert time.monotonic() - began < 2
    assert mock.clock.now_ms() == at_ms
    assert patient[0] == ("RemoteProtocolError" if fault == "network_hang" else 200)
    assert hasty == ("ReadTimeout", "timed out")


def test_only_the_read_timeout_counts(mock: MockProvider) -> None:
    timeout = httpx2.Timeout(0.001, read=60)
    with httpx2.Client(transport=mock.transport(), base_url="http://mock.test", timeout=timeout) as http:
        assert submit(http, "answer_delayed; seconds=59").status_code == 200
        with pytest.raises(httpx2.ReadTimeout) as raised:
            submit(http, "answer_delayed; seconds=61")
        assert str(raised.value.request.url) == f"http://mock.test{SUBMIT.path}"


# -- bodies that break off ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("network_reset_middle", "ReadError"),
        ("network_cut_chunk", "RemoteProtocolError"),
        ("network_wrong_length; bytes=1", "RemoteProtocolError"),
    ],
)
def test_the_head_and_what_there_is_of_the_body_come_before_the_error(
    mock: MockProvider, fault: str, error: str
) -> None:
    whole = sync_ask(MockProvider(PROVIDER, seed=3).transport(), "http://mock.test", 5)(None)[2]
    with httpx2.Client(transport=mock.transport(), base_url="http://mock.test") as http:
        with http.stream(**asked(fault)) as answer:
            got, seen = beginning(answer)
        assert (answer.status_code, seen) == (200, error)
    assert whole.startswith(got)
    assert len(got) == (len(whole) if "length" in fault else len(whole) // 2)


# -- requests ----------------------------------------------------------------------------------------------------------


def test_any_host_is_answered_and_is_the_one_of_the_urls_in_the_answer(mock: MockProvider) -> None:
    with httpx2.Client(transport=mock.transport(), base_url="https://api.example.org:8443/") as http:
        submit(http)
        mock.clock.advance(3600)
        task_id = mock.tasks[0].id
        operation = CONTRACT.by_role("query")[0]
        names = [each for each in operation.parameters if each.is_required or each.where == "path"]
        path = operation.path
        for name in names:
            path = path.replace("{" + name.name + "}", task_id)
        query = {each.name: task_id for each in names if each.where != "path"}
        answer = http.request(operation.method, path, params=query, headers=headers())
        assert answer.status_code == 200
        assert f"https://api.example.org:8443/_files/{PROVIDER}/{task_id}/video.mp4" in answer.text.replace("\\", "")


@pytest.mark.parametrize("kind", [sync_ask, async_ask])
def test_a_body_that_is_too_large_is_refused_as_on_a_socket(
    mock: MockProvider, monkeypatch: pytest.MonkeyPatch, kind: Callable[..., Ask]
) -> None:
    monkeypatch.setattr("mockreel.exchange.MAX_BODY", len(BODY) - 1)
    assert len(BODY) < shell.MAX_BODY
    kind(mock.transport(), "http://mock.test", 5)(None)
    assert "larger than" in list(mock.journal)[-1].as_json()["decision"]


def test_an_unknown_path_gets_the_mocks_own_404(mock: MockProvider) -> None:
    with httpx2.Client(transport=mock.transport(), base_url="http://mock.test") as http:
        assert http.get("/nowhere/at all?x=1").status_code == 404
        assert http.get("/_mock/health").json()["error"] == "not_found"


def test_one_transport_serves_many_clients_and_outlives_them(mock: MockProvider) -> None:
    transport = mock.transport()
    for _ in range(2):
        assert sync_ask(transport, "http://mock.test", 5)(None)[0] == 200
        assert async_ask(transport, "http://mock.test", 5)(None)[0] == 200
    assert len(mock.tasks) == 4


@pytest.mark.parametrize("is_async", [False, True])
def test_a_callback_that_comes_before_the_answer_is_waited_for(is_async: bool) -> None:
    subject = subjects.shipped(subjects.SHIPPED[0])
    contract = subject.contract
    operation = contract.by_role("submit")[0]
    with MockProvider(subject.name) as mock, Receiver() as receiver:
        mock.add_fault("callback_early")
        auth = {contract.auth.header: f"{contract.auth.schemes[0].capitalize()} k"}
        body = subject.calling(receiver.url)
        call: dict[str, Any] = {"method": operation.method, "url": operation.path, "json": body, "headers": auth}

        async def ask() -> httpx2.Response:
            async with httpx2.AsyncClient(transport=mock.transport(), base_url=contract.base_url) as http:
                return await http.request(**call)

        if is_async:
            answer = asyncio.run(ask())
        else:
            with httpx2.Client(transport=mock.transport(), base_url=contract.base_url) as http:
                answer = http.request(**call)
        assert answer.status_code == 200
        assert len(receiver.got) == 1
        assert mock.tasks[0].id in orjson.dumps(receiver.got[0].json()).decode()
