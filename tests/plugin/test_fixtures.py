"""The fixtures: one mock for each test, shared by all that the test asks for."""

from __future__ import annotations

from collections.abc import Callable
from http.server import ThreadingHTTPServer

import pytest

from mockreel import MockProvider
from mockreel_contracts import load, providers
from mockreel_pytest.receiver import receiving
from tests.calling import first_body
from tests.plugin.conftest import PROVIDER, Run

pytest_plugins = "pytester"
Project = Callable[..., None]
CALLING = [name for name in providers() if load(name).callback is not None]


def test_all_fixtures_of_a_test_share_one_mock(project: Project, run: Run) -> None:
    project("""
def test_it(mock_provider, mock_server, mock_clock, callback_receiver):
    assert mock_server.mock is mock_provider
    assert mock_clock is mock_provider.clock
    create()
    create(mock_server.url)
    assert len(mock_provider.tasks) == 2
    assert callback_receiver.url.startswith("http://127.0.0.1:")
""")
    run().assert_outcomes(passed=1)


def test_each_test_has_a_mock_of_its_own(project: Project, run: Run) -> None:
    project("""
bodies = []

@pytest.mark.parametrize("number", range(3))
def test_it(mock_provider, number):
    bodies.append(create().content)
    assert len(mock_provider.tasks) == 1
    assert len(set(bodies)) == 1  # the same seed, clock and calls
""")
    run().assert_outcomes(passed=3)


def test_the_server_answers_every_library(project: Project, run: Run) -> None:
    project("""
import urllib.request

def test_it(mock_server):
    with urllib.request.urlopen(mock_server.url + "/_mock/health") as answer:
        assert answer.status == 200
    assert httpx.get(mock_server.url + "/_mock/health").status_code == 200
""")
    run().assert_outcomes(passed=1)


def test_without_mock_provider_nothing_is_intercepted(project: Project, run: Run) -> None:
    project("""
def test_it(mock_server):
    with pytest.raises(AssertionError, match="a test tried to"):
        create()
""")
    run().assert_outcomes(passed=1)


def test_the_clock_moves_tasks(project: Project, run: Run) -> None:
    project("""
def test_it(mock_provider, mock_clock):
    create()
    assert not mock_provider.tasks[0].moment(mock_clock.now_ms()).state.phase.is_terminal
    mock_clock.advance(3600)
    assert mock_provider.tasks[0].moment(mock_clock.now_ms()).state.phase.is_terminal
""")
    run().assert_outcomes(passed=1)


@pytest.mark.parametrize("provider", CALLING)
def test_the_receiver_verifies_callbacks(project: Project, run: Run, provider: str) -> None:
    contract = load(provider)
    submit, auth = contract.by_role("submit")[0], contract.auth
    project(f"""
@pytest.mark.mockreel({provider!r})
@pytest.mark.parametrize("fault, refused", [(None, 0), ("callback_malformed", 1)])
def test_it(mock_provider, mock_clock, callback_receiver, fault, refused):
    body = {{**{first_body(contract)!r}}}
    field = "callBackUrl" if "callBackUrl" in str(body) or {provider!r} == "kie" else "callback_url"
    body[field] = callback_receiver.url
    if fault:
        mock_provider.add_fault(fault)
    headers = {{{auth.header!r}: {f"{auth.schemes[0].capitalize()} test-key"!r}}}
    assert httpx.post({contract.base_url + submit.path!r}, json=body, headers=headers).status_code == 200
    mock_clock.advance(3600)
    assert callback_receiver.wait_for(1)
    assert {{event.task_id for event in callback_receiver.events}} <= {{mock_provider.tasks[0].id}}
    assert bool(callback_receiver.refused) == bool(refused)
    assert bool(callback_receiver.events) != bool(refused)
    if refused:
        for callback in mock_provider.callbacks:
            assert callback.status != "delivered"
        mock_provider.reset()
""")
    run().assert_outcomes(passed=2)


def test_the_receiver_stops_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    serve = ThreadingHTTPServer.serve_forever

    def looking(self: ThreadingHTTPServer, poll_interval: float = 0.5) -> None:
        asked.append(poll_interval)
        serve(self, poll_interval)

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", looking)
    with MockProvider(PROVIDER) as mock, receiving(mock):
        pass
    assert len(asked) == 1
    assert asked[0] <= 0.02  # seconds: every test that has a receiver waits for that long at its end


def test_a_receiver_may_say_no_and_yes_when_it_comes_again(project: Project, run: Run) -> None:
    name = CALLING[0]
    contract = load(name)
    project(f"""
@pytest.mark.mockreel({name!r})
def test_it(mock_provider, mock_clock, callback_receiver):
    body = {{**{first_body(contract)!r}, "callBackUrl": callback_receiver.url}}
    headers = {{{contract.auth.header!r}: {f"{contract.auth.schemes[0].capitalize()} test-key"!r}}}
    httpx2.post({contract.base_url + contract.by_role("submit")[0].path!r}, json=body, headers=headers)
    callback_receiver.status = 500
    mock_clock.advance(3600)
    assert [callback.status for callback in mock_provider.callbacks] == ["undelivered"]
    callback_receiver.status = None
    assert mock_provider.redeliver(mock_provider.callbacks[0].id).status == "delivered"
    assert len(callback_receiver.events) == 2
""")
    run().assert_outcomes(passed=1)


def test_the_fixtures_say_what_they_are(project: Project, run: Run) -> None:
    project("")
    told = run("--fixtures").stdout.str()
    for name in ("mock_provider", "mock_server", "mock_clock", "callback_receiver"):
        assert name in told
    assert PROVIDER not in told.split("mock_provider")[1].split("\n")[0]
