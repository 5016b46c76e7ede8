"""Tasks that go astray: what the looks at them show, step by step."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import orjson
import pytest

from mockreel.domain import explain
from mockreel.domain.faults.answers import GARBLED
from mockreel_contracts import Contract, Phase
from tests.faults.watched import CONTRACTS, Watched, at, by_provider, operation, told

UNKNOWN = "finalizing"


def made(contract: Contract, header: str, **settings: Any) -> Watched:
    caller = Watched(contract, **settings)
    caller.asking("submit", header)
    return caller


def states(caller: Watched) -> list[str]:
    """Return the wire states that queries show, at the start of each."""
    return [told(caller.contract, "query", "state", reply.body) for _, reply in caller.walk()]


def wires(contract: Contract, phase: Phase = Phase.SUCCEEDED) -> list[str]:
    return [state.wire for state in contract.lifecycle.way(phase)]


@by_provider
@pytest.mark.parametrize("case", ["", "generation_failed", "501", "internal_error"])
def test_a_task_fails_with_the_case_that_is_asked_for(contract: Contract, case: str) -> None:
    caller = made(contract, f"task_fails; case={case}" if case else "task_fails")
    assert states(caller) == wires(contract, Phase.FAILED)
    found = contract.find_error(case or "generation_failed")
    assert found is not None
    assert told(contract, "query", "error_code", caller.query().body) == found.task_code
    assert caller.balance() == 10_000


@by_provider
def test_every_error_of_a_task_can_be_the_one_it_fails_with(contract: Contract) -> None:
    for case in contract.errors.values():
        if "task" in case.stages:
            caller = made(contract, f"task_fails; case={case.id}")
            caller.finish()
            assert told(contract, "query", "error_code", caller.query().body) == case.task_code


@by_provider
def test_a_task_that_fails_early_is_never_running(contract: Contract) -> None:
    caller = made(contract, "task_fails_early")
    walk = caller.walk()
    assert [state.phase for state, _ in walk[:-1]] == [Phase.QUEUED] * (len(walk) - 1)
    assert walk[-1][0].phase is Phase.FAILED
    case = contract.errors["generation_failed"]
    assert told(contract, "query", "error_code", walk[-1][1].body) == case.task_code


@by_provider
def test_a_case_that_nobody_has_makes_no_task(contract: Contract) -> None:
    caller = made(contract, "task_fails; case=generation_faild")
    assert caller.tasks == []
    assert "knows no error case 'generation_faild'; did you mean generation_failed" in caller.entry.decision
    assert caller.balance() == 10_000


@by_provider
@pytest.mark.parametrize("phase", ["queued", "running"])
def test_a_stuck_task_does_not_leave_its_phase(contract: Contract, phase: str) -> None:
    caller = made(contract, f"task_stuck; phase={phase}")
    caller.clock.advance(20 * 3600)  # before any provider lets it expire
    assert caller.phase().value == phase
    assert told(contract, "query", "state", caller.query().body) in {
        state.wire for state in contract.lifecycle.states.values() if state.phase.value == phase
    }
    line = made(contract, "task_stuck").task.timeline(0)
    assert [step.state.phase for step in line if step.state.phase is not Phase.EXPIRED][-1] is Phase.RUNNING


@by_provider
@pytest.mark.parametrize(("header", "factor"), [("task_slow", 10), ("task_slow; factor=3", 3)])
def test_a_slow_task_takes_so_many_times_as_long(contract: Contract, header: str, factor: float) -> None:
    ends = []
    for asked in (None, header):
        caller = Watched(contract)
        caller.asking("submit", asked)
        ends.append(caller.task.timeline(0)[-1].start_ms - caller.task.created_ms)
    assert ends[1] == pytest.approx(factor * ends[0], rel=0.001)
    assert states(caller) == wires(contract)


@by_provider
@pytest.mark.parametrize("seconds", [600, 7])
def test_a_task_that_waits_is_queued_so_much_longer(contract: Contract, seconds: int) -> None:
    lines = []
    for asked in (None, f"task_waits; seconds={seconds}" if seconds != 600 else "task_waits"):
        caller = Watched(contract)
        caller.asking("submit", asked)
        lines.append(caller.task.timeline(0))
    late = [after.start_ms - before.start_ms for before, after in zip(*lines, strict=True)]
    queued = sum(step.state.phase is Phase.QUEUED for step in lines[0])
    assert late == [0] * queued + [seconds * 1000] * (len(late) - queued)
    assert states(caller) == wires(contract)


@by_provider
def test_the_progress_falls_while_the_task_is_running(contract: Contract) -> None:
    caller = made(contract, "progress_falls")
    line = caller.task.timeline(0)
    start, end = next((a.start_ms, b.start_ms) for a, b in pairwise(line) if a.state.phase is Phase.RUNNING)
    seen = []
    for part in range(5):
        caller.clock.advance((start + (end - start) * part // 5 - caller.clock.now_ms()) / 1000)
        seen.append(caller.task.moment(caller.clock.now_ms()).progress)
        body = caller.query().body
        if "progress" in operation(contract, "query").answer:
            assert told(contract, "query", "progress", body) == seen[-1]
    assert seen == sorted(seen, reverse=True)
    assert seen[0] - seen[-1] > 50
    caller.finish()
    assert caller.task.moment(caller.clock.now_ms()).progress == 100


@by_provider
def test_a_task_goes_back_once_and_then_succeeds(contract: Contract) -> None:
    way = wires(contract)
    assert states(made(contract, "state_goes_back")) == [*way[:-1], *way[-3:-1], way[-1]]


@by_provider
@pytest.mark.parametrize("phase", ["queued", "running"])
def test_a_skipped_phase_is_never_seen(contract: Contract, phase: str) -> None:
    caller = made(contract, f"state_skipped; phase={phase}")
    way = contract.lifecycle.way()
    assert states(caller) == [state.wire for state in way if state.phase.value != phase]
    assert states(made(contract, "state_skipped")) == [s.wire for s in way if s.phase is not Phase.RUNNING]


@by_provider
@pytest.mark.parametrize("word", [UNKNOWN, "reviewing"])
def test_an_unknown_state_comes_before_the_end(contract: Contract, word: str) -> None:
    header = "state_unknown_between" if word == UNKNOWN else f"state_unknown_between; word={word}"
    way = wires(contract)
    assert word not in way
    assert states(made(contract, header)) == [*way[:-1], word, way[-1]]


# -- results -----------------------------------------------------------------------------------------------------------

LINK = "http://mock.test/_files/"


def results(contract: Contract, header: str) -> tuple[Any, Any, Any]:
    """Return what stands where the URLs do, clean and with a fault, and the whole answer with the fault."""
    found = []
    for asked in (None, header):
        caller = made(contract, asked or "task_slow; factor=1")
        caller.finish()
        reply = caller.query()
        assert told(contract, "query", "state", reply.body) == wires(contract)[-1]
        found.append(reply.body)
    path = operation(contract, "query").places["urls"]
    return at(found[0], path), at(found[1], path), found[1]


@by_provider
def test_success_without_url_has_no_result(contract: Contract) -> None:
    good, bad, whole = results(contract, "success_without_url")
    assert LINK in str(good)
    assert not bad
    assert LINK not in str(whole)


@by_provider
def test_success_with_an_empty_result_has_a_place_for_urls_and_no_url(contract: Contract) -> None:
    good, bad, whole = results(contract, "success_with_empty_result")
    assert LINK not in str(whole)
    assert whole.keys() == results(contract, "task_slow; factor=1")[2].keys()
    assert shape(bad) == shape(good) or bad is None


@by_provider
def test_success_with_a_partial_result_has_an_empty_text_for_the_url(contract: Contract) -> None:
    good, bad, _ = results(contract, "success_with_partial_result")
    video = f"{LINK}{contract.provider}/"
    assert "video.mp4" in str(good)
    assert "video.mp4" not in str(bad).replace("watermarked.mp4", "")
    assert '""' in orjson.dumps(bad).decode().replace("\\", "")
    assert shape(bad) == shape(good)
    assert video in str(good)


@by_provider
def test_success_with_an_unreadable_result_cannot_be_read(contract: Contract) -> None:
    _, bad, _ = results(contract, "success_with_unreadable_result")
    assert bad == GARBLED
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(bad)
    caller = made(contract, "success_with_unreadable_result")
    clean = made(contract, "task_slow; factor=1")
    assert caller.query().raw == clean.query().raw  # while it is on its way, nothing is wrong


def shape(value: Any) -> Any:
    """Return the kinds of a value, JSON inside text read."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        value = orjson.loads(value)
    if isinstance(value, dict):
        return sorted(value)
    return type(value)


