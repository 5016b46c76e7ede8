"""What is intercepted and what is not: hosts, nesting, threads, the routes of others, this machine."""

from __future__ import annotations

import asyncio
import re
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import httpx
import httpx2
import pytest
import respx

from mockreel import MockProvider
from mockreel_contracts import load, providers
from mockreel_contracts.loader import SHIPPED
from tests.callbacks.receiver import Receiver
from tests.calling import first_body

FIRST, SECOND = providers()[:2]
LIBRARIES = [httpx, httpx2]
by_library = pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.__name__)


def create(library: ModuleType, provider: str = FIRST, base_url: str = "", **options: str) -> int:
    """Create a task; returns the HTTP status."""
    contract = load(provider)
    submit, auth = contract.by_role("submit")[0], contract.auth
    headers = {auth.header: f"{auth.schemes[0].capitalize()} {options.get('key', 'test-key')}"}
    url = (base_url or contract.base_url) + submit.path
    answer = library.request(submit.method, url, json=first_body(contract), headers=headers)
    return int(answer.status_code)


@by_library
def test_nothing_is_intercepted_before_and_after(library: ModuleType) -> None:
    for _ in range(2):
        with pytest.raises(AssertionError, match="a test tried to"):
            create(library)
        with MockProvider(FIRST) as mock, mock.intercept():
            create(library)
            assert len(mock.tasks) == 1


@by_library
@pytest.mark.parametrize("provider", providers())
def test_every_host_that_a_contract_names_is_answered(library: ModuleType, provider: str) -> None:
    servers = [server["url"] for server in load(provider).openapi["servers"]]
    with MockProvider(provider) as mock, mock.intercept():
        for url in servers:
            create(library, provider, url)
        assert len(mock.tasks) == len(servers)


@by_library
@pytest.mark.parametrize("host", ["stage.example.com", "https://stage.example.com", "http://stage.example.com:8080"])
def test_further_hosts_are_answered_by_name(library: ModuleType, host: str) -> None:
    url = host if "//" in host else f"https://{host}"
    with MockProvider(FIRST) as mock, mock.intercept(host):
        create(library, base_url=url)
        assert len(mock.tasks) == 1


@pytest.mark.parametrize("host", ["", "https://", "ftp://example.com"])
def test_a_host_that_is_none_is_refused_and_nothing_stays_intercepted(host: str) -> None:
    with (
        MockProvider(FIRST) as mock,
        pytest.raises(ValueError, match="what is intercepted is a host"),
        mock.intercept(host),
    ):
        pass
    with pytest.raises(AssertionError, match="a test tried to"):
        create(httpx2)


@by_library
def test_another_host_is_refused_with_what_to_do(library: ModuleType) -> None:
    home = load(FIRST).base_url
    with MockProvider(FIRST) as mock, mock.intercept("stage.example.com"), pytest.raises(AssertionError) as caught:
        library.get("https://example.com/path?token=secret")
    hosts = f"{home}, stage.example.com"
    assert str(caught.value) == (
        "GET https://example.com/path is for a host that no mock answers, and nothing leaves this machine. Answered "
        f"are {hosts}. If it is to be answered too, name it: mock.intercept(HOST), or hosts=[HOST] in the mockreel "
        "marker. If it is another service, give it a route of respx (respx_mock for httpx, httpx2_mock for httpx2)."
    )


@by_library
def test_another_providers_host_is_refused_by_its_name(library: ModuleType) -> None:
    with (
        MockProvider(FIRST) as mock,
        mock.intercept(),
        pytest.raises(
            AssertionError, match=rf'a host of {SECOND}, which no mock serves here: MockProvider\("{SECOND}"\)'
        ),
    ):
        create(library, SECOND)


def test_an_async_client_is_refused_with_the_same_words() -> None:
    async def call(library: ModuleType) -> None:
        async with library.AsyncClient() as http:
            await http.get("https://example.com/path")

    for library in LIBRARIES:
        with (
            MockProvider(FIRST) as mock,
            mock.intercept(),
            pytest.raises(AssertionError, match="for a host that no mock answers"),
        ):
            asyncio.run(call(library))


@by_library
def test_this_machine_is_reached(library: ModuleType) -> None:
    with Receiver() as receiver, MockProvider(FIRST) as mock, mock.intercept():
        assert library.get(receiver.url + "/hello", trust_env=False).status_code == 200
        assert [got.target for got in receiver.got] == ["/hello"]
        assert len(mock.journal) == 0


@by_library
def test_a_host_that_only_begins_like_this_machine_is_not_it(library: ModuleType) -> None:
    with MockProvider(FIRST) as mock, mock.intercept():
        for host in ("localhost.example.com", "127.0.0.1.example.com", "localhost@example.com"):
            with pytest.raises(AssertionError, match="for a host that no mock answers"):
                library.get(f"http://{host}/")


