"""Outcomes are chosen by API key, by a marker in the prompt, by header: the same words for every provider."""

from __future__ import annotations

from typing import Any

import pytest

from mockreel.domain.scenario import ScenarioError, parse
from mockreel.scenarios import load as load_scenarios
from mockreel.scenarios import shipped
from mockreel_contracts import Contract, Phase, load, pointer, providers
from mockreel_contracts.model import CANONICAL_CODES
from tests.calling import Caller, first_body

CONTRACTS = [load(name) for name in providers()]
CASES = [(c, case) for c in CONTRACTS for case in c.errors.values()]
by_provider = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)


def with_prompt(contract: Contract, text: str) -> Any:
    """Return the first example with another prompt, wherever this provider has it."""
    body = first_body(contract)
    return pointer.merge(body, {"input": {"prompt": text}} if "input" in body else {"prompt": text})


def phase_after(caller: Caller, seconds: float) -> Phase:
    caller.clock.advance(seconds)
    task = caller.engine.services[caller.contract.provider].tasks[caller.task_id()]
    return task.moment(caller.clock.now_ms()).state.phase


@pytest.mark.parametrize(("contract", "case"), CASES, ids=lambda x: getattr(x, "provider", getattr(x, "id", "")))
def test_every_error_can_be_asked_for_by_key_and_by_header(contract: Contract, case: Any) -> None:
    for asked in ({"key": f"mock-{case.id}"}, {"headers": {"X-Mock-Fault": case.id}}):
        caller = Caller(contract)
        reply = caller.submit(**asked)  # type: ignore[arg-type]
        assert reply.status == case.status
        assert list(caller.engine.journal)[-1].case == case.id
        assert set(case.headers) <= {name.title() for name in reply.headers}
        assert "{" not in "".join(reply.headers.values())
        assert not caller.engine.services[contract.provider].tasks


@by_provider
@pytest.mark.parametrize(("code", "case_id"), CANONICAL_CODES.items())
def test_the_nine_codes_ask_for_the_same_case_of_every_provider(contract: Contract, code: str, case_id: str) -> None:
    caller = Caller(contract)
    caller.submit(key=f"mock-{code}")
    assert list(caller.engine.journal)[-1].case == case_id


@by_provider
def test_a_reason_asks_for_its_case_and_a_code_in_the_body_too(contract: Contract) -> None:
    for case in contract.errors.values():
        for word in filter(None, (case.reason, str(case.code))):
            found = contract.find_error(word)
            assert found is not None
            assert word in (found.reason, str(found.code)) or CANONICAL_CODES.get(word) == found.id


@by_provider
def test_any_other_key_works_and_has_its_credits(contract: Contract) -> None:
    caller = Caller(contract, key="mock-of-mine")
    caller.submit()
    assert len(caller.engine.services[contract.provider].tasks) == 1


@by_provider
@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("mock-ratelimited", "mock-rate_limited"),
        ("mock-rate-limited", "mock-rate_limited"),
        ("mock-RATE_LIMITED", "mock-rate_limited"),
        ("mock-mantenance", "mock-maintenance"),
        ("mock-452", "mock-455"),
        ("mock-599", "mock-401"),
    ],
)
def test_a_key_that_is_nearly_one_for_an_error_is_refused_and_names_it(
    contract: Contract, key: str, meant: str
) -> None:
    caller = Caller(contract, key=key)
    reply = caller.submit()
    (entry,) = caller.engine.journal
    assert entry.case == "unauthorized"
    assert "the API key is nearly one that asks for an error; did you mean " in entry.decision
    assert meant in reply.headers["x-mock-hint"]
    assert not caller.engine.services[contract.provider].tasks


@by_provider
@pytest.mark.parametrize("key", ["mock-test-1", "mock-1", "mock-001", "mock-100", "mock-nonsense", "mock-", "mock-key"])
def test_a_key_that_is_like_no_error_is_an_ordinary_one(contract: Contract, key: str) -> None:
    caller = Caller(contract, key=key)
    caller.submit()
    assert len(caller.engine.services[contract.provider].tasks) == 1


@by_provider
def test_a_scenario_that_is_like_no_other_is_refused_with_a_few_that_are_known(contract: Contract) -> None:
    caller = Caller(contract)
    hint = caller.submit(headers={"X-Mock-Scenario": "qqqq"}).raw.decode()
    assert "knows no scenario 'qqqq'; known: " in hint
    assert "did you mean" not in hint


@by_provider
def test_codes_can_be_put_into_the_http_status(contract: Contract) -> None:
    for case in contract.errors.values():
        reply = Caller(contract, errors="http").submit(key=f"mock-{case.id}")
        assert reply.status >= 400
        if isinstance(case.code, int) and case.status == 200:
            assert reply.status == case.code


