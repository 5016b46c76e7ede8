"""No fault goes further than its table says, by whatever way it is given; files of one's own are refused whole."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import pytest

from mockreel import MockProvider, faults, scenarios
from mockreel.cli import main
from mockreel.domain.faults.bounds import BOUNDS, MOST_ADDED, Span
from mockreel.domain.faults.effects import EFFECTS
from mockreel.domain.faults.fitting import unfit
from mockreel.domain.faults.kind import FaultError
from mockreel.domain.scenario import ScenarioError
from tests.faults.watched import CONTRACTS, Watched, by_provider

SHIPPED = faults.shipped()
NAN, INF = float("nan"), float("inf")
Captured = pytest.CaptureFixture[str]


def own(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    return tmp_path


def test_every_effect_that_is_a_number_a_text_or_an_object_has_its_bounds() -> None:
    for point, effects in EFFECTS.items():
        free = set()
        for name, hint in get_type_hints(effects).items():
            words = str(hint) if get_origin(hint) is not None else hint.__name__
            if "Literal" not in words and hint is not bool:
                free.add(name)
        assert free == set(BOUNDS[point]), point


@pytest.mark.parametrize(
    ("point", "effect", "bound"),
    [(point, name, bound) for point, table in BOUNDS.items() for name, bound in table.items()],
)
def test_what_is_at_a_bound_is_taken_and_what_is_past_it_is_not(point: str, effect: str, bound: Any) -> None:
    if isinstance(bound, Span):
        good: list[Any] = [bound.least, bound.most]
        bad: list[Any] = [bound.least - 1, bound.most + 1, NAN, INF, -INF, True, "1"]
    elif effect == "add":
        good, bad = [{"a": [1, {"b": None}]}], [{"a": NAN}, {"a": 2**70}, {"a": "\ud800"}, {"a": "x" * MOST_ADDED}, [1]]
    else:
        good, bad = ["x" * bound.most], ["x" * (bound.most + 1), "\ud800", 5]
        bad += ["", *(["a\r\nb", "a\x1bb"] if bound.kind != "any" else [])][0 if bound.least else 1 :]
        bad += ["text/ü", " text"] if bound.kind == "header" else []
    assert [value for value in good if unfit(point, {effect: value})] == []
    assert [value for value in bad if not unfit(point, {effect: value})] == []


def test_all_problems_of_all_files_are_told_at_once_with_file_line_and_pointer(tmp_path: Path) -> None:
    folder = own(
        tmp_path,
        one="title: One.\npoint: answer\nact:\n  status: 42\n  delay_s: -1\n  delay_sigma: -0.5\n"
        '  media_type: "text/\\r\\nx: y"\n  case: mantenance\n  colour: red\n',
        two="title: Two.\npoint: callback\nact:\n  copies: 1000000\n",
        rate_limited="title: Three.\npoint: answer\nact: {status: 500}\n",
    )
    with pytest.raises(FaultError) as refused:
        faults.load(folder, CONTRACTS)
    assert str(refused.value).splitlines() == [
        "one: status is a whole number from 200 to 599, got 42 (one.yaml:4 /act/status)",
        "one: delay_s is a number from 0 to 3600, got -1 (one.yaml:5 /act/delay_s)",
        "one: delay_sigma is a number from 0 to 5, got -0.5 (one.yaml:6 /act/delay_sigma)",
        "one: media_type is text, a line of ASCII of up to 200 characters, got 'text/\\r\\nx: y' "
        "(one.yaml:7 /act/media_type)",
        "one: point answer has no effect 'colour'; known: add, capitals, case, delay_s, delay_sigma, delay_to_s, drop, "
        "garble, keep, late_case, media_type, neutral, null, progress, retype, spoken, status, text, wrap "
        "(one.yaml:9 /act/colour)",
        "one: knows no error case 'mantenance'; did you mean maintenance? (one.yaml:8 /act/case)",
        f"rate_limited: is the name of the error rate_limited of {CONTRACTS[0].provider}, which X-Mock-Fault takes for "
        "the error; choose another for the file (rate_limited.yaml:1 /)",
        "two: copies is a whole number from 0 to 100, got 1000000 (two.yaml:4 /act/copies)",
    ]
    with pytest.raises(FaultError) as served:
        MockProvider(CONTRACTS[0].provider, faults=folder)
    assert str(served.value) == str(refused.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('title: "T\\e[31m."\nact: {status: 500}\n', "title is missing: a line"),
        ("title: T.\nnote: 5\nact: {status: 500}\n", "note is a line of text, got 5"),
        ("title: T.\nfields: {1: {default: 5}}\nact: {status: 500}\n", "fields: a name is small letters"),
        ("title: T.\nfields: {x: {default: 5, unit: 1}}\nact: {text: a}\n", "text and unit are lines"),
        ("title: T.\nfields: {x: {default: 5, one_of: [a]}}\nact: {text: a}\n", "one_of is for a field"),
        ("title: T.\nfields: {x: {default: 5}}\nact: {status: =x}\n", "status is a whole number from 200"),
        ("title: T.\nfields: {x: {default: oops}}\nact: {case: =x}\n", "knows no error case 'oops'"),
    ],
)
def test_what_no_file_can_say(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(FaultError) as refused:
        faults.load(own(tmp_path, bad=f"{text}point: answer\n"), CONTRACTS)
    assert problem in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_what_is_given_to_a_field_without_bounds_is_bounded_all_the_same(tmp_path: Path) -> None:
    folder = own(tmp_path, wait="title: T.\npoint: answer\nfields: {s: {default: 1.0}}\nact: {delay_s: =s}\n")
    with MockProvider(CONTRACTS[0].provider, faults=folder) as mock:
        for value in (-1, 3601, 1e300):
            with pytest.raises(FaultError, match="delay_s is a number from 0 to 3600"):
                mock.add_fault("wait", s=value)
        with pytest.raises(FaultError, match="s is any number"):
            mock.add_fault("wait", s=NAN)
        assert mock.add_fault("wait", s=3600).effects == {"delay_s": 3600}


@by_provider
@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_whose_status_has_no_body_has_none(contract: Any, status: int, tmp_path: Path) -> None:
    caller = Watched(contract)
    kinds = {**SHIPPED, **faults.load(own(tmp_path, none=f"title: T.\npoint: answer\nact: {{status: {status}}}\n"))}
    object.__setattr__(caller.engine.settings, "faults", kinds)
    caller.asking("submit", "none")
    assert (caller.last.status, caller.last.body) == (status, b"")


# -- scenarios ---------------------------------------------------------------------------------------------------------

UNKNOWN = """\
title: T.
outcome: failed
error: generation_faild
faults:
  - {fault: error, case: rate_limitd}
  - {fault: html_502, on: qery}
  - {fault: html_502, provider: nobody-*}