@by_library
def test_two_mocks_of_two_providers_answer_side_by_side(library: ModuleType) -> None:
    with MockProvider(FIRST) as one, MockProvider(SECOND) as two, one.intercept(), two.intercept():
        create(library, FIRST)
        create(library, SECOND)
        assert [len(one.tasks), len(two.tasks)] == [1, 1]
        with pytest.raises(AssertionError, match=re.escape(load(FIRST).base_url)) as caught:
            library.get("https://example.com/")
        assert load(SECOND).base_url in str(caught.value)


@by_library
def test_of_two_mocks_of_one_provider_the_inner_answers_as_long_as_it_is_there(library: ModuleType) -> None:
    with MockProvider(FIRST) as outer, MockProvider(FIRST) as inner, outer.intercept():
        create(library)
        with inner.intercept():
            create(library)
            create(library)
        create(library)
    assert [len(outer.tasks), len(inner.tasks)] == [2, 2]


@by_library
def test_the_same_mock_may_be_entered_twice(library: ModuleType) -> None:
    with MockProvider(FIRST) as mock, mock.intercept():
        with mock.intercept():
            create(library)
        create(library)
    assert len(mock.tasks) == 2


@by_library
def test_threads_share_a_mock(library: ModuleType) -> None:
    threads, calls = 4, 10
    start = threading.Barrier(threads)

    def work(number: int) -> list[int]:
        start.wait(10)
        return [create(library, key=f"key-{number}") for _ in range(calls)]

    with MockProvider(FIRST) as mock, mock.intercept(), ThreadPoolExecutor(threads) as pool:
        statuses = {status for done in pool.map(work, range(threads)) for status in done}
        assert len(mock.tasks) == len({task.id for task in mock.tasks}) == threads * calls
        assert len(mock.journal) == threads * calls
    assert len(statuses) == 1


@by_library
def test_calls_of_one_event_loop_share_a_mock(library: ModuleType) -> None:
    contract = load(FIRST)
    submit, auth = contract.by_role("submit")[0], contract.auth
    headers = {auth.header: f"{auth.schemes[0].capitalize()} test-key"}

    async def work() -> None:
        async with library.AsyncClient(base_url=contract.base_url, headers=headers) as http:
            await asyncio.gather(*(http.post(submit.path, json=first_body(contract)) for _ in range(20)))

    with MockProvider(FIRST) as mock, mock.intercept():
        asyncio.run(work())
        assert len({task.id for task in mock.tasks}) == 20


def test_routes_of_the_test_itself_work_beside_it(respx_mock: respx.MockRouter, httpx2_mock: respx.MockRouter) -> None:
    for router in (respx_mock, httpx2_mock):
        router.get("https://example.com/mine").respond(418)
    with MockProvider(FIRST) as mock, mock.intercept():
        for library in LIBRARIES:
            assert library.get("https://example.com/mine").status_code == 418
            create(library)
            with pytest.raises(AssertionError, match="for a host that no mock answers"):
                library.get("https://example.com/other")
        assert len(mock.tasks) == 2
    assert [len(router.calls) for router in (respx_mock, httpx2_mock)] == [1, 1]


def test_a_route_of_the_test_for_the_providers_host_counts_more_when_it_was_there_before(
    respx_mock: respx.MockRouter,
) -> None:
    contract = load(FIRST)
    respx_mock.post(contract.base_url + contract.by_role("submit")[0].path).respond(418)
    with MockProvider(FIRST) as mock, mock.intercept():
        assert create(httpx) == 418
        create(httpx2)
        assert len(mock.tasks) == 1


def test_routes_that_come_later_work_too() -> None:
    with MockProvider(FIRST) as mock, mock.intercept(), respx.mock() as router:
        router.get("https://example.com/mine").respond(418)
        assert httpx.get("https://example.com/mine").status_code == 418
        create(httpx)
        assert len(mock.tasks) == 1


def test_mocks_share_a_contract_that_ships_and_read_one_of_a_folder_anew(tmp_path: Path) -> None:
    made = [MockProvider(FIRST, seed=seed).engine.services[FIRST].contract for seed in (1, 2)]
    assert made[0] is made[1]
    shutil.copytree(SHIPPED, tmp_path / "mine")
    title = load(FIRST).title
    for text in (title, "Mine"):
        page = tmp_path / "mine" / FIRST / "behavior.yaml"
        page.write_text(page.read_text("utf-8").replace(f"title: {title}", f"title: {text}"), "utf-8")
        assert MockProvider(FIRST, contracts=tmp_path / "mine").engine.services[FIRST].contract.title == text
