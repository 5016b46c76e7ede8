"""Checks of what becomes of tasks: canceled, listed, downloaded, forgotten; and of their ids."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mockreel import MockProvider
from mockreel.domain import ids, links, service
from mockreel.domain.messages import JSON, Answer
from mockreel.domain.refusal import Refusal
from mockreel_contracts import Contract, load, providers
from mockreel_contracts.model import Role
from tests.conformance.running import failed, run


def having(role: Role) -> list[str]:
    return [name for name in providers() if load(name).by_role(role)]


def living(provider: str, **times: int) -> Contract:
    """Return a contract whose tasks or results live otherwise."""
    contract = load(provider)
    return replace(contract, lifecycle=replace(contract.lifecycle, **times))


@pytest.mark.parametrize("provider", having("cancel"))
@pytest.mark.parametrize("check", ["cancel_ignored", "cancel_refused", "late_cancel_accepted"])
def test_cancels_that_do_otherwise_than_they_say_are_found(provider: str, check: str) -> None:
    mock = MockProvider(provider)
    books = mock.engine.services[provider]
    cancel = books._roles["cancel"]

    def broken(call: Any) -> Answer:
        if check == "cancel_refused":
            raise Refusal(books.contract.refusal("not_cancelable", call.operation), "never")
        try:
            return Answer(200, b"{}", JSON) if check == "cancel_ignored" else cancel(call)
        except Refusal:
            return Answer(200, b"{}", JSON)

    books._roles["cancel"] = broken
    found = failed(run(mock, ["lifecycle", "cancel"])[1])
    assert check in found
    assert not {"cancel_ignored", "cancel_refused"} & set(found) - {check}


@pytest.mark.parametrize("provider", providers())
def test_tasks_and_results_that_live_too_long_are_found(provider: str) -> None:
    life = load(provider).lifecycle
    contract = living(provider, retention_ms=life.retention_ms // 2, asset_life_ms=life.asset_life_ms // 2)
    found = failed(run(MockProvider(provider), ["retention"], contract=contract)[1])
    assert {"task_kept_too_long", "result_outlives_its_url"} <= set(found)


@pytest.mark.parametrize("provider", providers())
def test_tasks_and_results_that_are_gone_early_are_found(provider: str) -> None:
    life = load(provider).lifecycle
    contract = living(provider, retention_ms=life.retention_ms * 2, asset_life_ms=life.asset_life_ms * 2)
    found = failed(run(MockProvider(provider), ["retention"], contract=contract)[1])
    assert {"task_forgotten_early", "result_unfetchable"} <= set(found)


@pytest.mark.parametrize("provider", providers())
@pytest.mark.parametrize("fault", ["not_found_at_first", "task_vanishes"])
def test_a_task_that_is_not_found_is_found_out(provider: str, fault: str) -> None:
    mock = MockProvider(provider)
    mock.add_fault(fault)
    assert "task_forgotten_early" in failed(run(mock, ["retention"])[1])


@pytest.mark.parametrize("provider", having("list"))
def test_a_list_that_lacks_a_task_is_found(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "page_of", lambda *_: ([], ""))
    assert failed(run(MockProvider(provider), ["list"])[1]) == ["listed_task_missing"]


@pytest.mark.parametrize("provider", having("list"))
def test_a_list_that_shows_the_tasks_of_others_is_found(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mock = MockProvider(provider)
    books = mock.engine.services[provider]
    monkeypatch.setattr(service, "page_of", lambda *_: (list(books.tasks.values()), ""))
    assert failed(run(mock, ["list"])[1]) == ["list_shows_others"]


LINKED = [name for name in having("download") if any("url" in o.reads for o in load(name).by_role("download"))]


@pytest.mark.parametrize("provider", LINKED)
def test_links_that_do_not_work_or_live_for_ever_are_found(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(links, "sign", lambda url, *_: f"{url}?expires=1&signature=0")
        assert failed(run(MockProvider(provider), ["download"])[1]) == ["download_link_broken"]
    monkeypatch.setattr(links, "problem", lambda *_: "")
    assert failed(run(MockProvider(provider), ["download"])[1]) == ["download_link_broken"]


@pytest.mark.parametrize("provider", having("download"))
def test_a_download_that_fails_is_found(provider: str) -> None:
    mock = MockProvider(provider)
    mock.add_fault("result_error")
    assert "download_link_broken" in failed(run(mock, ["download"])[1])


@pytest.mark.parametrize("provider", providers())
def test_an_id_that_is_given_twice_is_found(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, known = ids.IdMaker.make, {}

    def again(self: Any, now_ms: int, *rest: Any) -> str:
        return known.setdefault(now_ms, make(self, now_ms, *rest))

    monkeypatch.setattr(ids.IdMaker, "make", again)
    assert "id_duplicate" in failed(run(MockProvider(provider), ["ids"])[1])


@pytest.mark.parametrize("provider", providers())
def test_an_id_of_another_form_is_found(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make = ids.IdMaker.make
    monkeypatch.setattr(ids.IdMaker, "make", lambda self, *rest: f"x-{make(self, *rest)}")
    assert "id_malformed" in failed(run(MockProvider(provider), ["ids"])[1])


@pytest.mark.parametrize("provider", providers())
def test_a_look_that_tells_another_id_is_found(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = service.task_document

    def another(*arguments: Any, **options: Any) -> Any:
        made = told(*arguments, **options)
        made["id"] = f"{made['id']}9"
        return made

    mock = MockProvider(provider)
    query = mock.engine.services[provider]._roles["query"]

    def twisted(call: Any) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(service, "task_document", another)
            return query(call)

    mock.engine.services[provider]._roles["query"] = twisted
    assert "id_changes" in failed(run(mock, ["ids"])[1])
