"""Every scenario that ships runs on every provider, to the end that it tells of, and the money adds up."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel import faults, scenarios
from mockreel.cli import main
from mockreel.domain.faults.effects import NetworkEffects
from mockreel.domain.faults.wording import course, said
from mockreel.domain.scenario import Scenario, ScenarioError, parse
from mockreel.faults.folder import told as in_lines
from mockreel_contracts import Contract, Phase
from tests.faults.watched import CONTRACTS, Watched, by_provider, told, with_prompt

SHIPPED = scenarios.shipped()
FOLDER = Path(scenarios.__file__).parent
by_scenario = pytest.mark.parametrize("name", SHIPPED)
STUCK = {"stuck": Phase.RUNNING, "stuck_queued": Phase.QUEUED, "stuck_at_first": Phase.QUEUED}
FAILS = {"generation_failed", "late_failure", "early_failure", "refund_missing", "refund_late"}
REFUSED = {"credits_run_out", "create_fails_for_good", "error_under_200"}
TRIES = {  # how often a create is sent until it is answered, and how many tasks that makes
    "answer_lost": (2, 2),
    "answer_lost_then_slow": (2, 2),
    "timeouts_on_create": (3, 3),
    "unreachable_at_first": (3, 1),
    "error_though_made": (2, 2),
    "rate_limited_twice_then_success": (3, 1),
    "maintenance_then_recovery": (2, 1),
    "credits_run_out": (5, 0),
    "create_fails_for_good": (5, 0),
    "error_under_200": (5, 0),
}


def is_answered(caller: Watched) -> bool:
    """Whether the last call came to a good answer."""
    network = caller.last.network or NetworkEffects()
    is_lost = network.is_before or network.reset is not None or network.hang_s or network.cut_chunk
    return not is_lost and caller.entry.case == "" and caller.last.status == 200


def create(caller: Watched, name: str) -> int:
    """Send the same create until it is answered, five times at most; returns how often."""
    for attempt in range(1, 6):
        caller.submit(headers={"X-Mock-Scenario": name})
        if is_answered(caller):
            return attempt
    return 5


def check_money(caller: Watched) -> None:
    caller.engine.settle()
    account = caller.engine.services[caller.contract.provider].sandbox(caller.key).account
    assert account.balance == account.granted - account.charged + account.refunded
    assert account.balance >= 0
    assert account.refunded <= account.charged


@by_provider
@by_scenario
def test_a_scenario_runs_to_its_end_and_the_money_adds_up(contract: Contract, name: str) -> None:
    caller = Watched(contract)
    tries, made = TRIES.get(name, (1, 1))
    assert create(caller, name) == tries
    assert len(caller.tasks) == made
    check_money(caller)
    if name in REFUSED:
        assert caller.balance() == 10_000
        return
    assert caller.task.course.scenario == name
    seen = set()
    for _ in range(400):
        caller.query()
        if is_answered(caller):
            seen.add(caller.phase())
        caller.clock.advance(5)
        check_money(caller)
    price = caller.task.price
    spent = 10_000 - caller.balance()
    if name in STUCK:
        assert caller.phase() is STUCK[name]
        assert seen <= {Phase.QUEUED, Phase.RUNNING}
        assert spent == made * price
    elif name in FAILS:
        assert caller.phase() is Phase.FAILED
        assert Phase.FAILED in seen
        assert spent == (price if name in ("refund_missing", "refund_late") else 0)
        caller.clock.advance(10_000)
        assert 10_000 - caller.balance() == (price if name == "refund_missing" else 0)
    else:
        assert caller.phase() is Phase.SUCCEEDED
        assert (Phase.SUCCEEDED in seen) or name == "task_vanishes"
        assert spent == made * price * (2 if name == "double_charge" else 1)


@by_provider
@by_scenario
def test_a_scenario_that_is_told_in_the_prompt_is_the_same(contract: Contract, name: str) -> None:
    caller = Watched(contract)
    body = with_prompt(contract, f"a boat [[mock:{name}]]")
    for _ in range(TRIES.get(name, (1, 1))[0]):
        caller.submit(body)
    assert len(caller.tasks) == TRIES.get(name, (1, 1))[1]
    assert is_answered(caller) is (name not in REFUSED)


@by_provider
@by_scenario
def test_a_scenario_gives_the_same_bytes_from_the_same_seed(contract: Contract, name: str) -> None:
    def run() -> list[Any]:
        caller = Watched(contract, seed=3)
        create(caller, name)
        seen: list[Any] = [caller.last.body]
        for _ in range(10 if caller.tasks else 0):
            caller.clock.advance(11)
            seen.append((caller.query().raw, caller.last.network, caller.last.delay_ms))
        return seen

    assert run() == run()


@by_provider
@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("success", [200, 200, 200]),
        ("result_expired", [403, 403, 403]),
        ("result_missing_at_first", [404, 404, 200]),
        ("result_truncated", [(200, 0.5), 200, 200]),
        ("result_corrupt", [(200, True), 200, 200]),
        ("result_slow", [(200, 30_000), (200, 30_000), (200, 30_000)]),
    ],
)
def test_the_downloads_of_a_scenario(contract: Contract, name: str, statuses: list[Any]) -> None:
    caller = Watched(contract)
    create(caller, name)
    caller.finish()
    seen: list[Any] = []
    for _ in statuses:
        answer = caller.download()
        wrong = answer.result
        if answer.delay_ms:
            seen.append((answer.status, answer.delay_ms))
        elif wrong is not None:
            seen.append((answer.status, wrong.corrupt or wrong.keep))
        else:
            seen.append(answer.status)
    assert seen == statuses


@by_provider
def test_the_queries_of_a_scenario_meet_their_faults_in_order(contract: Contract) -> None:
    expected = {
        "malformed_answers": ["malformed_json", "empty_body", "truncated_json", "", ""],
        "html_error_while_polling": ["", "html_502", "html_503", "", ""],
        "server_errors_while_polling": ["error", "", "error", "", "error"],
        "new_fields": ["field_extra"] * 5,
        "number_for_id": ["integer_id"] * 5,
        "state_in_capitals": ["state_upper_case"] * 5,
    }
    for name, names in expected.items():
        caller = Watched(contract)
        create(caller, name)
        seen = []
        for _ in names:
            caller.query()
            seen.append(", ".join(caller.entry.faults))
        assert seen == names, name


@by_provider
def test_maintenance_is_over_after_a_minute(contract: Contract) -> None:
    caller = Watched(contract)
    create(caller, "maintenance_then_recovery")
    cases = []
    for _ in range(9):
        caller.query()
        cases.append(caller.entry.case)
        caller.clock.advance(10)
    assert cases == ["", *["maintenance"] * 6, "", ""]


@by_provider
def test_a_third_of_the_queries_over_a_flaky_network_is_reset(contract: Contract) -> None:
    caller = Watched(contract)
    create(caller, "flaky_network")
    resets = slow = 0
    for _ in range(300):
        caller.query()
        resets += caller.last.network is not None
        slow += caller.last.delay_ms > 0
    assert 70 < resets < 130
    assert 45 < slow < 90  # a third of the others: what is reset has no answer that could be late


@by_provider
def test_the_states_of_a_scenario(contract: Contract) -> None:
    way = [state.wire for state in contract.lifecycle.way()]
    running = [state.wire for state in contract.lifecycle.way() if state.phase is Phase.RUNNING]
    expected = {
        "success": way,
        "state_goes_back": [*way[:-1], *way[-3:-1], way[-1]],
        "unknown_state": [*way[:-1], "finalizing", way[-1]],
        "no_running_state": [state for state in way if state not in running],
        "slow_start": way,
        "progress_falls": way,
    }
    for name, states in expected.items():
        caller = Watched(contract)
        create(caller, name)
        assert [told(contract, "query", "state", reply.body) for _, reply in caller.walk()] == states, name


@by_provider
def test_two_tasks_of_a_scenario_count_each_for_itself(contract: Contract) -> None:
    caller = Watched(contract)
    create(caller, "malformed_answers")
    first = caller.task.id
    create(caller, "malformed_answers")
    for task_id in (first, caller.task.id):
        caller.query(task_id)
        assert caller.entry.faults == ("malformed_json",)
    assert create(caller, "answer_lost") == create(caller, "answer_lost") == 2


@by_provider
def test_every_try_of_a_create_is_counted_by_its_body(contract: Contract) -> None:
    caller = Watched(contract)
    one, other = (with_prompt(contract, f"a {word} [[mock:unreachable_at_first]]") for word in ("boat", "car"))
    seen = []
    for body in (one, other, one, other, other, one, one):
        caller.submit(body)
        seen.append(is_answered(caller))
    assert seen == [False, False, False, False, True, True, False]


@by_provider
def test_the_error_of_a_scenario_may_be_told_by_its_code_or_reason(contract: Contract) -> None:
    case = next(case for case in contract.errors.values() if case.id != contract.lifecycle.failure)
    for word in (case.id, case.reason or str(case.code)):
        mine = parse("mine", {"title": "T.", "outcome": "failed", "error": word}, faults.shipped(), [contract])
        caller = Watched(contract)
        object.__setattr__(caller.engine.settings, "scenarios", {"mine": mine})
        caller.submit(headers={"X-Mock-Scenario": "mine"})
        assert caller.task.course.error == contract.find_error(word).id  # type: ignore[union-attr]


# -- the files ---------------------------------------------------------------------------------------------------------


def test_at_least_25_scenarios_ship_and_all_of_them_are_for_any_provider() -> None:
    assert len(SHIPPED) >= 25
    for name, scenario in SHIPPED.items():
        assert scenario.title.endswith(".")
        assert len(scenario.title) <= 100
        assert scenario.note.endswith("."), f"{name} does not say what to do"
        for rule in scenario.faults:
            assert rule.match.provider is None
            assert rule.match.model is None


def test_a_scenario_is_told_in_words() -> None:
    scenario = parse(
        "mine",
        {
            "title": "Mine.",
            "outcome": "failed",
            "stretch": 2,
            "pace": "polls",
            "faults": [
                {"fault": "error", "case": "maintenance", "on": "query", "every": 3, "after": 2, "times": 4},
                {"fault": "callback_lost", "key": "a*"},
                {"fault": "network_refused", "times": 1, "probability": 0.5, "ramp_s": 9, "from_s": 1, "until_s": 5},
                {"fault": "answer_delayed", "on": "result_of_mine", "ttl_s": 3, "after": 1},
            ],
        },
        faults.shipped(),
    )
    assert list(course(scenario)) == [
        "The task fails with the failure that is usual with the provider.",
        "What moves it on: polls.",
        "Every state lasts 2 times as long.",
    ]
    assert [said(rule) for rule in scenario.faults] == [
        "error (case maintenance): The call is refused with an error; nothing is carried out. "
        "On queries, the first of every 3, 4 times, after the first 2.",
        "callback_lost: The callback is never sent. Key a*.",
        "network_refused: The connection is refused; nothing is carried out. "
        "Once, with a chance of 0.5, from 1 s on, until 5 s, the chance growing for 9 s.",
        "answer_delayed: The answer comes late. On result_of_mine, after the first, for 3 s.",
    ]
    assert list(course(Scenario("x", "X."))) == ["The task succeeds."]


BAD = """\
title: One of mine.
outcome: sometimes
stretch: -1
note: 5
faults:
  - fault: answer_lst
  - {fault: error, tims: 2}
  - fault: task_stuck
    phase: done
  - fault: task_fails
    on: query
  - lost
