"""`mockreel contracts diff`: what it prints, its exit codes, and what it says of what cannot be read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mockreel.cli import main
from mockreel_contracts.loader import SHIPPED
from tests.diff import small

Captured = pytest.CaptureFixture[str]
GUIDE = Path(__file__).parents[2] / "docs/guides/compare-contracts.md"
HEAD = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n"


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    a = small.write(tmp_path / "a" / "films", small.FILES)
    b = small.write(tmp_path / "b" / "films", small.edited("models/noir.yaml#/properties/script", {"maxLength": 60}))
    return str(a), str(b)


def diff(*arguments: str) -> int:
    return main(["contracts", "diff", *arguments])


def test_nothing_changed(pair: tuple[str, str], capsys: Captured) -> None:
    assert diff(pair[0], pair[0]) == 0
    assert capsys.readouterr().out == "no change of behavior\n"


@pytest.mark.parametrize(("fail_on", "code"), [("callers", 0), ("servers", 1), ("any", 1), ("none", 0)])
def test_the_exit_code_is_about_those_that_were_asked_for(pair: tuple[str, str], fail_on: str, code: int) -> None:
    assert diff(*pair, "--fail-on", fail_on) == code


def test_what_cannot_be_decided_counts_unless_allowed(tmp_path: Path, pair: tuple[str, str]) -> None:
    b = small.write(tmp_path / "c" / "films", small.edited("models/noir.yaml#/properties/script", {"sparkle": 1}))
    assert diff(pair[0], str(b)) == 1
    assert diff(pair[0], str(b), "--allow-unknown") == 0


def test_the_json_has_its_shape(pair: tuple[str, str], capsys: Captured) -> None:
    assert diff(*pair, "--json") == 1
    report = json.loads(capsys.readouterr().out)
    (change,) = report.pop("changes")
    assert report == {
        "a": {"name": pair[0], "profile": "documented"},
        "b": {"name": pair[1], "profile": "documented"},
        "verdict": {"callers": "safe", "servers": "breaking"},
        "notes": [],
    }
    assert change.pop("b") == {**change.pop("a"), "file": f"{pair[1]}/models/noir.yaml"}
    assert change == {
        "provider": "",
        "part": "POST /films",
        "also": [],
        "kind": "behavior",
        "change": "noir: body.script: maxLength 50 became 60",
        "breaks": {
            "callers": {"verdict": "safe", "why": "every request that A accepts is accepted"},
            "servers": {"verdict": "breaking", "why": "a server written for A refuses what B accepts"},
        },
    }


def test_texts_are_shown_only_when_asked_for(tmp_path: Path, pair: tuple[str, str], capsys: Captured) -> None:
    b = small.write(tmp_path / "c" / "films", small.edited("behavior.yaml#/ids", {"note": "Else."}))
    assert diff(pair[0], str(b)) == 0
    assert capsys.readouterr().out == "no change of behavior (1 change of texts: --all)\n"
    assert diff(pair[0], str(b), "--all") == 0
    assert "note is new" in capsys.readouterr().out


def test_folders_of_contracts_are_compared_by_provider(tmp_path: Path, capsys: Captured) -> None:
    before = tmp_path / "before"
    shutil.copytree(SHIPPED, before)
    assert diff(str(before), str(SHIPPED)) == 0
    shutil.rmtree(before / "vidu")
    assert diff(str(SHIPPED), str(before), "--fail-on", "servers") == 0
    assert diff(str(SHIPPED), str(before)) == 1
    assert "the contract of vidu is gone" in capsys.readouterr().out
    assert diff(str(SHIPPED), str(before / "kie")) == 2
    assert "A is a folder of several contracts" in capsys.readouterr().err


def test_a_shipped_contract_is_called_by_its_name_and_profiles_are_compared(capsys: Captured) -> None:
    assert diff("kie", str(SHIPPED / "kie")) == 0
    assert diff("kie", "kie", "--profile-b", "strict", "--fail-on", "callers") == 1
    out = capsys.readouterr().out
    assert "body.input.duration is not 10 any more" in out
    assert "behavior.yaml:" in out


def test_a_document_and_a_folder_are_compared_by_shape(capsys: Captured) -> None:
    assert diff("kie", str(SHIPPED / "kie" / "openapi.yaml")) == 0
    assert "only the shape is compared" in capsys.readouterr().out


def test_a_bundled_document_is_the_same_as_its_files(tmp_path: Path, capsys: Captured) -> None:
    assert main(["contracts", "openapi", "vidu"]) == 0
    path = tmp_path / "vidu.json"
    path.write_text(capsys.readouterr().out, "utf-8")
    assert diff("vidu", str(path)) == 0


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "a: [", "a.yaml:2 /: not readable as YAML"),
        ("a.json", '{"a": ', "not readable as JSON"),
        ("a.json", '{"openapi": "3.1.0", "x": NaN}', "NaN is not a number that JSON can carry"),
        ("a.yaml", "- 1", "is no OpenAPI document"),
        ("a.yaml", "", "is no OpenAPI document"),
        ("a.yaml", "swagger: '2.0'", "got Swagger 2.0"),
        ("a.yaml", f"{HEAD}paths: []", "a.yaml:3 /paths: is not made as in OpenAPI; expected an object, got list"),
        ("a.yaml", f"{HEAD}paths: {{/a: {{get: 3}}}}", "/paths/~1a/get: is not made as in OpenAPI"),
        ("a.yaml", f"{HEAD}paths: {{/a: {{$ref: '#/x'}}}}", "a.yaml:3 /paths/~1a/$ref: refers to '#/x', and there is"),
        ("a.yaml", f"{HEAD}paths: {{/a: {{$ref: 'https://x.example/a'}}}}", "which is not a file on this machine"),
        ("a.yaml", f"{HEAD}paths: {{/a: {{$ref: 'b.yaml'}}}}", "refers to 'b.yaml', and there is nothing"),
        ("a.yaml", f"{HEAD}x: {'[' * 200}{']' * 200}", "nested deeper than 100"),
        ("a.json", '{"openapi": "3.1.0", "x": ' + "[" * 200 + "]" * 200 + "}", "nested deeper than 100"),
        ("a.json", '{"openapi": "3.1.0", "x": ' + "[" * 99999 + "]" * 99999 + "}", "nested deeper than 100"),
        ("a.yaml", f"{HEAD}x: '{'a' * 2_100_000}'", "is too large"),
        ("a.yaml", "\0", "not readable as YAML"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_cannot_be_read_is_said_with_its_place(
    name: str, text: str, said: str, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    for pair in ((str(tmp_path / name), "kie"), ("kie", str(tmp_path / name))):
        assert diff(*pair) == 2
        assert said in capsys.readouterr().err


def test_what_is_not_there_is_said(tmp_path: Path, capsys: Captured) -> None:
    assert diff("kei", "kie") == 2
    assert "a shipped provider (gateway, kie, vidu)" in capsys.readouterr().err
    assert diff(str(tmp_path), "kie") == 2
    assert "holds no behavior.yaml" in capsys.readouterr().err
    assert diff("kie", "kie", "--profile", "shy") == 2
    assert "has no such profile" in capsys.readouterr().err
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    assert diff(str(tmp_path / "bytes.yaml"), "kie") == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_broken_contract_folder_is_said_with_its_place(tmp_path: Path, capsys: Captured) -> None:
    folder = small.write(tmp_path / "films", small.edited("behavior.yaml#/lifecycle", {"initial": "nowhere"}))
    assert diff("kie", str(folder)) == 2
    assert "/lifecycle/initial: is not a state" in capsys.readouterr().err


def test_places_below_the_current_folder_are_told_from_there(
    tmp_path: Path, pair: tuple[str, str], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["contracts", "diff", *(str(Path(each).resolve()) for each in pair)])
    places = [line for line in capsys.readouterr().out.splitlines() if line.lstrip().startswith("A ")]
    assert places
    assert not [line for line in places if str(tmp_path) in line]


def test_a_document_cannot_steer_the_terminal(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "a.yaml").write_text(f"{HEAD}paths: {{}}\n")
    (tmp_path / "b.yaml").write_text(f'{HEAD}paths:\n  "/\\e[31m": {{get: {{responses: {{}}}}}}\n')
    diff(str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml"))
    told = capsys.readouterr()
    assert "/\\x1b[31m" in told.out
    assert "\x1b" not in told.out + told.err