# -- finding it --------------------------------------------------------------------------------------------------------


@by_provider
@pytest.mark.parametrize("looks", [2, 1, 5])
def test_a_task_is_not_found_by_the_first_looks(contract: Contract, looks: int) -> None:
    caller = made(contract, "not_found_at_first" if looks == 2 else f"not_found_at_first; looks={looks}")
    missing = contract.refusal("unknown_task", operation(contract, "query")).id
    seen = []
    for _ in range(looks + 2):
        caller.query()
        seen.append(caller.entry.case)
    assert seen == [missing] * looks + ["", ""]
    assert caller.asking("query").status == 200


@by_provider
def test_a_task_is_not_found_for_a_while(contract: Contract) -> None:
    caller = made(contract, "not_found_for_a_while; seconds=2")
    missing = contract.refusal("unknown_task", operation(contract, "query")).id
    for step, case in ((0, missing), (1.999, missing), (0.001, ""), (100, "")):
        caller.clock.advance(step)
        caller.query()
        assert caller.entry.case == case
    late = made(contract, "not_found_for_a_while")
    late.clock.advance(4.999)
    late.query()
    assert late.entry.decision == "refused: a fault hides the task"


@by_provider
@pytest.mark.parametrize("seconds", [60, 0])
def test_a_task_vanishes_after_its_end(contract: Contract, seconds: int) -> None:
    caller = made(contract, f"task_vanishes; seconds={seconds}" if seconds != 60 else "task_vanishes")
    missing = contract.refusal("unknown_task", operation(contract, "query")).id
    caller.query()
    assert caller.entry.case == ""
    caller.finish()
    if seconds:
        caller.clock.advance(seconds - 0.001)
        caller.query()
        assert caller.entry.case == ""
        caller.clock.advance(0.001)
    for _ in range(3):
        caller.query()
        assert caller.entry.case == missing
        caller.clock.advance(1000)


