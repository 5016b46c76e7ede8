"""Faults of answers, of the connection and of result files: what the caller gets, and that the next call is clean."""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import Any, get_args

import orjson
import pytest

from mockreel import faults
from mockreel.domain.faults import answers
from mockreel.domain.faults.answers import MOST_DELAY_S, delay_ms
from mockreel.domain.faults.effects import AnswerEffects, NetworkEffects, Place, ResultEffects
from mockreel.domain.messages import Answer
from mockreel_contracts import Contract, Phase
from mockreel_contracts.model import CANONICAL_CODES
from tests.faults.watched import CONTRACTS, NOTHING, Watched, at, by_provider, operation, pair, told

ROLES = [
    (contract, role)
    for contract in CONTRACTS
    for role in ("submit", "query", "cancel", "balance", "list", "download")
    if contract.by_role(role)
]
BODIES = [(contract, role) for contract, role in ROLES if operation(contract, role).reply != "asset"]
PLACES = [
    (c, role, name)
    for c, role in BODIES
    for name, path in operation(c, role).places.items()
    if path and name in get_args(Place)
]
STATES = [(contract, role) for contract, role, name in PLACES if name == "state"]


def ending(name: str) -> str | None:
    """Return the scenario in which an answer holds a thing; None where it always does."""
    return "generation_failed" if name.startswith("error_") else None


def named(value: Any) -> str:
    return getattr(value, "provider", str(value))


by_role = pytest.mark.parametrize(("contract", "role"), ROLES, ids=named)
by_body = pytest.mark.parametrize(("contract", "role"), BODIES, ids=named)
by_place = pytest.mark.parametrize(("contract", "role", "name"), PLACES, ids=named)
by_state = pytest.mark.parametrize(("contract", "role"), STATES, ids=named)


# -- errors ------------------------------------------------------------------------------------------------------------


@by_role
@pytest.mark.parametrize("word", ["", *CANONICAL_CODES])
def test_error_refuses_the_call_as_the_case_itself_would(contract: Contract, role: str, word: str) -> None:
    case = contract.find_error(word or "internal_error")
    assert case is not None
    alone, by_name = pair(contract, role, case.id)[2:]
    hurt, reply = pair(contract, role, f"error; case={word}" if word else "error")[2:]
    reasons = [caller.entry.decision.removeprefix("refused: ").encode() for caller in (alone, hurt)]
    assert reply.raw.replace(reasons[1], b"...") == by_name.raw.replace(reasons[0], b"...")
    assert reply.status == by_name.status == case.status
    assert hurt.entry.case == case.id
    assert hurt.entry.faults == ("error",)
    if role == "submit":
        assert hurt.tasks == []
        assert hurt.balance() == 10_000


@by_provider
def test_error_with_a_case_that_nobody_has_is_refused_with_the_near_ones(contract: Contract) -> None:
    caller = Watched(contract)
    caller.asking("submit", "error; case=internal_eror")
    assert "knows no error case 'internal_eror'; did you mean internal_error" in caller.entry.decision
    caller.asking("submit", "error_after_commit; case=internal_eror")
    assert "knows no error case 'internal_eror'; did you mean internal_error" in caller.entry.decision


@by_role
def test_error_after_commit_does_everything_and_answers_an_error(contract: Contract, role: str) -> None:
    clean, _, hurt, reply = pair(contract, role, "error_after_commit; case=maintenance")
    assert reply.status == contract.errors["maintenance"].status
    assert hurt.entry.case == "maintenance"
    assert len(hurt.tasks) == len(clean.tasks) == 1
    assert hurt.balance() == clean.balance()
    assert hurt.phase() is clean.phase()


@by_role
def test_error_under_200_has_the_body_of_the_error(contract: Contract, role: str) -> None:
    plain = pair(contract, role, "error; case=rate_limited")[3]
    hurt, reply = pair(contract, role, "error_under_200; case=rate_limited")[2:]
    assert (reply.status, reply.body) == (200, plain.body)
    assert hurt.entry.case == "rate_limited"