@by_provider
@pytest.mark.parametrize(
    ("name", "after_s", "phase"),
    [
        ("success", 3600, Phase.SUCCEEDED),
        ("generation_failed", 3600, Phase.FAILED),
        ("stuck", 80_000, Phase.RUNNING),
        ("stuck_queued", 80_000, Phase.QUEUED),
        ("instant", 0, Phase.SUCCEEDED),
        ("fast", 10, Phase.SUCCEEDED),
    ],
)
def test_a_marker_in_the_prompt_chooses_the_scenario(
    contract: Contract, name: str, after_s: float, phase: Phase
) -> None:
    caller = Caller(contract)
    caller.submit(with_prompt(contract, f"a cat [[mock:{name}]] on a mat"))
    assert phase_after(caller, after_s) is phase
    header = Caller(contract)
    header.submit(headers={"X-Mock-Scenario": name})
    assert phase_after(header, after_s) is phase


@by_provider
def test_slow_takes_ten_times_as_long(contract: Contract) -> None:
    ends = []
    for headers in ({}, {"X-Mock-Scenario": "slow"}):
        caller = Caller(contract)
        caller.submit(headers=headers)
        task = caller.engine.services[contract.provider].tasks[caller.task_id()]
        ends.append(task.timeline(0)[-1].start_ms - task.created_ms)
    assert ends[1] == pytest.approx(10 * ends[0], rel=0.001)


@by_provider
def test_a_task_error_by_name_fails_the_task_with_it_and_any_other_refuses_the_call(contract: Contract) -> None:
    for case in contract.errors.values():
        caller = Caller(contract)
        reply = caller.submit(with_prompt(contract, f"[[mock:{case.id}]]"))
        if case.id in shipped():
            continue
        if "task" in case.stages:
            caller.clock.advance(3600)
            assert case.task_code in caller.query().raw.decode()
        else:
            assert reply.status == case.status
            assert not caller.engine.services[contract.provider].tasks


@by_provider
def test_a_scenario_that_is_not_known_is_refused_with_the_nearest(contract: Contract) -> None:
    caller = Caller(contract)
    reply = caller.submit(with_prompt(contract, "[[mock:generation_faild]]"))
    assert "did you mean generation_failed" in reply.raw.decode()
    assert caller.balance() == 10_000
    caller.submit(headers={"X-Mock-Fault": "internl_error"})
    decision = list(caller.engine.journal)[-1].decision
    assert "X-Mock-Fault knows no fault 'internl_error'; did you mean internal_error" in decision


@by_provider
def test_a_setting_chooses_the_scenario_of_tasks_that_ask_for_none(contract: Contract) -> None:
    caller = Caller(contract, scenario="generation_failed")
    caller.submit()
    assert phase_after(caller, 3600) is Phase.FAILED
    caller.submit(with_prompt(contract, "[[mock:success]]"))
    assert phase_after(caller, 3600) is Phase.SUCCEEDED


@by_provider
def test_a_task_is_forgotten_after_its_retention(contract: Contract) -> None:
    caller = Caller(contract)
    caller.submit()
    caller.clock.advance(contract.lifecycle.retention_ms / 1000 - 1)
    assert caller.query().status == 200
    assert list(caller.engine.journal)[-1].case == ""
    caller.clock.advance(1)
    caller.query()
    assert list(caller.engine.journal)[-1].decision == "refused: the task is older than the provider keeps tasks"


@by_provider
def test_a_cancel_ends_a_task_that_waits_and_pays_it_back_once(contract: Contract) -> None:
    if not contract.by_role("cancel"):
        return
    caller = Caller(contract)
    caller.submit()
    assert caller.on_task("cancel").status == 200
    assert caller.on_task("cancel").status == 400
    assert phase_after(caller, 3600) is Phase.CANCELED
    assert caller.balance() == 10_000
    caller.submit(headers={"X-Mock-Scenario": "instant"})
    assert caller.on_task("cancel").status == 400


def test_limits_refuse_on_our_clock_and_say_how_long_to_wait() -> None:
    contract = next(c for c in CONTRACTS if c.rate is not None)
    assert contract.rate is not None
    caller = Caller(contract, limits=True)
    for _ in range(contract.rate.requests):
        caller.submit()
        assert list(caller.engine.journal)[-1].case == ""
    reply = caller.submit()
    wait_s = int(reply.headers["retry-after"])
    assert wait_s == contract.rate.window_ms / 1000
    assert caller.submit(key="another").status == 200
    caller.clock.advance(wait_s)
    caller.submit()
    assert list(caller.engine.journal)[-1].case == ""


