"""Every shipped fault is a good file, is asked for as its example says, and is named by a test or a scenario."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mockreel import faults, scenarios
from mockreel.cli import main
from mockreel.domain.faults.asked import parse
from mockreel.domain.faults.effects import ACTS_ON, EFFECTS, Point
from mockreel.domain.faults.fitting import unfit
from mockreel.domain.faults.kind import ROLES, FaultError, FaultKind, near_misses
from mockreel.domain.faults.parsing import parse as read
from mockreel.domain.faults.rule import make
from mockreel.domain.faults.wording import POINTS
from tests.faults.watched import CONTRACTS, Watched

SHIPPED = faults.shipped()
ROOT = Path(__file__).parents[2]
Captured = pytest.CaptureFixture[str]
by_name = pytest.mark.parametrize("name", SHIPPED)


def write(tmp_path: Path, **files: str) -> list[str]:
    """Load a folder of these files; return the lines of what it is refused with."""
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    with pytest.raises(FaultError) as refused:
        faults.load(tmp_path)
    return str(refused.value).splitlines()


# -- the shipped files -------------------------------------------------------------------------------------------------


@by_name
def test_the_example_of_a_fault_asks_for_that_fault(name: str) -> None:
    kind = SHIPPED[name]
    assert kind.example.startswith("X-Mock-Fault: ")
    header = kind.example.removeprefix("X-Mock-Fault: ")
    for contract in CONTRACTS:
        asked = parse(header, contract, SHIPPED)
        assert asked.names == (name,)
        caller, plain = Watched(contract), Watched(contract)
        caller.asking("submit", header)
        plain.submit()
        is_plain = kind.point == "answer" and caller.last == plain.last
        if is_plain or (kind.point == "callback" and "callbacks" not in caller.entry.decision):  # no state, no URL
            assert caller.entry.decision.endswith(f"; met with nothing to act on: {name}")
        else:
            assert caller.entry.faults == (name,)


@by_name
def test_an_example_shows_the_first_field_that_a_header_can_carry(name: str) -> None:
    kind = SHIPPED[name]
    shown = [field for field in kind.fields.values() if not isinstance(field.default, dict)]
    if shown:
        assert f"; {shown[0].name}=" in kind.example


@by_name
def test_a_fault_says_what_the_caller_sees_in_a_line(name: str) -> None:
    kind = SHIPPED[name]
    assert kind.title.endswith(".")
    assert len(kind.title) <= 76
    assert re.fullmatch("[a-z][a-z0-9_]*", name)
    assert all(field.text.endswith(".") for field in kind.fields.values())
    assert not kind.note or kind.note.endswith(".")


@by_name
def test_every_field_acts(name: str) -> None:
    kind = SHIPPED[name]
    for field in kind.fields.values():
        others: tuple[Any, ...] = ()
        if field.one_of:
            others = field.one_of
        elif isinstance(field.default, int | float):
            others = (field.least, field.most)
        elif isinstance(field.default, str):
            others = ("other",)
        else:
            others = ({"other": 1},)
        made = [kind.effects({field.name: other}) for other in others]
        assert any(effects != kind.effects({}) for effects in made)


def test_no_fault_has_the_name_of_an_error_of_some_provider() -> None:
    for contract in CONTRACTS:
        assert [name for name in SHIPPED if contract.find_error(name) is not None] == []


def test_faults_of_every_point_ship_and_every_effect_is_used() -> None:
    assert len(SHIPPED) >= 70
    used = {(kind.point, effect) for kind in SHIPPED.values() for effect in kind.act}
    known = {(point, effect) for point, effects in EFFECTS.items() for effect in effects.__dataclass_fields__}
    assert known - used == {("answer", "progress")}


def test_faults_that_break_every_contract_are_marked_and_only_those_of_answers_and_tasks_do() -> None:
    marked = {name for name, kind in SHIPPED.items() if kind.breaks_contract}
    assert {SHIPPED[name].point for name in marked} == {"answer", "task"}
    assert {"malformed_json", "integer_id", "state_goes_back", "success_without_url"} <= marked
    assert not marked & {"error", "error_under_200", "field_extra", "answer_delayed", "task_fails", "task_stuck"}


def test_every_fault_is_named_by_a_test_or_a_scenario() -> None:
    pages = [*(ROOT / "tests").rglob("test_*.py"), *Path(scenarios.__file__).parent.glob("*.yaml")]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    assert [name for name in SHIPPED if not re.search(rf"(?<![a-z_]){name}(?![a-z_])", text)] == []


def test_the_points_and_roles_are_those_of_the_vocabulary() -> None:
    assert set(get_args(Point)) == set(EFFECTS) == set(ACTS_ON) == set(POINTS)
    assert set().union(*ACTS_ON.values()) == set(ROLES)


def test_without_a_word_a_fault_is_for_the_calls_on_which_it_acts() -> None:
    for kind in SHIPPED.values():
        expected = {"answer": {None, "query", "submit"}, "network": {None, "submit"}, "result": {"result"}}
        assert kind.on in expected.get(kind.point, {"submit"})


# -- files of one's own ------------------------------------------------------------------------------------------------


def test_every_problem_of_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    text = """\
title: 5
point: answer
on: result
breaks_contract: sometimes
colour: red
fields:
  one: {text: No default.}
  two:
    default: 5
    least: 6
  times: {default: 1}
  four: {default: null}
  five: {default: x, one_of: y}