@by_provider
def test_credits_run_out_refuses_the_create_of_an_account_that_could_pay(contract: Contract) -> None:
    hurt, reply = pair(contract, "submit", "credits_run_out")[2:]
    case = contract.errors["insufficient_credits"]
    assert (reply.status, hurt.entry.case, hurt.tasks, hurt.balance()) == (case.status, case.id, [], 10_000)


# -- what a proxy makes of an answer -----------------------------------------------------------------------------------


@by_body
def test_success_under_500_keeps_the_body(contract: Contract, role: str) -> None:
    clean, good, hurt, bad = pair(contract, role, "success_under_500")
    assert (bad.status, bad.raw, bad.headers) == (500, good.raw, good.headers)
    assert len(hurt.tasks) == len(clean.tasks)


@by_role
def test_html_502_replaces_the_answer_of_a_call_that_was_carried_out(contract: Contract, role: str) -> None:
    _, _, hurt, bad = pair(contract, role, "html_502")
    assert (bad.status, bad.headers["content-type"]) == (502, "text/html")
    assert bad.raw.startswith(b"<html>")
    assert b"502 Bad Gateway" in bad.raw
    assert hurt.last.asset is None
    assert len(hurt.tasks) == 1


@by_role
def test_html_503_comes_instead_of_the_call(contract: Contract, role: str) -> None:
    _, _, hurt, bad = pair(contract, role, "html_503")
    assert (bad.status, bad.headers["content-type"]) == (503, "text/html")
    assert b"503 Service Temporarily Unavailable" in bad.raw
    assert len(hurt.tasks) == (0 if role == "submit" else 1)
    assert hurt.balance() == 10_000 - sum(task.price for task in hurt.tasks)


@by_body
def test_wrong_content_type_changes_that_header_alone(contract: Contract, role: str) -> None:
    good, bad = pair(contract, role, "wrong_content_type; type=text/html")[1::2]
    assert bad.headers == {**good.headers, "content-type": "text/html"}
    assert (bad.status, bad.raw) == (good.status, good.raw)
    assert pair(contract, role, "wrong_content_type")[3].headers["content-type"] == "text/plain"


@by_body
def test_an_empty_body_is_empty(contract: Contract, role: str) -> None:
    good, bad = pair(contract, role, "empty_body")[1::2]
    assert (bad.status, bad.raw, bad.headers) == (good.status, b"", good.headers)


@by_body
def test_malformed_json_begins_like_json_and_is_none(contract: Contract, role: str) -> None:
    good, bad = pair(contract, role, "malformed_json")[1::2]
    assert bad.raw[:1] == b"{"
    assert (bad.status, bad.headers) == (good.status, good.headers)
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(bad.raw)


@by_body
@pytest.mark.parametrize("keep", [None, 0, 0.9])
def test_truncated_json_is_the_beginning_of_the_body(contract: Contract, role: str, keep: float | None) -> None:
    header = "truncated_json" if keep is None else f"truncated_json; keep={keep}"
    good, bad = pair(contract, role, header)[1::2]
    assert bad.raw == good.raw[: int(len(good.raw) * (0.5 if keep is None else keep))]
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(bad.raw)


# -- fields ------------------------------------------------------------------------------------------------------------


@by_place
def test_a_missing_field_is_missing_and_nothing_else(contract: Contract, role: str, name: str) -> None:
    good, bad = pair(contract, role, f"field_missing; which={name}", scenario=ending(name))[1::2]
    path = operation(contract, role).places[name]
    assert at(good.body, path) is not NOTHING
    assert at(bad.body, path) is NOTHING
    assert at(bad.body, path[:-1]).keys() == at(good.body, path[:-1]).keys() - {path[-1]}


@by_place
def test_a_null_field_is_null(contract: Contract, role: str, name: str) -> None:
    good, bad = pair(contract, role, f"field_null; which={name}", scenario=ending(name))[1::2]
    path = operation(contract, role).places[name]
    assert at(bad.body, path) is None
    assert at(bad.body, path[:-1]).keys() == at(good.body, path[:-1]).keys()