"""
PROBLEMS = [
    "bad: outcome is succeeded or failed, got 'sometimes' (bad.yaml:2 /outcome)",
    "bad: stretch is a number from 0 to 1000000, got -1 (bad.yaml:3 /stretch)",
    "bad: note is text, got 5 (bad.yaml:4 /note)",
    "bad: faults.0 knows no fault 'answer_lst'; did you mean answer_lost, answer_delayed, answer_lost_by_timeout? "
    "(bad.yaml:6 /faults/0/fault)",
    "bad: faults.1 error has no field 'tims'; did you mean times? (bad.yaml:7 /faults/1/tims)",
    "bad: faults.2 phase is one of queued, running, got 'done' (bad.yaml:9 /faults/2/phase)",
    "bad: faults.3 task_fails acts on submit, not on query (bad.yaml:11 /faults/3/on)",
    "bad: faults.4 needs the name of a fault, got 'lost' (bad.yaml:12 /faults/4)",
]


def test_a_bad_file_is_refused_whole_with_every_problem_and_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD, "utf-8")
    (tmp_path / "good.yaml").write_text("title: Good.\n", "utf-8")
    found, problems = scenarios.examine(tmp_path, faults.shipped())
    assert list(found) == ["good"]
    assert in_lines(problems).splitlines() == PROBLEMS
    with pytest.raises(ScenarioError) as refused:
        scenarios.load(tmp_path, faults.shipped())
    assert str(refused.value).splitlines() == PROBLEMS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "title is missing"),
        ("- a\n- b", "expected a mapping, got list"),
        ("title: t.\nfaults: {}", "faults is a list, got dict"),
        ("title: t.\nerror: generation_failed", "error is for a task that fails: outcome: failed is missing"),
        ("title: t.\nerror: 5\noutcome: failed", "error is the name of an ErrorCase, got 5"),
        ("title: t.\ntitel: u.", "knows no 'titel'; known: error, faults, note, outcome, pace"),
        ("title: t.\npace: fast", "pace is one of time, polls, instant, got 'fast'"),
        ("title: [", "not readable as YAML"),
        ("title: t.\noutcome: [failed]", "outcome is succeeded or failed, got ['failed']"),
        ("title: t.\noutcome: queued", "outcome is succeeded or failed, got 'queued'"),
        ("title: t.\noutcome: fail", "outcome is succeeded or failed, got 'fail'"),
        ("title: t.\nstuck_in: failed", "stuck_in is queued or running, got 'failed'"),
        ("title: t.\nstuck_in: done", "stuck_in is queued or running, got 'done'"),
    ],
)
def test_what_no_scenario_can_say(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.yaml").write_text(text, "utf-8")
    with pytest.raises(ScenarioError) as refused:
        scenarios.load(tmp_path, faults.shipped())
    assert message in str(refused.value)
    assert "bad.yaml" in str(refused.value)


def test_the_scenario_of_the_guide_is_good_and_goes_as_the_guide_says(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "guides" / "write-a-scenario.md").read_text("utf-8")
    (name, text), *rest = re.findall(r"cat > my-scenarios/(\w+)\.yaml <<'YAML'\n(.*?)YAML\n", page, re.DOTALL)
    assert rest == []
    (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    assert main(["scenarios", "check", str(tmp_path)]) == 0
    mine = scenarios.load(tmp_path, faults.shipped())
    caller = Watched(CONTRACTS[0])
    object.__setattr__(caller.engine.settings, "scenarios", mine)
    assert create(caller, name) == 3
    keys = re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE)
    assert keys == ["title", "note", "outcome", "error", "stuck_in", "stretch", "pace", "faults"]


scenario_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from([*Phase, "polls"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
rule_keys = ["case", "on", "times", "every", "after", "probability", "from_s", "ttl_s", "key", "seconds", "phase"]
scenario_files = st.dictionaries(
    st.sampled_from(["title", "note", "outcome", "error", "stuck_in", "stretch", "pace", "odd"]), scenario_values
).flatmap(
    lambda rest: st.lists(
        st.fixed_dictionaries(
            {"fault": st.sampled_from(sorted(faults.shipped())) | scenario_values},
            optional=dict.fromkeys(rule_keys, scenario_values),
        ),
        max_size=3,
    ).map(lambda listed: {"title": "T.", **rest, "faults": listed})
)


@given(scenario_files | scenario_values)
def test_whatever_a_file_holds_is_a_scenario_or_refused(data: Any) -> None:
    try:
        scenario = parse("any", data, faults.shipped())
    except ScenarioError as refused:
        if not refused.flaws:
            raise
        return
    assert all(said(rule) for rule in scenario.faults)
    assert list(course(scenario)) or scenario.faults


# -- the command -------------------------------------------------------------------------------------------------------

Captured = pytest.CaptureFixture[str]


def test_the_list_has_every_scenario_with_its_title(capsys: Captured) -> None:
    assert main(["scenarios", "list"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert {name for name in SHIPPED if f"{name}\n" in out} == set(SHIPPED)
    assert main(["scenarios", "list", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {name: each["title"] for name, each in shown.items()} == {n: s.title for n, s in SHIPPED.items()}


@by_scenario
def test_show_prints_the_file_and_what_it_means(name: str, capsys: Captured) -> None:
    assert main(["scenarios", "show", name]) == 0
    out = capsys.readouterr().out
    for line in (FOLDER / f"{name}.yaml").read_text("utf-8").splitlines():
        assert f"  {line}\n" in out
    assert "in words" in out
    assert "what to do" in out
    assert f"X-Mock-Scenario: {name}" in out


def test_show_of_nothing_names_the_near_ones(capsys: Captured) -> None:
    assert main(["scenarios", "show", "anser_lost"]) == 2
    assert "knows no scenario 'anser_lost'; did you mean answer_lost" in capsys.readouterr().err


def test_check_is_content_with_the_shipped_ones(capsys: Captured) -> None:
    assert main(["scenarios", "check", str(FOLDER)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.rsplit(": ", 1)[1] for line in lines] == ["good"] * len(SHIPPED)


def test_check_tells_every_problem_of_every_file_of_every_folder(tmp_path: Path, capsys: Captured) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "bad.yaml").write_text(BAD, "utf-8")
    (tmp_path / "one" / "good.yaml").write_text("title: Good.\n", "utf-8")
    (tmp_path / "one" / "other.yml").write_text("title: Other.\n", "utf-8")
    (tmp_path / "two" / "bad name.yaml").write_text("title: Bad.\n", "utf-8")
    (tmp_path / "two" / "unknown.yaml").write_text(
        "title: Unknown.\noutcome: failed\nerror: generation_faild\nfaults:\n"
        "  - {fault: error, case: rate_limitd}\n  - fault: html_502\n    on: recordInfos\n",
        "utf-8",
    )
    assert main(["scenarios", "check", str(tmp_path / "one"), str(tmp_path / "two")]) == 1
    out = capsys.readouterr().out
    for problem in PROBLEMS:
        assert problem in out
    for words in (
        f"{tmp_path / 'one' / 'bad.yaml'}: 8 errors",
        f"{tmp_path / 'one' / 'good.yaml'}: good",
        "  other.yml is not read: name it other.yaml\n",
        "  bad name.yaml is not read: a name is 1 to 64 letters, digits, dots, dashes and underscores\n",
        "unknown: knows no error case 'generation_faild'; did you mean generation_failed? (unknown.yaml:3 /error)",
        "unknown: faults.0 knows no error case 'rate_limitd'; did you mean rate_limited? "
        "(unknown.yaml:5 /faults/0/case)",
        "unknown: faults.1 knows no role or operation",
    ):
        assert words in out


def test_everything_wrong_with_one_file_is_told_at_once(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "bad.yaml").write_text(
        "title: T.\noutcome: queued\nerror: generation_faild\nfaults:\n"
        "  - {fault: error, case: rate_limitd, tims: 2, every: 0}\n  - {fault: task_fails, until_s: 5, from_s: x}\n",
        "utf-8",
    )
    assert main(["scenarios", "check", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path / 'bad.yaml'}: 7 errors",
        "  bad: outcome is succeeded or failed, got 'queued' (bad.yaml:2 /outcome)",
        "  bad: error is for a task that fails: outcome: failed is missing (bad.yaml:3 /error)",
        "  bad: knows no error case 'generation_faild'; did you mean generation_failed? (bad.yaml:3 /error)",
        "  bad: faults.0 error has no field 'tims'; did you mean times? (bad.yaml:5 /faults/0/tims)",
        "  bad: faults.0 every is a whole number from 1 to 1e+09, got 0 (bad.yaml:5 /faults/0/every)",
        "  bad: faults.0 knows no error case 'rate_limitd'; did you mean rate_limited? (bad.yaml:5 /faults/0/case)",
        "  bad: faults.1 from_s is a number from 0 to 1e+09, got 'x' (bad.yaml:6 /faults/1/from_s)",
    ]
    (tmp_path / "bad.yaml").write_text("title: 5\n", "utf-8")
    assert main(["scenarios", "check", str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'bad.yaml'}: 1 error\n")


def test_scenarios_of_ones_own_are_listed_shown_and_checked_with_faults_of_ones_own(
    tmp_path: Path, capsys: Captured
) -> None:
    for name, text in {
        "kinds/teapot": "title: A teapot.\npoint: answer\nact: {status: 418}\n",
        "stories/tea": "title: Tea first.\nfaults: [{fault: teapot, times: 1}]\n",
    }.items():
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir()
        path.write_text(text, "utf-8")
    stories, kinds = str(tmp_path / "stories"), ["--faults", str(tmp_path / "kinds")]
    assert main(["scenarios", "list", "--scenarios", stories, *kinds]) == 0
    out = capsys.readouterr().out
    assert "\ntea\n    Tea first.\n" in out
    assert "\nstuck\n" in out
    assert main(["scenarios", "show", "tea", "--scenarios", stories, *kinds]) == 0
    out = capsys.readouterr().out
    assert "  title: Tea first.\n" in out
    assert "  - teapot: A teapot. Once.\n" in out
    assert f"mockreel serve --scenario tea --scenarios {stories}\n" in out
    assert main(["scenarios", "show", "stuck", "--scenarios", stories, *kinds]) == 0
    assert "mockreel serve --scenario stuck\n" in capsys.readouterr().out
    assert main(["scenarios", "check", stories, *kinds]) == 0
    assert capsys.readouterr().out.endswith("tea.yaml: good\n")
    assert main(["scenarios", "list", "--scenarios", stories]) == 1
    assert capsys.readouterr().err.startswith("mockreel scenarios list: tea: faults.0 knows no fault 'teapot'; ")


def test_check_of_what_is_no_folder_of_scenarios_is_a_mistake_of_use(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "file.yaml").write_text("title: T.\n", "utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("", "utf-8")
    reasons = {"empty": "holds no YAML files", "none": "does not exist", "file.yaml": "is a file; give its folder"}
    assert main(["scenarios", "check", *(str(tmp_path / name) for name in reasons)]) == 2
    lines = [f"mockreel scenarios check: {tmp_path / name} {reason}" for name, reason in reasons.items()]
    assert capsys.readouterr().err.splitlines() == lines
    for name, reason in reasons.items():
        assert main(["scenarios", "list", "--scenarios", str(tmp_path / name)]) == 2
        assert capsys.readouterr().err == f"mockreel scenarios list: {tmp_path / name} {reason}\n"
    with pytest.raises(SystemExit) as ended:
        main(["scenarios", "check"])
    assert ended.value.code == 2