"""


def test_serve_and_python_refuse_what_check_refuses(tmp_path: Path, capsys: Captured) -> None:
    folder = own(tmp_path, bad=UNKNOWN)
    assert main(["scenarios", "check", str(folder)]) == 1
    problems = [line.strip() for line in capsys.readouterr().out.splitlines()[1:]]
    assert [problem.rpartition(" ")[2] for problem in problems] == [
        "/error)",
        "/faults/0/case)",
        "/faults/1/on)",
        "/faults/2/provider)",
    ]
    with pytest.raises(ScenarioError) as refused:
        MockProvider(CONTRACTS[0].provider, scenarios=folder)
    assert str(refused.value).splitlines() == problems
    assert main(["serve", "--provider", CONTRACTS[0].provider, "--scenarios", str(folder)]) == 2
    assert capsys.readouterr().err == f"mockreel serve: {refused.value}\n"


def test_a_folder_may_name_what_only_another_shipped_provider_has(tmp_path: Path) -> None:
    first, second = CONTRACTS[:2]
    case = next(case for case in second.errors if first.find_error(case) is None)
    operation = second.by_role("query")[0].id
    text = f"title: T.\nfaults: [{{fault: error, case: {case}, on: {operation}, provider: {second.provider}}}]\n"
    with MockProvider(first.provider, scenarios=own(tmp_path, mine=text)) as mock:
        assert "mine" in mock.engine.settings.scenarios


def test_words_of_contracts_of_ones_own_are_known_where_the_folder_is_given(tmp_path: Path, capsys: Captured) -> None:
    contracts = Path(scenarios.__file__).parents[3] / "contracts" / "mockreel_contracts" / "providers"
    (tmp_path / "mine").mkdir()
    copy = tmp_path / "mine" / "acme"
    copy.symlink_to(contracts / CONTRACTS[0].provider)
    stories = tmp_path / "stories"
    stories.mkdir()
    own(stories, mine="title: T.\nfaults: [{fault: html_502, provider: acme}]\n")
    assert main(["scenarios", "check", str(stories)]) == 1
    assert main(["scenarios", "check", str(stories), "--contracts", str(tmp_path / "mine")]) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    ("name", "reason"),
    [("none", "does not exist"), ("file.yaml", "is a file; give its folder"), ("empty", "holds no YAML files")],
)
def test_a_folder_that_cannot_be_read_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    own(tmp_path, file="title: T.\n")
    (tmp_path / "empty").mkdir()
    for what in ("faults", "scenarios"):
        with pytest.raises(ValueError, match=f"^{what} is a folder of YAML files: .*{name} {reason}$"):
            MockProvider(CONTRACTS[0].provider, **{what: tmp_path / name})


def test_a_scenario_has_only_so_many_faults(tmp_path: Path) -> None:
    text = "title: T.\nfaults:\n" + "  - {fault: html_502}\n" * 101
    with pytest.raises(ScenarioError, match="faults is a list of up to 100, got 101"):
        scenarios.load(own(tmp_path, bad=text), SHIPPED)


def test_the_fault_of_the_guide_is_good(tmp_path: Path, capsys: Captured) -> None:
    page = (Path(__file__).parents[2] / "docs" / "guides" / "inject-faults.md").read_text("utf-8")
    ((name, text),) = re.findall(r"cat > my-faults/(\w+)\.yaml <<'YAML'\n(.*?)YAML\n", page, re.DOTALL)
    assert main(["faults", "show", name, "--faults", str(own(tmp_path, **{name: text}))]) == 0
    assert "X-Mock-Fault: teapot; seconds=3" in capsys.readouterr().out