@by_place
def test_a_field_of_a_wrong_type_has_another_type(contract: Contract, role: str, name: str) -> None:
    good, bad = pair(contract, role, f"field_wrong_type; which={name}", scenario=ending(name))[1::2]
    path = operation(contract, role).places[name]
    assert type(at(bad.body, path)) is not type(at(good.body, path))
    assert at(bad.body, path[:-1]).keys() == at(good.body, path[:-1]).keys()


@by_body
@pytest.mark.parametrize("fault", ["field_missing", "field_null", "field_wrong_type"])
def test_without_a_field_it_is_the_task_id_that_is_hurt(contract: Contract, role: str, fault: str) -> None:
    default, asked = pair(contract, role, fault)[3], pair(contract, role, f"{fault}; which=task_id")[3]
    assert default.raw == asked.raw


@by_body
def test_extra_fields_are_added_and_all_else_stays(contract: Contract, role: str) -> None:
    good, bad = pair(contract, role, "field_extra")[1::2]
    assert bad.body == {**good.body, "unexpected": True, "trace": {"id": "0"}}


@by_body
@pytest.mark.parametrize("name", ["data", "response"])
def test_wrapped_data_is_the_whole_body_one_level_deeper(contract: Contract, role: str, name: str) -> None:
    good, bad = pair(contract, role, "wrapped_data" if name == "data" else f"wrapped_data; field={name}")[1::2]
    assert bad.body == {name: good.body}


@pytest.mark.parametrize(("contract", "role"), [(c, role) for c, role, name in PLACES if name == "task_id"], ids=named)
def test_an_integer_id_has_the_digits_of_the_id(contract: Contract, role: str) -> None:
    good, bad = pair(contract, role, "integer_id")[1::2]
    path = operation(contract, role).places["task_id"]
    number, text = at(bad.body, path), at(good.body, path)
    assert type(number) is int
    assert str(number) in "".join(c for c in text if c.isdigit())
    assert number < 2**53


@by_state
def test_state_unknown_tells_the_state_with_a_word_that_no_page_knows(contract: Contract, role: str) -> None:
    for header, word in (("state_unknown", "finalizing"), ("state_unknown; word=reviewing", "reviewing")):
        good, bad = pair(contract, role, header)[1::2]
        assert word not in {state.wire for state in contract.lifecycle.states.values()}
        assert told(contract, role, "state", bad.body) == word
        assert set(bad.body) == set(good.body)


@by_state
def test_state_upper_case_tells_the_state_in_capitals(contract: Contract, role: str) -> None:
    good, bad = pair(contract, role, "state_upper_case")[1::2]
    state = told(contract, role, "state", good.body)
    assert told(contract, role, "state", bad.body) == state.upper() != state


@by_provider
def test_state_synonym_tells_the_state_with_the_words_that_hold_for_every_provider(contract: Contract) -> None:
    clean, hurt = Watched(contract), Watched(contract)
    for caller in (clean, hurt):
        caller.submit()
    said = []
    for step in clean.task.timeline(0):
        for caller in (clean, hurt):
            caller.clock.advance(max(step.start_ms - caller.clock.now_ms(), 0) / 1000)
        bad = hurt.asking("query", "state_synonym")
        assert told(contract, "query", "state", bad.body) == step.state.phase.value
        said.append((told(contract, "query", "state", clean.query().body), step.state.phase.value))
    assert any(own != neutral for own, neutral in said)
    assert said[-1][1] == "succeeded"


def test_a_list_tells_the_states_of_all_its_tasks_in_the_other_words() -> None:
    for contract in CONTRACTS:
        if not contract.by_role("list"):
            continue
        caller = Watched(contract)
        caller.submit()
        caller.submit()
        tasks = told(contract, "list", "tasks", caller.asking("list", "state_unknown").body)
        assert [task["state"] for task in tasks] == ["finalizing", "finalizing"]