def test_limits_are_off_unless_asked_for() -> None:
    for contract in CONTRACTS:
        caller = Caller(contract, credits=None)
        for _ in range(130):
            caller.submit()
        assert {entry.case for entry in caller.engine.journal} == {""}


def test_a_place_is_free_again_when_a_waiting_task_is_canceled() -> None:
    contract = next(c for c in CONTRACTS if c.concurrency is not None and c.concurrency.excess == "queue")
    assert contract.concurrency is not None
    caller = Caller(contract, limits=True, credits=None)
    service = caller.engine.services[contract.provider]
    for _ in range(contract.concurrency.tasks + 2):
        caller.submit(headers={"X-Mock-Scenario": "success"})
    ends = [task.timeline(0)[-1].start_ms for task in service.tasks.values()]
    first, *_, waiting, last = sorted(ends)
    assert waiting > max(ends[: contract.concurrency.tasks]) or waiting > first
    assert last >= waiting
    moment_ms = first - 1 - caller.clock.now_ms()
    caller.clock.advance(moment_ms / 1000)
    running = [t for t in service.tasks.values() if t.moment(caller.clock.now_ms()).state.phase is Phase.RUNNING]
    assert len(running) <= contract.concurrency.tasks


def test_shipped_scenarios_say_what_they_are_for() -> None:
    assert {"success", "generation_failed", "stuck", "slow", "fast"} <= set(shipped())
    assert all(len(scenario.title) > 10 for scenario in shipped().values())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "bad: expected a mapping, got list"),
        ({"title": "t", "outcom": "failed"}, "knows no 'outcom'"),
        ({"title": "t", "outcome": "fail"}, "outcome is succeeded or failed, got 'fail'"),
        ({"title": "t", "outcome": "canceled"}, "outcome is succeeded or failed, got 'canceled'"),
        ({"title": "t", "stuck_in": "failed"}, "stuck_in is queued or running, got 'failed'"),
        ({"title": "t", "stretch": -1}, "stretch is a number from 0 to 1000000, got -1"),
        ({"title": "t", "pace": "walk"}, "pace is one of time, polls, instant, got 'walk'"),
        ({}, "title is missing"),
    ],
)
def test_a_bad_scenario_is_refused_with_what_would_be_right(data: Any, message: str) -> None:
    with pytest.raises(ScenarioError, match=message.replace("(", r"\(")):
        parse("bad", data, {})


def test_a_folder_of_bad_scenarios_is_reported_whole(tmp_path: Any) -> None:
    (tmp_path / "a.yaml").write_text("title: [", "utf-8")
    (tmp_path / "b.yaml").write_text("outcome: odd\n", "utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenarios(tmp_path, {})
    assert "a.yaml" in str(caught.value)
    assert "b: outcome" in str(caught.value)
    assert "b: title is missing" in str(caught.value)


def test_a_list_shows_what_its_filters_ask_for_and_by_default_the_latest() -> None:
    contract = next(c for c in CONTRACTS if c.by_role("list"))
    operation = contract.by_role("list")[0]
    caller = Caller(contract)
    for _ in range(12):
        caller.submit()
    newest, oldest = caller.task_id(), next(iter(caller.engine.services[contract.provider].tasks))
    page = caller.send("GET", operation.path).body
    assert (len(page["tasks"]), page["tasks"][0]["id"]) == (10, newest)
    rest = caller.send("GET", operation.path, query={"pager.page_token": page["next_page_token"]}).body
    assert (len(rest["tasks"]), rest["tasks"][-1]["id"], rest["next_page_token"]) == (2, oldest, "")
    one = caller.send("GET", operation.path, query={"task_ids": [oldest]}).body
    assert [task["id"] for task in one["tasks"]] == [oldest]
    assert caller.send("GET", operation.path, query={"states": ["failed"]}).body["tasks"] == []
    assert caller.send("GET", operation.path, key="another").body["tasks"] == []
    caller.clock.advance(8 * 86_400)
    assert caller.send("GET", operation.path).body["tasks"] == []
    since = {"created_at.from": "2026-01-01T00:00:00Z"}
    assert len(caller.send("GET", operation.path, query=since).body["tasks"]) == 10


def test_a_profile_changes_what_an_error_looks_like() -> None:
    provider = next(c.provider for c in CONTRACTS if "input" in first_body(c))
    body = {**first_body(load(provider)), "input": {}}
    documented, observed = (Caller(load(provider, profile=p)).submit(body).body for p in ("documented", "observed"))
    assert (documented["code"], observed["code"]) == (422, 500)
    assert observed["msg"] == "image_url is required"