# -- at every pace, and together ---------------------------------------------------------------------------------------


@by_provider
def test_paced_by_looks_the_task_goes_astray_as_well(contract: Contract) -> None:
    way = wires(contract)
    ways = {
        "state_goes_back": [*way[:-1], *way[-3:-1], way[-1]],
        "state_unknown_between": [*way[:-1], UNKNOWN, way[-1]],
        "task_fails": wires(contract, Phase.FAILED),
    }
    for header, expected in ways.items():
        caller = made(contract, header, pace="polls")
        seen = [told(contract, "query", "state", caller.query().body) for _ in range(len(expected) + 2)]
        assert seen == [*expected, expected[-1], expected[-1]]


@by_provider
def test_several_faults_of_a_task_compose(contract: Contract) -> None:
    caller = made(contract, "task_fails, state_unknown_between, task_slow; factor=2, not_found_at_first; looks=1")
    caller.query()
    assert caller.entry.decision == "refused: a fault hides the task"
    assert states(caller) == [*wires(contract, Phase.FAILED)[:-1], UNKNOWN, wires(contract, Phase.FAILED)[-1]]


def test_what_acts_on_a_create_is_refused_on_another_call() -> None:
    for contract in CONTRACTS:
        for name in ("task_stuck", "charged_twice", "callback_lost", "result_missing"):
            caller = Watched(contract)
            caller.submit()
            caller.asking("query", name)
            text = f"X-Mock-Fault asks for {name}, which acts on the call that makes a task"
            assert text in caller.entry.decision


@by_provider
def test_a_fault_of_one_task_leaves_the_next_alone(contract: Contract) -> None:
    caller = made(contract, "state_unknown_between, success_without_url, not_found_at_first, task_vanishes; seconds=0")
    caller.submit()
    assert states(caller) == wires(contract)
    assert LINK in str(caller.query().body)


# -- what is told of faults --------------------------------------------------------------------------------------------


def explained(caller: Watched) -> dict[str, Any]:
    service = caller.engine.services[caller.contract.provider]
    return explain.explain(service, caller.task, caller.clock.now_ms(), caller.engine.journal)


@by_provider
def test_a_task_fault_is_named_by_explain_in_place_of_the_scenario(contract: Contract) -> None:
    caller = made(contract, "task_stuck")
    caller.clock.advance(3600)
    if not contract.lifecycle.expiries:
        assert explained(caller)["next"] == "nothing: the fault 'task_stuck' leaves it stuck"
    caller = made(contract, "task_stuck, charged_twice, task_fails")
    caller.finish()
    told = explained(caller)
    assert told["why"].endswith("with the error case generation_failed, as the fault 'task_fails' has it")
    assert told["faults"] == ["task_stuck", "charged_twice", "task_fails"]
    caller = Watched(contract)
    caller.submit(headers={"X-Mock-Scenario": "generation_failed"})
    caller.finish()
    assert "as scenario 'generation_failed' has it" in explained(caller)["why"]
    assert explained(caller)["faults"] == []


@by_provider
def test_a_task_that_looks_leave_stuck_is_explained_by_its_fault(contract: Contract) -> None:
    caller = made(contract, "task_stuck", pace="polls")
    for _ in range(10):
        caller.query()
    assert explained(caller)["next"] == "nothing: the fault 'task_stuck' leaves it stuck"