@by_provider
def test_an_unreadable_result_is_hurt_only_where_there_is_one(contract: Contract) -> None:
    clean, good, hurt, early = pair(contract, "query", "unreadable_result")
    assert early.raw == good.raw
    for caller in (clean, hurt):
        caller.finish()
    path = operation(contract, "query").places["urls"]
    assert at(hurt.asking("query", "unreadable_result").body, path) == answers.GARBLED
    assert "http://mock.test" in str(at(clean.query().body, path))
    assert hurt.query().raw == clean.query().raw


def test_a_value_of_another_type_looks_as_like_as_can_be() -> None:
    cases = [
        ("123", 123),
        ("task_12_7", 127),
        ("waiting", 7),
        ("", 0),
        (True, "true"),
        (None, ""),
        (5, "5"),
        (2.5, "2.5"),
        ({"a": 1}, [{"a": 1}]),
        (["a", "b"], {"0": "a", "1": "b"}),
    ]
    assert [(given, answers._retyped(given)) for given, _ in cases] == cases


# -- time --------------------------------------------------------------------------------------------------------------


@by_role
def test_a_delayed_answer_is_the_same_answer_later(contract: Contract, role: str) -> None:
    clean, good, hurt, bad = pair(contract, role, "answer_delayed")
    assert (clean.last.delay_ms, hurt.last.delay_ms) == (0, 5000)
    assert (bad.status, bad.raw, bad.headers) == (good.status, good.raw, good.headers)
    assert replace(hurt.last, delay_ms=0) == clean.last
    assert pair(contract, role, "answer_delayed; seconds=0.25")[2].last.delay_ms == 250


@by_provider
def test_delays_by_chance_lie_where_they_should_and_repeat_from_the_seed(contract: Contract) -> None:
    def delays(header: str, seed: int = 7) -> list[int]:
        caller = Watched(contract, seed=seed, credits=None)
        caller.submit()
        found = []
        for _ in range(120):
            caller.asking("query", header)
            found.append(caller.last.delay_ms)
        return found

    even = delays("answer_delayed_evenly; seconds=1; to=3")
    assert all(1000 <= delay <= 3000 for delay in even)
    assert max(even) - min(even) > 1500
    assert even == delays("answer_delayed_evenly; seconds=1; to=3") != delays("answer_delayed_evenly", seed=8)
    log = delays("answer_delayed_log_normally; median=2; sigma=1")
    assert 1400 < statistics.median(log) < 2800
    assert max(log) > 8000
    assert log == delays("answer_delayed_log_normally; median=2; sigma=1")
    assert delays("answer_delayed_log_normally; sigma=0")[0] == 2000


def test_the_later_of_two_delays_counts_and_counts_whole() -> None:
    caller = Watched(CONTRACTS[0])
    caller.asking("submit", "answer_delayed_evenly; seconds=1; to=9, answer_delayed; seconds=2")
    assert caller.last.delay_ms == 2000
    caller.asking("submit", "answer_delayed_log_normally; sigma=5, answer_delayed; seconds=2")
    assert caller.last.delay_ms == 2000


def test_no_answer_is_held_back_for_more_than_an_hour() -> None:
    assert delay_ms(AnswerEffects(delay_s=3600, delay_sigma=5), 0.999999) == MOST_DELAY_S * 1000
    assert delay_ms(AnswerEffects(delay_s=3600, delay_sigma=5), 0.0) >= 0


@pytest.mark.parametrize(("contract", "role"), [pair for pair in ROLES if pair not in BODIES], ids=named)
def test_a_fault_of_a_body_leaves_an_answer_that_is_a_file_alone(contract: Contract, role: str) -> None:
    for name in ("success_under_500", "wrong_content_type", "field_extra", "truncated_json", "state_unknown"):
        clean, _, hurt, _ = pair(contract, role, name)
        assert hurt.last == clean.last
    for name in ("empty_body", "malformed_json", "html_502"):
        assert pair(contract, role, name)[2].last.asset is None


# -- composition -------------------------------------------------------------------------------------------------------


