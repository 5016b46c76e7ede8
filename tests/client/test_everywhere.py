"""The client on every mount, with every provider, under every fault and every scenario: the same, and nothing bad."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from mockreel import faults, scenarios
from mockreel_client import AmbiguousCreateError, Client, ConnectionFailedError, DownloadError, Task
from mockreel_client.files import PartFile
from mockreel_contracts import Phase, providers
from tests.calling import first_body
from tests.client.mounts import IN_PROCESS, MOST_CALLS, MOUNTS, ON_SOCKET, EndlessError, Mount, Rig, rig
from tests.client.outcomes import Case, Outcome, cases, run

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "client-outcomes.md"
IMPATIENT_S = 0.5  # so long a client waits on a socket for an answer that is not to come
CASES = list(cases())
DRIBBLES = {name for name, kind in faults.shipped().items() if kind.point == "network" and "dribble_s" in kind.act}
DRIBBLE = {"seconds": 100.0}
by_provider = pytest.mark.parametrize("provider", providers())
by_mount = pytest.mark.parametrize("mount", MOUNTS, ids=lambda mount: mount.name)


# -- the life of a job -------------------------------------------------------------------------------------------------


def life(made: Rig, folder: Path) -> Iterator[tuple[str, Any]]:
    """Give all that a client tells of two jobs, in order, by the name of what was asked."""
    has, body = made.contract.by_role, first_body(made.contract)
    with made.client("life") as (client, calls):
        if has("balance"):
            yield "credits", client.credits()
        task = client.create_task(body)
        yield "create_task", task
        yield "iter_states", list(client.iter_states(task))
        yield "get_task", client.get_task(task.id)
        yield "wait", client.wait(task.id)
        yield "download", client.download(client.wait(task.id), folder / "film.mp4").read_bytes()
        seen: list[Task] = []
        yield "run", client.run(body, on_progress=seen.append)
        yield "on_progress", seen
        if has("cancel"):
            yield "cancel", client.cancel(client.create_task(body))
        if has("list"):
            yield "list_tasks", client.list_tasks()
        if has("balance"):
            yield "credits after", client.credits()
        yield "calls", dict(calls.made)


@lru_cache(maxsize=8)
def known(provider: str) -> dict[str, Any]:
    """Return what the first mount tells, to compare others with."""
    with tempfile.TemporaryDirectory() as folder, rig(provider) as made:
        return {name: comparable(made, told) for name, told in life(made, Path(folder))}


def comparable(made: Rig, told: Any) -> Any:
    """Return what was told, whatever the host of the mock is."""
    if isinstance(told, list):
        return [comparable(made, each) for each in told]
    if not isinstance(told, Task):
        return told
    at = made.url or made.contract.base_url
    as_text = json.dumps(dict(told.body), ensure_ascii=False).replace(at, "http://mock")
    return as_text, repr(told).replace(at, "http://mock")


@by_provider
@by_mount
def test_the_life_of_a_job_is_the_same_on_every_mount(provider: str, mount: Mount, tmp_path: Path) -> None:
    with rig(provider, mount) as made:
        told = dict(life(made, tmp_path))
        assert {name: comparable(made, each) for name, each in told.items()} == known(provider)
    assert told["iter_states"][-1] == told["get_task"] == told["wait"]
    assert told["wait"].phase is told["run"].phase is Phase.SUCCEEDED
    assert [task.phase for task in told["iter_states"]][-1] is Phase.SUCCEEDED
    assert told["download"][4:8] == b"ftyp"
    if "cancel" in told:
        assert told["cancel"].phase is Phase.CANCELED
    if "list_tasks" in told:
        assert {task.id for task in told["list_tasks"]} >= {told["wait"].id, told["run"].id}


# -- faults and scenarios ----------------------------------------------------------------------------------------------


@by_provider
def test_no_fault_and_no_scenario_has_the_client_break_a_rule(provider: str, tmp_path: Path) -> None:
    with rig(provider) as made:
        assert run(made, Case(), tmp_path).error == ""
        broken = {str(case): found.broken for case in CASES if (found := run(made, case, tmp_path)).broken}
    assert broken == {}


def is_for_socket(case: Case) -> bool:
    """Whether a case is run on the socket: all but those with dozens of waits, one of which shows what all do."""
    return not (case.waits and case.often == "every")


def is_for_async(case: Case) -> bool:
    """Whether a case is run with the async client: faults of the connection and of files, and one of the waits."""
    is_one_of_many = case.often == "every" or (case.waits and str(case) != "network_hang first query")
    return not is_one_of_many and not {"network", "result"}.isdisjoint(case.points)


def longer(case: Case) -> Case:
    """Return a case whose answers come too late for the client also where they come in pieces."""
    return case._replace(armed=tuple({**each, **DRIBBLE} if each["fault"] in DRIBBLES else each for each in case.armed))


def is_reset_on_socket(case: Case) -> bool:
    """Whether a create is refused a connection that a socket has accepted already."""
    return "refused" in case.points.get("network", ()) and case.on in ("create", "")


def outcomes(provider: str, mounts: tuple[Mount, Mount], chosen: list[Case], folder: Path) -> Iterator[Any]:
    """Give each case with what comes of it on both mounts."""
    with rig(provider, mounts[0]) as first, rig(provider, mounts[1]) as second:
        for made in (first, second):
            run(made, Case(), folder)  # which renders the video
        for case in map(longer, chosen):
            timeout = IMPATIENT_S if case.waits else 60.0
            yield case, run(first, case, folder, timeout=timeout), run(second, case, folder, timeout=timeout)


@pytest.mark.slow
@by_provider
@pytest.mark.parametrize("part", range(2))
def test_a_fault_has_the_same_outcome_on_a_socket(provider: str, part: int, tmp_path: Path) -> None:
    chosen = [case for case in CASES if is_for_socket(case)][part::2]
    for case, here, there in outcomes(provider, (IN_PROCESS, ON_SOCKET), chosen, tmp_path):
        assert there.broken == [], case
        if is_reset_on_socket(case):
            assert (there.error, there.tasks, there.calls) == (AmbiguousCreateError.__name__, 0, {"submit": 1}), case
        else:
            assert there == here, case


@pytest.mark.slow
@by_provider
@pytest.mark.parametrize("mount", MOUNTS[1::2], ids=lambda mount: mount.name)
def test_a_fault_of_the_network_has_the_same_outcome_with_the_async_client(
    provider: str, mount: Mount, tmp_path: Path
) -> None:
    chosen = [case for case in CASES if is_for_async(case)]
    sync = MOUNTS[MOUNTS.index(mount) - 1]
    for case, here, there in outcomes(provider, (sync, mount), chosen, tmp_path):
        assert there == here, case


@by_provider
def test_a_create_that_meets_no_listener_is_sent_again_and_then_given_up(provider: str) -> None:
    with rig(provider, ON_SOCKET) as made:
        rule = made.mock.add_fault("network_refused")
        with made.client("refused") as (client, calls):
            with pytest.raises(ConnectionFailedError) as raised:
                client.create_task(first_body(made.contract))
            assert (raised.value.is_sent, dict(calls.made), made.mock.tasks) == (False, {"submit": 5}, [])
            made.mock.remove_fault(rule.id)
            assert client.run(first_body(made.contract)).urls


def test_the_page_has_every_fault_and_every_scenario() -> None:
    rows = [line.split("`")[1] for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert {*faults.shipped(), *scenarios.shipped()} <= {row.partition(",")[0] for row in rows}
    assert list(dict.fromkeys(rows)) == list(dict.fromkeys(case.name for case in CASES))


# -- the rules can be broken -------------------------------------------------------------------------------------------


def met(tmp_path: Path, name: str, **options: Any) -> Outcome:
    with rig(providers()[0]) as made:
        return run(made, Case(name, armed=({"fault": name, **options},)), tmp_path)


def test_a_client_that_sends_an_ambiguous_create_again_is_caught(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    create = Client.create_task
    monkeypatch.setattr(Client, "create_task", lambda self, body: create(self, body, retry_ambiguous=True))
    assert met(tmp_path, "answer_lost", times=1).broken == ["2 tasks were made"]
    assert met(tmp_path, "answer_lost").broken == ["5 tasks were made", "5 creates before it was ambiguous"]


def test_a_client_that_believes_every_file_is_caught(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(PartFile, "problem", lambda *_arguments: "")
    assert met(tmp_path, "result_corrupt").broken == ["the file on the disk is not the video that the mock has"]


def test_a_client_that_lets_other_errors_through_is_caught(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Client, "wait", lambda *_arguments: {}["no such key"])
    assert "KeyError escaped: 'no such key'" in met(tmp_path, "charged_twice").broken


def test_an_error_that_forgets_its_task_is_caught(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fetch = Client.download
    monkeypatch.setattr(Client, "download", lambda self, task, *rest, **o: fetch(self, task.urls[0], *rest, **o))
    found = met(tmp_path, "result_forbidden")
    assert (found.error, found.broken) == ("ResultExpiredError", ["the error does not name the task"])


def test_a_client_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    get = Client.get_task

    def asks_for_ever(self: Client, task: Task) -> Task:
        while not (task := get(self, task)).urls:
            pass
        return task

    monkeypatch.setattr(Client, "wait", asks_for_ever)
    with pytest.raises(EndlessError, match=f"more than {MOST_CALLS} calls"):
        met(tmp_path, "task_stuck")


def test_a_charge_that_the_provider_makes_twice_is_not_the_clients_doing(tmp_path: Path) -> None:
    found = met(tmp_path, "charged_twice")
    assert (found.charged, found.tasks, found.broken) == (2.0, 1, [])


# -- what the runs have found ------------------------------------------------------------------------------------------


@by_provider
def test_a_task_that_is_done_when_it_is_created_is_looked_at_for_its_result(provider: str, tmp_path: Path) -> None:
    with rig(provider) as made:
        found = run(made, Case("instant", scenario="instant"), tmp_path)
    assert (found.error, found.calls) == ("", {"submit": 1, "query": 1, "result": 1})


@by_provider
def test_a_success_without_a_result_is_looked_at_as_often_as_a_call_would_be(provider: str, tmp_path: Path) -> None:
    with rig(provider) as made:
        normal = run(made, Case(), tmp_path)
        found = run(made, Case("no url", scenario="success_without_url"), tmp_path)
    assert (found.error, found.has_id) == ("UnexpectedAnswerError", True)
    assert found.calls["query"] == normal.calls["query"] + 4


@by_provider
def test_a_number_in_place_of_the_id_is_not_believed_over_the_id_that_was_asked_for(
    provider: str, tmp_path: Path
) -> None:
    with rig(provider) as made:
        found = run(made, Case("number", scenario="number_for_id"), tmp_path)
        assert (found.error, found.calls) == ("", run(made, Case(), tmp_path).calls)


@by_provider
def test_a_number_for_the_id_of_a_new_task_is_believed_only_where_ids_are_all_digits(
    provider: str, tmp_path: Path
) -> None:
    with rig(provider) as made:
        found = run(made, Case("number", armed=({"fault": "integer_id", "on": "submit"},)), tmp_path)
    begins_with_letters = not made.contract.id_format.startswith("{")
    assert found.error == ("AmbiguousCreateError" if begins_with_letters else "NotFoundError")
    assert (found.tasks, found.broken) == (1, [])


@by_provider
def test_an_outage_does_not_use_up_the_patience_with_broken_answers(provider: str, tmp_path: Path) -> None:
    outage: dict[str, Any] = {"fault": "network_reset_before", "on": "query", "times": 8}
    page: dict[str, Any] = {"fault": "malformed_json", "on": "query", "after": 8, "times": 1}
    with rig(provider) as made:
        found = run(made, Case("an outage, and a page of it", armed=(outage, page)), tmp_path)
    assert (found.error, found.broken) == ("", [])


def test_an_error_of_a_download_by_url_names_no_task(tmp_path: Path) -> None:
    with rig(providers()[0]) as made, made.client("by-url") as (client, _calls):
        task = client.run(first_body(made.contract))
        made.mock.add_fault("result_forbidden")
        for source, named in ((task.urls[0], None), (task, task.id)):
            with pytest.raises(DownloadError) as raised:
                client.download(source, tmp_path)
            assert raised.value.task_id == named
