"""Which calls an armed fault meets, when, how often, in what order; and that chance repeats from the seed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel import MockProvider, faults
from mockreel.domain.clock import ManualClock
from mockreel.domain.dice import Dice
from mockreel.domain.faults import rule as rules
from mockreel.domain.faults.board import MOST_LOTS, MOST_RULES, Board
from mockreel.domain.faults.effects import QUESTIONS, both, merged
from mockreel.domain.faults.glob import matches
from mockreel.domain.faults.kind import RESERVED, FaultError
from mockreel.domain.faults.parsing import parse
from mockreel.domain.faults.rule import MATCHES, TIMES, Facts, Rule
from mockreel.domain.faults.tally import Tally
from mockreel_contracts import Contract, Phase
from tests.faults.watched import CONTRACTS, Watched, by_provider, with_prompt

KINDS = faults.shipped()
CALL = Facts("acme", "query", "getFilm", "key-1", "test-1", "noir", "a cat on a mat", "film-7")


def armed(**options: Any) -> Rule:
    return rules.make("f-1", KINDS["error"], options)


def fired(rule: Rule, count: int, *, scope: str = "key-1", now_ms: int = 0, seed: int = 7) -> list[int]:
    """Return which of `count` calls at one moment meet a rule, from 1."""
    dice = Dice(seed)
    return [number for number in range(1, count + 1) if rule.acts(scope, now_ms, dice)]


def hit(caller: Watched, **options: Any) -> bool:
    """Whether a query of the newest task is refused by a fault."""
    caller.query(**options)
    return "error" in caller.entry.faults


# -- how often ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ({"times": 2}, [1, 2]),
        ({"after": 3}, [4, 5, 6, 7, 8, 9]),
        ({"every": 3}, [1, 4, 7]),
        ({"after": 2, "every": 2, "times": 2}, [3, 5]),
        ({"after": 100}, []),
        ({"probability": 0}, []),
        ({"probability": 1, "times": 1}, [1]),
    ],
)
def test_a_rule_counts_the_calls_that_fit(options: dict[str, Any], expected: list[int]) -> None:
    assert fired(armed(**options), 9) == expected


def test_a_rule_counts_for_each_key_by_itself() -> None:
    rule = armed(times=2)
    assert [fired(rule, 3, scope=scope) for scope in ("key-1", "key-2", "key-1")] == [[1, 2], [1, 2], []]
    assert rule.as_json()["seen"] == 9
    assert rule.as_json()["fired"] == 4


def test_what_rules_count_is_bounded_in_all_and_the_key_used_least_recently_is_forgotten() -> None:
    assert Tally().most == 100_000
    tally = Tally(most=100)
    first, second = (rules.make(name, KINDS["error"], {"times": 1}).fresh(tally) for name in ("f-1", "f-2"))
    assert fired(first, 2, scope="often") == [1]
    for number in range(150):
        assert fired(first if number % 2 else second, 2, scope=f"key-{number}") == [1]
        assert fired(first, 1, scope="often") == []  # its count is still there
        assert len(tally) <= 100
    assert fired(first, 1, scope="key-149") == []
    assert fired(second, 1, scope="key-0") == [1]  # forgotten
    assert (first.seen, first.fired) == (302 + 1, 1 + 75)  # what is forgotten by key still counts in all


@by_provider
def test_the_armed_faults_of_an_engine_share_one_bounded_tally(contract: Contract) -> None:
    board = Watched(contract).engine.board
    first, second = (board.arm("error", {}, 0) for _ in range(2))
    assert first.tally is second.tally
    for number in range(300):
        board._lot(f"key-{number}")
    assert len(board._lots) <= MOST_LOTS


def test_a_call_looks_at_the_rules_for_its_key_and_at_the_general_ones_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Watched(CONTRACTS[0])
    board = caller.engine.board
    looked: list[str | None] = []
    fits = Rule.fits

    def watched(rule: Rule, facts: Facts) -> bool:
        looked.append(rule.match.key)
        return fits(rule, facts)

    monkeypatch.setattr(Rule, "fits", watched)
    for number in range(MOST_RULES - 5):
        board.arm("field_extra", {"key": f"key-{number}", "fields": {"last": "other"}}, 0)
    for last, key in enumerate(("test-*", "key-7", None, "key-7", "key-?")):
        board.arm("field_extra", {"key": key, "fields": {"last": last}}, 0)
    for key, keys in {
        "key-7": ["key-7", "test-*", "key-7", None, "key-7", "key-?"],
        "x": ["test-*", None, "key-?"],
    }.items():
        looked.clear()
        reply = caller.submit(key=key)
        assert looked == keys
        assert reply.body["last"] == (4 if key == "key-7" else 2)
    board.clear("key-7")
    looked.clear()
    caller.submit(key="key-7")
    assert looked == ["test-*", None, "key-?"]
    assert len(list(board)) == MOST_RULES - 3


def test_a_fault_that_is_over_is_not_listed_and_makes_room() -> None:
    with MockProvider(CONTRACTS[0].provider) as mock:
        for _ in range(MOST_RULES):
            mock.add_fault("error", key="key-a", ttl_s=60)
        line = mock.capsule
        mock.clock.advance(59.999)
        assert len(mock.faults) == MOST_RULES
        mock.clock.advance(0.001)
        mock.add_fault("error")
        assert [rule.match.key for rule in mock.faults] == [None]
        assert mock.capsule != line
        mock.add_fault("error", ttl_s=1)
        mock.clock.advance(1)
        assert len(mock.faults) == 1


@given(probability=st.floats(0, 1), seed=st.integers(0, 10**6))
def test_a_chance_holds_over_many_calls_and_repeats_from_the_seed(probability: float, seed: int) -> None:
    first, second = (fired(armed(probability=probability), 300, seed=seed) for _ in range(2))
    assert first == second
    assert abs(len(first) / 300 - probability) < 0.15


# -- when --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"from_s": 10}, {10: True, 9.999: False, 1000: True}),
        ({"until_s": 10}, {0: True, 9.999: True, 10: False, 11: False}),
        ({"from_s": 5, "until_s": 10}, {4: False, 5: True, 9: True, 10: False}),
        ({"ttl_s": 10}, {9.999: True, 10: False}),
        ({"ramp_s": 10}, {0: False, 10: True, 11: True}),
        ({"ramp_s": 10, "from_s": 5}, {4: False, 5: False, 15: True}),
    ],
)
def test_a_rule_acts_in_its_time(options: dict[str, Any], expected: dict[float, bool]) -> None:
    for seconds, acts in expected.items():
        rule = rules.make("f-1", KINDS["error"], options, armed_ms=1000)
        assert bool(fired(rule, 1, now_ms=1000 + round(seconds * 1000))) is acts, seconds


def test_calls_outside_of_the_time_are_not_counted() -> None:
    rule = armed(from_s=10, times=1)
    assert fired(rule, 5, now_ms=0) == []
    assert fired(rule, 5, now_ms=10_000) == [1]


def test_on_a_ramp_the_chance_grows() -> None:
    counts = [len(fired(armed(ramp_s=100), 400, now_ms=at * 1000)) for at in (10, 50, 90, 100)]
    assert counts == sorted(counts)
    assert 10 < counts[0] < 90 < 130 < counts[1] < 270 < counts[2] < counts[3] == 400


@by_provider
def test_a_fault_removes_itself_after_its_time_to_live(contract: Contract) -> None:
    caller = Watched(contract)
    caller.submit()
    caller.engine.board.arm("error", {"ttl_s": 60}, caller.clock.now_ms())
    assert hit(caller)
    caller.clock.advance(59.999)
    assert hit(caller)
    assert len(list(caller.engine.board)) == 1
    caller.clock.advance(0.001)
    assert not hit(caller)
    assert list(caller.engine.board) == []


@by_provider
def test_a_window_is_counted_from_the_arming(contract: Contract) -> None:
    caller = Watched(contract)
    caller.submit()
    caller.clock.advance(500)
    caller.engine.board.arm("error", {"from_s": 10, "until_s": 20, "on": "query"}, caller.clock.now_ms())
    seen = []
    for _ in range(5):
        seen.append(hit(caller))
        caller.clock.advance(5)
    assert seen == [False, False, True, True, False]


# -- which calls -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        ({}, True),
        ({"provider": "acme"}, True),
        ({"provider": "ac*"}, True),
        ({"provider": "other"}, False),
        ({"on": "query"}, True),
        ({"on": "getFilm"}, True),
        ({"on": "submit"}, False),
        ({"on": "get*"}, False),
        ({"key": "key-?"}, True),
        ({"key": "key"}, False),
        ({"test": "test-*"}, True),
        ({"test": "TEST-1"}, False),
        ({"model": "no*"}, True),
        ({"model": "*2*"}, False),
        ({"prompt": "*cat*"}, True),
        ({"prompt": "*dog*"}, False),
        ({"task": "film-?"}, True),
        ({"task": "film-[0-9]"}, False),
        ({"key": "KEY-1"}, False),
        ({"task": ""}, None),
        ({"prompt": "*cat*", "model": "noir", "key": "*", "on": "query"}, True),
        ({"prompt": "*cat*", "model": "blanc"}, False),
    ],
)
def test_a_rule_is_for_the_calls_that_its_globs_fit(options: dict[str, str], fits: bool | None) -> None:
    if fits is None:
        with pytest.raises(FaultError, match="task is a text of 1 to 1000 characters, got ''"):
            armed(**options)
    else:
        assert armed(**options).fits(CALL) is fits


@given(st.text(max_size=20), st.text(min_size=1, max_size=20))
def test_no_glob_is_taken_for_a_regular_expression_or_hangs(text: str, glob: str) -> None:
    armed(prompt=glob).fits(CALL._replace(prompt=text))
    assert armed(prompt="*").fits(CALL._replace(prompt=text))


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("[draft] *", "[draft] a boat", True),
        ("[draft]", "d", False),
        ("*[[mock:stuck]]", "a boat [[mock:stuck]]", True),
        ("a[!b]c", "a[!b]c", True),
        ("a[!b]c", "axc", False),
        ("a.c", "abc", False),
        ("*\n*", "one\ntwo", True),
        ("?", "\n", True),
        ("A*", "ab", False),
    ],
)
def test_only_the_star_and_the_question_mark_stand_for_something_else(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


@given(st.text(max_size=20))
def test_a_text_without_the_two_is_a_pattern_of_itself(text: str) -> None:
    plain = text.replace("*", "").replace("?", "")
    assert matches(plain, plain)
    assert matches(f"*{plain}?", f"before {plain}!")


@by_provider
def test_a_call_is_known_by_all_that_can_be_matched(contract: Contract) -> None:
    for options, other in [
        ({"provider": contract.provider}, {"provider": "x" + contract.provider}),
        ({"on": "query"}, {"on": "submit"}),
        ({"on": contract.by_role("query")[0].id}, {"on": contract.by_role("submit")[0].id}),
        ({"key": "test-k*"}, {"key": "other"}),
        ({"test": "login-*"}, {"test": "logout-*"}),
        ({"model": "MODEL"}, {"model": "no such model"}),
        ({"prompt": "*marmot*"}, {"prompt": "*badger*"}),
        ({"task": "TASK"}, {"task": "no-such-task"}),
    ]:
        caller = Watched(contract)
        caller.submit(with_prompt(contract, "a marmot on a hill"))
        known = {"MODEL": caller.task.model.name or "*", "TASK": caller.task.id}
        for wanted, is_hit in ((options, True), (other, False)):
            caller.engine.board.clear()
            caller.engine.board.arm("error", {k: known.get(v, v) for k, v in wanted.items()}, 0)
            assert hit(caller, headers={"X-Mock-Test": "login-1"}) is is_hit, wanted


@by_provider
def test_a_create_is_known_by_its_model_and_its_prompt(contract: Contract) -> None:
    caller = Watched(contract)
    body = with_prompt(contract, "a marmot on a hill")
    model = body.get(contract.by_role("submit")[0].discriminator, "*")
    caller.engine.board.arm("error", {"on": "submit", "prompt": "*marmot*", "model": model}, 0)
    caller.submit(body)
    assert caller.tasks == []
    caller.submit(with_prompt(contract, "a badger in a wood"))
    assert len(caller.tasks) == 1


def test_a_fault_is_met_only_by_calls_on_which_it_can_act() -> None:
    for contract in CONTRACTS:
        caller = Watched(contract)
        for name in ("callback_lost", "charged_twice", "task_fails", "result_missing"):
            caller.engine.board.arm(name, {"times": 1}, 0)
        caller.submit()
        caller.query()
        assert caller.entry.faults == ()
        assert [rule.as_json()["seen"] for rule in caller.engine.board] == [1, 1, 1, 0]


@by_provider
def test_a_fault_of_answers_is_not_met_by_a_download_of_the_result(contract: Contract) -> None:
    caller = Watched(contract)
    caller.submit(headers={"X-Mock-Scenario": "new_fields"})
    caller.finish()
    for name in ("error", "html_502", "error_after_commit"):
        caller.engine.board.arm(name, {"times": 1}, 0)
    answer = caller.download()
    assert (answer.status, answer.result) == (200, None)
    assert [rule.as_json()["seen"] for rule in caller.engine.board] == [0, 0, 0]


@pytest.mark.parametrize(
    ("name", "on", "text"),
    [
        ("task_fails", "query", "task_fails acts on submit, not on query"),
        ("error", "result", "error acts on balance, cancel, download, list, query, submit, not on result"),
        ("result_slow", "query", "result_slow acts on result, submit, not on query"),
        ("error", "qery", "knows no role or operation 'qery'; did you mean query"),
        ("callback_lost", "QUERY", "callback_lost acts on submit, not on "),
    ],
)
def test_a_rule_for_calls_that_it_can_never_meet_is_refused(name: str, on: str, text: str) -> None:
    contract = CONTRACTS[0]
    board = Watched(contract).engine.board
    with pytest.raises(FaultError, match=text):
        board.arm(name, {"on": contract.by_role("query")[0].id if on == "QUERY" else on}, 0)
    assert list(board) == []


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"times": 0}, "times is a whole number from 1 to 1e"),
        ({"times": 1.5}, "times is a whole number"),
        ({"every": "2"}, "every is a whole number from 1 to 1e"),
        ({"after": True}, "after is a whole number from 0 to 1e"),
        ({"probability": 1.1}, "probability is a number from 0 to 1, got 1.1"),
        ({"probability": float("nan")}, "probability is a number from 0 to 1, got nan"),
        ({"ttl_s": -1}, "ttl_s is a number from 0 to 1e"),
        ({"ramp_s": None, "from_s": []}, "from_s is a number from 0"),
        ({"key": 5}, "key is a text of 1 to 1000 characters, got 5"),
        ({"prompt": "x" * 1001}, "prompt is a text of 1 to 1000 characters"),
        ({"tims": 2}, "error has no field 'tims'; did you mean times"),
        ({"cas": "x"}, "error has no field 'cas'; did you mean case"),
        ({"zzz": 2}, "error has no field 'zzz'; its fields: case"),
        ({"case": 5.5}, "case is text, got 5.5"),
        ({"case": "a\nb"}, "case is a line of up to 1000 characters"),
    ],
)
def test_a_rule_that_says_what_no_rule_can_say_is_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(FaultError) as refused:
        armed(**options)
    assert text in str(refused.value)


def test_a_code_may_be_given_as_a_number() -> None:
    assert armed(case=402).effects == {"case": "402"}


def test_fields_cannot_be_named_as_what_rules_say_for_themselves() -> None:
    assert {*MATCHES, *TIMES, "fault"} == RESERVED


# -- together ----------------------------------------------------------------------------------------------------------


@by_provider
def test_armed_faults_compose_in_the_order_in_which_they_were_armed_and_the_call_has_the_last_word(
    contract: Contract,
) -> None:
    caller = Watched(contract)
    caller.submit()
    now_ms = caller.clock.now_ms()
    caller.engine.board.arm("answer_delayed", {"seconds": 1}, now_ms)
    caller.engine.board.arm("field_extra", {"fields": {"a": 1, "b": 1}}, now_ms)
    caller.engine.board.arm("answer_delayed", {"seconds": 2}, now_ms)
    caller.engine.board.arm("field_extra", {"fields": {"b": 2}}, now_ms)
    reply = caller.query()
    assert (caller.last.delay_ms, reply.body["a"], reply.body["b"]) == (2000, 1, 2)
    assert caller.entry.faults == ("answer_delayed", "field_extra", "answer_delayed", "field_extra")
    reply = caller.asking("query", "answer_delayed; seconds=3")
    assert (caller.last.delay_ms, reply.body["a"], reply.body["b"]) == (3000, 1, 2)


@by_provider
def test_the_faults_of_a_scenario_come_between_those_armed_and_those_asked_for(contract: Contract) -> None:
    caller = Watched(contract)
    caller.engine.board.arm("answer_delayed", {"seconds": 1, "on": "submit"}, 0)
    lost = {"X-Mock-Scenario": "answer_lost_then_slow"}
    caller.submit(headers=lost)
    assert caller.last.delay_ms == 1000
    caller.submit(headers=lost)
    assert caller.last.delay_ms == 20_000
    assert caller.entry.faults == ("answer_delayed", "answer_delayed")
    caller = Watched(contract)
    caller.submit(headers=lost)
    caller.submit(headers={**lost, "X-Mock-Fault": "answer_delayed; seconds=3"})
    assert caller.last.delay_ms == 3000


def test_effects_add_up_where_they_are_lists_or_objects_and_else_the_later_one_counts() -> None:
    first = {"answer": {"drop": ("state",), "add": {"a": 1, "b": 1}, "status": 500}, "money": {"twice": True}}
    second = {"answer": {"drop": ("state", "urls"), "add": {"b": 2}, "status": 502}, "network": {"refused": True}}
    assert merged(first, second) == {
        "answer": {"drop": ("state", "urls"), "add": {"a": 1, "b": 2}, "status": 502},
        "money": {"twice": True},
        "network": {"refused": True},
    }
    assert merged(first, None) == merged(None, first) == merged(first, {}) == first
    assert merged(None, None) is None


def test_an_effect_takes_away_those_of_other_names_that_it_excludes() -> None:
    for point, questions in QUESTIONS.items():
        for question in questions:
            for said in question:
                others = {name: 1 for other in question if other is not said for name in other}
                second = dict.fromkeys(said, 2)
                assert both(point, {**others, "x": 1}, second) == {"x": 1, **second}
                assert both(point, dict.fromkeys(said, 1), {"x": 2}) == {**dict.fromkeys(said, 1), "x": 2}


ENDS = {
    "task_stuck": Phase.RUNNING,
    "task_stuck; phase=queued": Phase.QUEUED,
    "task_fails": Phase.FAILED,
    "mine": Phase.SUCCEEDED,
}


@by_provider
@pytest.mark.parametrize("first", ENDS)
@pytest.mark.parametrize("second", ENDS)
def test_of_two_faults_that_say_how_a_task_ends_the_later_one_counts(
    contract: Contract, first: str, second: str
) -> None:
    mine = parse("mine", {"title": "T.", "point": "task", "act": {"outcome": "succeeded"}})
    for scenario in ("success", "stuck", "generation_failed"):
        caller = Watched(contract)
        object.__setattr__(caller.engine.settings, "faults", {**KINDS, "mine": mine})
        caller.engine.board.kinds = caller.engine.settings.faults
        name, _, phase = first.partition("; phase=")
        caller.engine.board.arm(name, {"phase": phase} if phase else {}, 0)
        caller.submit(headers={"X-Mock-Fault": second, "X-Mock-Scenario": scenario})
        caller.clock.advance(20 * 3600)
        assert caller.phase() is ENDS[second]


@by_provider
def test_of_a_status_and_a_broken_file_the_later_one_counts(contract: Contract) -> None:
    seen = []
    for names in (
        "result_missing, result_corrupt",
        "result_corrupt, result_missing",
        "result_corrupt, result_truncated",
    ):
        caller = Watched(contract)
        caller.submit(headers={"X-Mock-Fault": names})
        caller.finish()
        answer = caller.download()
        seen.append((answer.status, answer.result and (answer.result.corrupt, answer.result.keep)))
    assert seen == [(200, (True, 1.0)), (404, None), (200, (True, 0.5))]


@by_provider
def test_a_rule_is_counted_even_when_another_refuses_the_call(contract: Contract) -> None:
    caller = Watched(contract)
    caller.engine.board.arm("error", {"times": 1, "case": "maintenance"}, 0)
    caller.engine.board.arm("error", {"times": 1, "case": "rate_limited"}, 0)
    caller.submit()
    assert caller.entry.case == "rate_limited"  # the later one counts
    caller.submit()
    assert caller.entry.case == ""


def test_only_so_many_faults_can_be_armed() -> None:
    board = Board(KINDS, Dice(1), ManualClock())
    for _ in range(MOST_RULES):
        board.arm("error", {}, 0)
    with pytest.raises(FaultError, match="1000 faults are armed already; remove some, or reset"):
        board.arm("error", {}, 0)
    board.remove("f-7")
    assert board.arm("error", {}, 0).id == f"f-{MOST_RULES + 1}"


def test_a_fault_that_is_not_known_is_refused_with_the_near_ones() -> None:
    with pytest.raises(FaultError, match="knows no fault 'answer_lst'; did you mean answer_lost"):
        Board(KINDS, Dice(1), ManualClock()).arm("answer_lst", {}, 0)
    with pytest.raises(FaultError) as refused:
        Board(KINDS, Dice(1), ManualClock()).arm("qqqq", {}, 0)
    assert "knows no fault 'qqqq'; known: answer_delayed, " in str(refused.value)
    assert str(refused.value).endswith(f"and {len(KINDS) - 12} more")


# -- forgetting --------------------------------------------------------------------------------------------------------


@by_provider
def test_after_a_reset_of_a_key_its_faults_begin_anew_and_those_of_others_go_on(contract: Contract) -> None:
    caller = Watched(contract)
    caller.engine.board.arm("error", {"times": 1}, 0)
    caller.engine.board.arm("html_502", {"key": "test-key"}, 0)
    cases = []
    for key in ("test-key", "other", "test-key", "other"):
        caller.submit(key=key)
        cases.append(caller.entry.faults)
    assert cases == [("error", "html_502"), ("error",), ("html_502",), ()]
    caller.engine.reset("test-key")
    cases = []
    for key in ("test-key", "other", "test-key"):
        caller.submit(key=key)
        cases.append(caller.entry.faults)
    assert cases == [("error",), (), ()]


@by_provider
def test_scenarios_count_anew_after_a_reset_and_for_each_mock_and_each_provider(contract: Contract) -> None:
    def refused(caller: Watched) -> list[str]:
        found = []
        for _ in range(3):
            caller.submit(headers={"X-Mock-Scenario": "rate_limited_twice_then_success"})
            found.append(caller.entry.case)
        return found

    expected = ["rate_limited", "rate_limited", ""]
    first, second = Watched(contract), Watched(contract)
    first.submit(headers={"X-Mock-Scenario": "rate_limited_twice_then_success"})
    assert refused(second) == expected  # the other mock's call is not counted
    first.engine.reset(first.key)
    assert refused(first) == expected
    first.submit(headers={"X-Mock-Scenario": "rate_limited_twice_then_success"})
    first.engine.reset()
    assert refused(first) == expected
    assert refused(first) == expected  # once answered, the story begins anew


# -- chance ------------------------------------------------------------------------------------------------------------

CHANCES = [
    {"fault": "error", "probability": 0.5, "case": "maintenance", "on": "query"},
    {"fault": "network_reset_after", "probability": 0.3},
    {"fault": "answer_delayed_evenly", "probability": 0.7},
    {"fault": "field_extra", "probability": 0.4, "after": 1, "every": 2},
    {"fault": "success_without_url", "probability": 0.5},
]
calls = st.lists(st.sampled_from(["submit", "query", "flaky"]), min_size=1, max_size=12)


def met_by(caller: Watched, key: str, kind: str) -> tuple[Any, ...]:
    """Make a call with a key; returns the faults that it met and what the shell was told."""
    if kind == "query":
        own = [task.id for task in caller.tasks if task.sandbox.key == key]
        caller.query(own[-1] if own else "none", key=key)
    else:
        caller.submit(key=key, headers={"X-Mock-Scenario": "flaky_network" if kind == "flaky" else None})
    return caller.entry.faults, caller.last.delay_ms, caller.last.network, caller.last.status


@pytest.mark.slow
@by_provider
@given(seed=st.integers(0, 2**32), own=calls, others=st.lists(st.tuples(st.integers(0, 12), calls), max_size=4))
def test_the_same_seed_and_calls_meet_the_same_faults_whatever_other_keys_do(
    contract: Contract, seed: int, own: list[str], others: list[tuple[int, list[str]]]
) -> None:
    def run(between: dict[int, list[str]]) -> list[tuple[Any, ...]]:
        caller = Watched(contract, seed=seed, credits=None)
        for options in CHANCES:
            if between:  # another test arms its own faults, too
                caller.engine.board.arm("error", {"key": "other", "probability": 0.5}, 0)
            rest = {name: value for name, value in options.items() if name != "fault"}
            caller.engine.board.arm(str(options["fault"]), {**rest, "key": "mine"}, 0)
        seen = []
        for number, kind in enumerate(own):
            for other in between.get(number, ()):
                met_by(caller, "other", other)
            seen.append(met_by(caller, "mine", kind))
        return seen

    alone = run({})
    assert run({}) == alone
    assert run(dict(others)) == alone


@by_provider
def test_another_seed_meets_other_faults(contract: Contract) -> None:
    seen = set()
    for seed in range(4):
        caller = Watched(contract, seed=seed, credits=None)
        caller.engine.board.arm("error", {"probability": 0.5}, 0)
        caller.submit()
        seen.add(tuple(met_by(caller, caller.key, "query")[0] for _ in range(20)))
    assert len(seen) == 4