@by_provider
def test_faults_of_one_call_add_up(contract: Contract) -> None:
    header = "field_missing; which=task_id, field_missing; which=state, field_extra, answer_delayed; seconds=1"
    hurt, bad = pair(contract, "query", header)[2:]
    places = operation(contract, "query").places
    assert at(bad.body, places["task_id"]) is NOTHING
    assert at(bad.body, places["state"]) is NOTHING
    assert bad.body["unexpected"] is True
    assert hurt.last.delay_ms == 1000
    assert hurt.entry.faults == ("field_missing", "field_missing", "field_extra", "answer_delayed")


@by_provider
def test_an_error_answer_can_be_hurt_too(contract: Contract) -> None:
    caller = Watched(contract)
    reply = caller.asking("submit", "error; case=maintenance, wrapped_data, wrong_content_type")
    plain = Watched(contract).asking("submit", "maintenance")
    assert reply.body == {"data": plain.body}
    assert reply.headers["content-type"] == "text/plain"


# -- the connection ----------------------------------------------------------------------------------------------------

NETWORK = {
    "network_refused": NetworkEffects(refused=True),
    "network_reset_before": NetworkEffects(reset="before"),
    "network_reset_after": NetworkEffects(reset="after"),
    "network_reset_middle": NetworkEffects(reset="middle"),
    "network_hang": NetworkEffects(hang_s=120),
    "network_hang; seconds=30": NetworkEffects(hang_s=30),
    "network_slow_first_byte": NetworkEffects(first_byte_s=5),
    "network_slow_first_byte; seconds=20": NetworkEffects(first_byte_s=20),
    "network_dribble": NetworkEffects(dribble_s=5),
    "network_dribble; seconds=20": NetworkEffects(dribble_s=20),
    "network_wrong_length": NetworkEffects(length=100),
    "network_wrong_length; bytes=-10": NetworkEffects(length=-10),
    "network_cut_chunk": NetworkEffects(cut_chunk=True),
    "answer_lost": NetworkEffects(reset="after"),
    "answer_lost_by_timeout": NetworkEffects(hang_s=120),
    "answer_lost_by_truncation": NetworkEffects(cut_chunk=True),
}


@by_role
@pytest.mark.parametrize("header", NETWORK)
def test_the_shell_is_told_what_becomes_of_the_connection(contract: Contract, role: str, header: str) -> None:
    clean, good, hurt, bad = pair(contract, role, header)
    effects = NETWORK[header]
    assert hurt.last.network == effects
    assert clean.last.network is None
    if effects.is_before:
        assert (bad.status, bad.raw) == (0, b"")
        assert hurt.entry.decision == "not carried out: a fault of the network came before"
        assert len(hurt.tasks) == (0 if role == "submit" else 1)
        assert hurt.balance() == 10_000 - sum(task.price for task in hurt.tasks)
    else:
        assert (bad.status, bad.raw) == (good.status, good.raw)
        assert len(hurt.tasks) == 1
        assert hurt.balance() == clean.balance()
        assert hurt.phase() is clean.phase()
    hurt.asking("query" if hurt.tasks else "submit")
    assert hurt.last.network is None


@by_provider
@pytest.mark.parametrize("name", [name for name in NETWORK if ";" not in name])
def test_armed_for_downloads_the_connection_of_a_result_file_is_hurt(contract: Contract, name: str) -> None:
    caller = Watched(contract)
    caller.engine.board.arm(name, {"on": "result", "times": 1}, 0)
    caller.submit()
    assert caller.last.network is None
    caller.finish()
    answer = caller.download()
    assert answer.network == NETWORK[name]
    assert (answer.asset is None) == NETWORK[name].is_before
    assert caller.download().network is None


# -- result files ------------------------------------------------------------------------------------------------------

FILES: dict[str, ResultEffects | int] = {
    "result_missing": 404,
    "result_forbidden": 403,
    "result_error": 503,
    "result_error; status=500": 500,
    "result_slow": ResultEffects(delay_s=30),
    "result_slow; seconds=5": ResultEffects(delay_s=5),
    "result_truncated": ResultEffects(keep=0.5),
    "result_truncated; keep=0.1": ResultEffects(keep=0.1),
    "result_corrupt": ResultEffects(corrupt=True),
    "result_wrong_type": ResultEffects(media_type="text/html"),
    "result_wrong_type; type=application/json": ResultEffects(media_type="application/json"),
    "result_no_range": ResultEffects(no_range=True),
}


