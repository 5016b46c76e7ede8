"""The command line: exit codes, help, and errors that say what to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mockreel.cli import main
from mockreel_contracts import load, providers
from mockreel_contracts.loader import SHIPPED

Captured = pytest.CaptureFixture[str]


def test_without_a_command_the_help_is_shown(capsys: Captured) -> None:
    assert main([]) == 2
    assert "examples:" in capsys.readouterr().out


def test_contracts_list_names_every_model(capsys: Captured) -> None:
    assert main(["contracts", "list"]) == 0
    out = capsys.readouterr().out
    assert all(model in out for name in providers() for model in load(name).models)
    assert main(["contracts", "list", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == list(providers())


@pytest.mark.parametrize("provider", providers())
def test_contracts_show_has_every_operation_state_and_error(capsys: Captured, provider: str) -> None:
    assert main(["contracts", "show", provider]) == 0
    out = capsys.readouterr().out
    contract = load(provider)
    for word in (*contract.operations, *contract.errors, *(s.wire for s in contract.lifecycle.states.values())):
        assert word in out
    model = next(iter(contract.models))
    assert main(["contracts", "show", provider, "--model", model]) == 0
    assert "credits" in capsys.readouterr().out
    assert main(["contracts", "show", provider, "--model", "nothing"]) == 2
    assert model in capsys.readouterr().err


def test_contracts_show_of_nobody_says_who_there_is(capsys: Captured) -> None:
    assert main(["contracts", "show", "nobody"]) == 1
    assert capsys.readouterr().err == f"mockreel contracts: no provider 'nobody'; there are {', '.join(providers())}\n"
    assert main(["contracts", "show", "kie", "--profile", "obs"]) == 1
    text = "mockreel contracts: no profile 'obs' of kie; there are documented, observed, strict\n"
    assert capsys.readouterr().err == text


def test_contracts_check_is_quiet_about_the_shipped_ones(capsys: Captured) -> None:
    assert main(["contracts", "check"]) == 0
    assert [line.rsplit(": ", 1)[1] for line in capsys.readouterr().out.splitlines()] == ["good"] * len(providers())


def test_contracts_check_takes_one_folder_or_a_folder_of_them(tmp_path: Path, capsys: Captured) -> None:
    name = providers()[0]
    shutil.copytree(SHIPPED / name, tmp_path / name)
    path = tmp_path / name / "behavior.yaml"
    path.write_text(path.read_text("utf-8").replace("version: 1", "version: 2", 1), "utf-8")
    for folder in (tmp_path, tmp_path / name):
        assert main(["contracts", "check", str(folder)]) == 1
        out = capsys.readouterr().out
        assert "/version" in out
        assert ": 1 error, 0 warnings\n" in out
    assert main(["contracts", "check", str(tmp_path / "none")]) == 2
    assert main(["contracts", "check", str(tmp_path / name / "models")]) == 2


@pytest.mark.parametrize("provider", providers())
def test_contracts_openapi_prints_one_document(capsys: Captured, provider: str) -> None:
    assert main(["contracts", "openapi", provider]) == 0
    assert json.loads(capsys.readouterr().out) == load(provider).openapi


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--speed", "0"], 2, "speed is a number above 0"),
        (["--credits", "lots"], 2, "or unlimited; got 'lots'"),
        (["--credits", "1e400"], 2, "credits are a number from 0 to 1,000,000,000,000"),
        (["--profile", "nobody=strict"], 2, "a profile is NAME or PROVIDER=NAME for one of"),
        (["--profile", f"{providers()[0]}=strict,strict"], 2, "got 'strict'"),
        (["--scenario", "stuk"], 2, "knows no scenario 'stuk'; did you mean stuck"),
        (["--provider", "kei"], 2, "mockreel serve: no provider 'kei'; there are gateway, kie, vidu\n"),
        (["--profile", "kie=obs"], 2, "serve: no profile 'obs' of kie; there are documented, observed, strict\n"),
        (["--provider", "kie", "--contracts", "nowhere"], 2, "no provider 'kie'; there are none in nowhere"),
        (["--contracts", "nowhere"], 2, "holds no contract folders"),
    ],
)
def test_serve_refuses_what_cannot_be_served(arguments: list[str], code: int, text: str, capsys: Captured) -> None:
    assert main(["serve", "--port", "0", *arguments]) == code
    assert text in capsys.readouterr().err


def test_the_demo_of_nobody_says_who_there_is(capsys: Captured) -> None:
    assert main(["demo", "--provider", "nobody"]) == 2
    assert ", ".join(providers()) in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "99999", "x", "\u0663"])
def test_a_port_that_is_none_is_refused(port: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", f"--port={port}"])
    assert ended.value.code == 2
    assert "a port is a number from 0 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize("speed", ["0", "-1", "nan"])
def test_a_demo_at_no_speed_is_refused(speed: str, capsys: Captured) -> None:
    assert main(["demo", f"--speed={speed}"]) == 2
    assert "speed is a number above 0" in capsys.readouterr().err