@by_provider
@pytest.mark.parametrize("name", ["not_found_at_first", "not_found_for_a_while", "task_vanishes"])
def test_a_hidden_task_is_explained_by_the_fault_that_hides_it(contract: Contract, name: str) -> None:
    caller = made(contract, f"task_slow, {name}")
    if name == "task_vanishes":
        caller.finish()
        caller.clock.advance(60)
    hint = f"; to callers it is not found: the fault {name!r} hides it"
    assert explained(caller)["why"].endswith(hint)
    if name == "not_found_at_first":
        assert [caller.query().status, caller.query().status] == [caller.last.status] * 2
    else:
        caller = made(contract, "task_slow")
    assert "hides it" not in explained(caller)["why"]


LISTING = [contract for contract in CONTRACTS if contract.by_role("list")]


@pytest.mark.parametrize("contract", LISTING, ids=lambda c: c.provider)
@pytest.mark.parametrize("name", ["not_found_at_first", "not_found_for_a_while", "task_vanishes"])
def test_a_hidden_task_does_not_stand_in_lists_either(contract: Contract, name: str) -> None:
    caller = Watched(contract)
    caller.submit()
    plain = caller.task_id()
    caller.asking("submit", name)
    hidden = caller.task_id()

    def listed() -> set[str]:
        raw = caller.asking("list").raw.decode()
        return {each for each in (plain, hidden) if each in raw}

    if name == "task_vanishes":
        assert listed() == {plain, hidden}
        caller.finish()
        caller.clock.advance(60)
    assert listed() == listed() == {plain}  # a list is no look at the task
    if name == "not_found_at_first":
        caller.query()
        assert listed() == {plain}
        caller.query()
        assert listed() == {plain, hidden}
    elif name == "not_found_for_a_while":
        caller.clock.advance(5)
        assert listed() == {plain, hidden}


def test_some_provider_lists_tasks() -> None:
    assert LISTING


# -- what the journal says ---------------------------------------------------------------------------------------------


@by_provider
def test_a_fault_with_nothing_to_act_on_is_not_among_those_that_acted(contract: Contract) -> None:
    caller = Watched(contract)
    caller.submit(headers={"X-Mock-Fault": "task_stuck, charged_twice, result_missing, maintenance, callback_lost"})
    assert caller.entry.faults == ("maintenance",)
    idle = "; met with nothing to act on: task_stuck, charged_twice, result_missing, callback_lost"
    assert caller.entry.decision.endswith(idle)
    caller.submit(headers={"X-Mock-Fault": "html_502, network_reset_before"})
    assert caller.entry.faults == ("network_reset_before",)
    assert caller.entry.decision.endswith("; met with nothing to act on: html_502")
    caller.submit(headers={"X-Mock-Fault": "result_missing"})
    assert caller.entry.faults == ("result_missing",)
    if contract.by_role("download"):
        reply = caller.asking("download", "result_corrupt")
        is_file = caller.last.asset is not None
        assert reply.status != 200 or caller.entry.faults == (("result_corrupt",) if is_file else ())


def test_a_result_fault_on_a_download_that_hands_out_a_link_has_nothing_to_act_on() -> None:
    contract = next(c for c in CONTRACTS if any(o.reply != "asset" for o in c.by_role("download")))
    caller = Watched(contract)
    caller.submit()
    caller.finish()
    assert caller.asking("download", "result_corrupt").status == 200
    assert caller.entry.faults == ()
    assert caller.entry.decision.endswith("; met with nothing to act on: result_corrupt")


@pytest.mark.parametrize("fault", ["state_unknown", "state_upper_case", "field_missing; which=state"])
def test_a_fault_that_changes_nothing_of_an_answer_is_not_among_those_that_acted(fault: str) -> None:
    contract = next(contract for contract in CONTRACTS if contract.by_role("balance"))
    caller = Watched(contract)
    caller.asking("balance", fault)
    assert caller.entry.faults == ()
    assert caller.entry.decision.endswith(f"; met with nothing to act on: {fault.partition(';')[0]}")
    caller.asking("balance", f"{fault}, html_502")
    assert caller.entry.faults == (fault.partition(";")[0], "html_502")  # which of them it was is not told apart


def test_an_error_after_everything_is_idle_where_the_call_is_refused_before() -> None:
    caller = Watched(CONTRACTS[0])
    caller.submit()
    caller.asking("query", "error_after_commit", key="another-key")
    assert caller.entry.case not in ("", "internal_error")
    assert caller.entry.faults == ()