def check_file(answer: Answer, expected: ResultEffects | int) -> None:
    if isinstance(expected, int):
        assert (answer.status, answer.asset) == (expected, None)
        assert orjson.loads(answer.body)
    else:
        assert (answer.status, answer.result) == (200, expected)
        assert answer.asset is not None
        assert answer.delay_ms == round(expected.delay_s * 1000)


@by_provider
@pytest.mark.parametrize("header", FILES)
def test_asked_for_with_the_create_every_download_of_the_result_is_hurt(contract: Contract, header: str) -> None:
    caller = Watched(contract)
    caller.asking("submit", header)
    caller.finish()
    for name in ("video.mp4", "cover.png", "video.mp4"):
        check_file(caller.download(name), FILES[header])
    caller.submit()
    caller.finish()
    answer = caller.download()
    assert (answer.status, answer.result, answer.delay_ms) == (200, None, 0)


@by_provider
@pytest.mark.parametrize("header", FILES)
def test_armed_for_one_download_the_next_is_whole(contract: Contract, header: str) -> None:
    name, _, field = header.partition("; ")
    options = dict([field.split("=")]) if field else {}
    caller = Watched(contract)
    caller.engine.board.arm(name, {**options, "times": 1}, 0)
    caller.submit()
    caller.query()
    caller.finish()
    check_file(caller.download(), FILES[header])
    answer = caller.download()
    assert (answer.status, answer.result, answer.delay_ms) == (200, None, 0)


def test_an_operation_that_answers_with_the_file_is_a_download_of_the_result() -> None:
    for contract in CONTRACTS:
        if not contract.by_role("download") or operation(contract, "download").reply != "asset":
            continue
        for header, expected in FILES.items():
            check_file(pair(contract, "download", header)[2].last, expected)
            caller = Watched(contract)
            name, _, field = header.partition("; ")
            options = dict([field.split("=")]) if field else {}
            caller.engine.board.arm(name, {**options, "on": operation(contract, "download").id, "times": 1}, 0)
            caller.submit()
            caller.finish()
            assert caller.download().result is None
            caller.asking("download")
            check_file(caller.last, expected)
            caller.asking("download")
            assert caller.last.result is None


# -- afterwards --------------------------------------------------------------------------------------------------------


def life(caller: Watched) -> list[bytes]:
    """Run a task from its create to its download; returns the bytes that came."""
    seen = [caller.submit().raw]
    seen += [reply.raw for _, reply in caller.walk()]
    assert caller.phase() is Phase.SUCCEEDED
    answer = caller.download()
    assert (answer.status, answer.result, answer.network, answer.delay_ms) == (200, None, None, 0)
    return seen


@by_provider
@pytest.mark.parametrize("name", faults.shipped())
def test_a_run_after_any_fault_is_clean(contract: Contract, name: str) -> None:
    caller = Watched(contract)
    for role in ("submit", "query"):
        caller.asking("submit", name if role == "submit" else None)
        if role == "query" and caller.tasks:
            caller.asking("query", name)
    before = len(list(caller.engine.journal))
    balance = caller.balance()
    seen = life(caller)
    assert {entry.faults for entry in list(caller.engine.journal)[before:]} == {()}
    assert {entry.case for entry in list(caller.engine.journal)[before:]} == {""}
    assert len(seen) == len(contract.lifecycle.way()) + 1
    assert caller.task.price == balance - caller.balance() + _refunds(caller)
    caller.engine.reset(caller.key)
    caller.engine.journal.seq = 0
    fresh = Watched(contract)
    fresh.clock.advance((caller.clock.now_ms() - fresh.clock.now_ms()) / 1000)
    assert life(caller) == life(fresh)


def _refunds(caller: Watched) -> Any:
    """Return what the tasks before the newest have been given back while it ran."""
    caller.engine.settle()
    account = caller.engine.services[caller.contract.provider].sandbox(caller.key).account
    return account.refunded