act:
  delay_s: =none
"""
    assert write(tmp_path, bad=text) == [
        "bad: knows no 'colour'; known: act, breaks_contract, example, fields, note, on, point, title "
        "(bad.yaml:5 /colour)",
        "bad: title is missing: a line that says what the caller sees (bad.yaml:1 /title)",
        "bad: breaks_contract is true or false, got 'sometimes' (bad.yaml:4 /breaks_contract)",
        "bad: on is one of balance, cancel, download, list, query, submit for point answer, got 'result' "
        "(bad.yaml:3 /on)",
        "bad: fields.one needs a default, and takes default, least, most, text, unit, one_of (bad.yaml:7 /fields/one)",
        "bad: fields.two.default: two is from 6, got 5 (bad.yaml:8 /fields/two)",
        "bad: fields.times is a word that rules have for themselves; choose another (bad.yaml:11 /fields/times)",
        "bad: fields.four.default is true or false, a whole number, a number, text, an object; got None "
        "(bad.yaml:12 /fields/four)",
        "bad: fields.five.one_of is a list of texts (bad.yaml:13 /fields/five)",
        "bad: act says =none, which is not one of its fields (bad.yaml:15 /act/delay_s)",
    ]


@pytest.mark.parametrize(
    ("point", "act", "problem"),
    [
        ("answer", "{status: none}", "status is a whole number from 200 to 599, got 'none'"),
        ("answer", "{status: true}", "status is a whole number from 200 to 599, got True"),
        ("answer", "{delay_s: soon}", "delay_s is a number from 0 to 3600, got 'soon'"),
        ("answer", "{capitals: 1}", "capitals is true or false, got 1"),
        ("answer", "{drop: state}", "drop is a list, each one of task_id, state"),
        ("answer", "{drop: [colour]}", "drop is a list, each one of task_id, state"),
        ("answer", "{add: [1]}", "add is an object of JSON's kinds of value, up to 65536 bytes, got (1,)"),
        ("network", "{reset: later}", "reset is one of before, after, middle, got 'later'"),
        ("task", "{stuck_in: failed}", "stuck_in is one of queued, running, got 'failed'"),
        ("task", "{skip: [failed]}", "skip is a list, each one of queued, running"),
        ("task", "{result: odd}", "result is one of none, empty, partial, unreadable, got 'odd'"),
        ("money", "{twice: 2}", "twice is true or false, got 2"),
        ("result", "{state: odd}", "point result has no effect 'state'; known: corrupt, delay_s"),
    ],
)
def test_an_effect_that_cannot_be_is_refused_when_the_file_is_read(
    tmp_path: Path, point: str, act: str, problem: str
) -> None:
    (line,) = write(tmp_path, bad=f"title: Bad.\npoint: {point}\nact: {act}\n")
    assert line.startswith(f"bad: {problem}")
    effect = re.findall(r"\w+", act)[0]
    assert line.endswith(f"(bad.yaml:3 /act/{effect})")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-10, 10)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["=one", "=x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["one", "x", "times", "delay_s", "drop", "add", "stuck_in", "reset", "wait_s"])
fault_files = st.fixed_dictionaries(
    {},
    optional={
        "title": json_values | st.just("T."),
        "point": json_values | st.sampled_from(get_args(Point)),
        "on": json_values | st.sampled_from(ROLES),
        "breaks_contract": json_values,
        "fields": json_values
        | st.dictionaries(
            names,
            json_values
            | st.fixed_dictionaries(
                {"default": json_values},
                optional=dict.fromkeys(("least", "most", "unit", "text", "one_of"), json_values),
            ),
            max_size=3,
        ),
        "act": json_values | st.dictionaries(names, json_values, max_size=3),
        "example": json_values,
        "note": json_values,
        "odd": json_values,
    },
)


@given(fault_files | json_values, json_values)
def test_whatever_a_file_holds_is_a_fault_or_refused(data: Any, value: Any) -> None:
    try:
        kind = read("any", data)
    except FaultError as refused:
        if not refused.flaws or not str(refused).startswith("any: "):
            raise
        return
    assert kind.effects({}) is not None
    for name in kind.fields:
        with contextlib.suppress(FaultError):
            kind.effects({name: value})


def test_a_value_that_makes_an_effect_impossible_is_refused_when_it_is_given(tmp_path: Path) -> None:
    text = "title: T.\npoint: task\nfields: {phase: {default: queued}}\nact: {stuck_in: =phase}\n"
    (tmp_path / "mine.yaml").write_text(text, "utf-8")
    kind = faults.load(tmp_path)["mine"]
    assert kind.effects({}) == {"stuck_in": "queued"}
    with pytest.raises(FaultError, match="stuck_in is one of queued, running, got 'gone'"):
        kind.effects({"phase": "gone"})


def test_a_fault_of_ones_own_is_asked_for_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "teapot.yaml").write_text("title: A teapot.\npoint: answer\nact: {status: 418, text: short}\n", "utf-8")
    kind = faults.load(tmp_path)["teapot"]
    assert kind == FaultKind(
        "teapot", "A teapot.", "answer", None, False, {}, {"status": 418, "text": "short"}, "X-Mock-Fault: teapot"
    )
    assert unfit("answer", kind.effects({})) == []


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_list_shows_every_fault_with_fields_units_and_an_example(capsys: Captured) -> None:
    assert main(["faults", "list"]) == 0
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if len(line) > 80] == []
    for name, kind in SHIPPED.items():
        mark = "  (breaks every contract)" if kind.breaks_contract else ""
        assert f"\n  {name}{mark}\n" in out
        assert f"      {kind.example}\n" in out
        assert all(f"      {field}=" in out for field in kind.fields)
    assert "seconds=5 (from 0 to 3600 s)" in out


@pytest.mark.parametrize("point", get_args(Point))
def test_the_list_of_a_point_shows_its_faults_alone(point: str, capsys: Captured) -> None:
    assert main(["faults", "list", "--point", point]) == 0
    out = capsys.readouterr().out
    shown = re.findall(r"^  ([a-z0-9_]+)(?:  \(.*\))?$", out, re.MULTILINE)
    assert shown == [name for name, kind in SHIPPED.items() if kind.point == point]


def test_the_list_as_json_is_what_the_control_api_shows(capsys: Captured) -> None:
    assert main(["faults", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {name: kind.as_json() for name, kind in SHIPPED.items()}
    assert main(["faults", "list", "--json", "--point", "money"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == ["charged_twice", "refund_late", "refund_missing"]


def test_an_unknown_point_is_a_mistake_of_use(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["faults", "list", "--point", "nowhere"])
    assert ended.value.code == 2
    assert "answer" in capsys.readouterr().err


@by_name
def test_show_tells_how_a_fault_is_asked_for_and_the_python_in_it_runs(name: str, capsys: Captured) -> None:
    from mockreel import MockProvider

    assert main(["faults", "show", name]) == 0
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if len(line) > 110] == []
    assert SHIPPED[name].example in out
    call = re.search(r"mock\.add_fault\(.*\)", out)
    line = re.search(r"curl .*\\\n.*", out)
    item = re.search(r"in a scenario  faults: (.*)", out)
    assert call is not None
    assert line is not None
    assert item is not None
    command = shlex.split(line[0].replace("\\\n", ""))
    assert command[:3] == ["curl", "-s", "http://127.0.0.1:8455/_mock/faults"]
    assert command[3:-1] == ["-H", "Content-Type: application/json", "-d"]
    with MockProvider(CONTRACTS[0].provider) as mock:
        rule = eval(call[0], {"mock": mock})  # noqa: S307
        assert rule.kind is SHIPPED[name]
        (posted,) = mock.engine.add_faults(json.loads(command[-1])["faults"])
        asked = parse(SHIPPED[name].example.removeprefix("X-Mock-Fault: "), CONTRACTS[0], SHIPPED)
        assert rule.effects == posted.effects == asked.effects[SHIPPED[name].point]
        assert yaml.safe_load(item[1]) == [{"fault": name, **rule.values}]


def test_show_says_which_other_calls_may_be_meant(capsys: Captured) -> None:
    assert main(["faults", "show", "answer_lost"]) == 0
    text = "It is met by submit calls; in a rule `on` may be one of balance, cancel, download, list, query, result."
    assert text in " ".join(capsys.readouterr().out.split())


def test_faults_of_ones_own_are_listed_and_shown(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "teapot.yaml").write_text(
        "title: A teapot.\npoint: answer\nfields: {brew: {default: tea}}\nact: {text: =brew}\n"
        "example: 'put = on; brew = yes; x'\n",
        "utf-8",
    )
    assert main(["faults", "list", "--faults", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "\n  teapot\n    A teapot.\n" in out
    assert "\n  answer_lost\n" in out
    assert main(["faults", "show", "teapot", "--faults", str(tmp_path)]) == 0
    assert "in a scenario  faults: [{fault: teapot, brew: 'yes'}]\n" in capsys.readouterr().out
    (tmp_path / "bad.yaml").write_text("title: Bad.\npoint: nowhere\n", "utf-8")
    assert main(["faults", "list", "--faults", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("mockreel faults list: bad: point is one of answer, ")
    assert main(["faults", "list", "--faults", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err == f"mockreel faults list: {tmp_path / 'none'} does not exist\n"


def test_a_fault_and_a_rule_are_printed_in_a_line() -> None:
    rule = make("f-1", SHIPPED["error"], {"case": "maintenance", "on": "submit", "key": "test-*", "times": 2})
    rule.seen, rule.fired = 5, 2
    assert str(rule) == "f-1 error (case=maintenance) on submit, key test-*, times 2: 2 of 5 calls met it"
    assert repr(make("f-2", SHIPPED["html_502"], {})) == "<Rule f-2 html_502: 0 of 0 calls met it>"
    assert repr(SHIPPED["error"]) == "FaultKind('error')"


def test_only_names_that_are_near_are_suggested() -> None:
    known = {**SHIPPED, **scenarios.shipped(), **CONTRACTS[0].errors}
    assert near_misses("fault", "nonsens", known).startswith("knows no fault 'nonsens'; known: ")
    assert "internal_error" in near_misses("fault", "internl_error", known)
    assert near_misses("scenario", "stuk", known).endswith("did you mean stuck?")


def test_show_of_nothing_names_the_near_ones(capsys: Captured) -> None:
    assert main(["faults", "show", "html_504"]) == 2
    assert "knows no fault 'html_504'; did you mean html_503, html_502" in capsys.readouterr().err
