"""`mockreel verify server` as it is called."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockreel.cli import main
from mockreel.conformance import verify_server
from mockreel.conformance.exchange import Record
from mockreel.conformance.judging import judge
from mockreel.provider import MockProvider
from mockreel_contracts import load, providers

ROOT = Path(__file__).parents[2]
FIRST = providers()[0]
CHEAP = ["--check", "auth_not_enforced"]


@pytest.fixture
def url() -> Iterator[str]:
    with MockProvider(FIRST, seed=7) as mock, mock.serve() as served:
        yield served


def verify(*arguments: str) -> int:
    return main(["verify", "server", *arguments])


def test_a_good_server_passes_and_the_line_that_repeats_the_run_is_printed(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(url, "--provider", FIRST, "--api-key", "any", *CHEAP) == 0
    told = capsys.readouterr()
    assert f"mockreel verify server {url} --provider {FIRST} --seed 0 --check auth_not_enforced" in told.out
    assert "auth" in told.err, "each step is told"


def test_the_json_is_the_report_and_nothing_else(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(url, "--provider", FIRST, "--api-key", "any", "--json", *CHEAP) == 0
    told = capsys.readouterr()
    report = json.loads(told.out)
    assert (report["verdict"], report["credits_spent"], told.err) == ("pass", 0, "")
    assert [check["id"] for check in report["checks"]] == ["auth_not_enforced"]


def test_reports_are_written_and_hold_no_key(url: str, tmp_path: Path) -> None:
    arguments = [url, "--provider", FIRST, "--api-key", "a-very-secret-key", "--report-dir", str(tmp_path), *CHEAP]
    assert verify(*arguments) == 0
    written = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert set(written) == {"report.json", "report.junit.xml", "report.sarif", "report.html"}
    assert not any("a-very-secret-key" in text for text in written.values())


def test_too_little_coverage_fails(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(url, "--provider", FIRST, "--api-key", "any", "--fail-under", "100", *CHEAP) == 1
    assert "coverage_reached" in capsys.readouterr().out


def test_what_of_a_run_cannot_come_out_is_said_before_it(
    url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    old = tmp_path / "report.json"
    old.write_text('{"kind": "server", "provider": "another", "checks": []}')
    for option, value in (("--report-dir", old), ("--baseline", old)):
        assert verify(url, "--provider", FIRST, "--api-key", "k", option, str(value), *CHEAP) == 2
        assert " s  auth" not in capsys.readouterr().err, "nothing was sent"


def test_a_run_of_some_checks_says_nothing_of_coverage(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(url, "--provider", FIRST, "--api-key", "k", *CHEAP) == 0
    said = capsys.readouterr().out
    assert "coverage of" not in said
    assert not said.endswith("\n\n")


def test_a_run_in_which_nothing_could_be_checked_is_no_success(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [url, "--provider", FIRST, "--api-key", "any", "--budget", "0", "--check", "id_duplicate"]
    assert verify(*arguments) == 2
    assert "no check could be made" in capsys.readouterr().out


def test_what_a_contract_has_none_of_is_said_to_be_so() -> None:
    """Not "none, or nobody looked": a reader must know whether there is anything to do."""
    for name in providers():
        contract = load(name)
        results = judge(Record(contract))
        assert {each.message for each in results if each.layer == "list"} == (
            {"the contract has no list operation"}
            if not contract.by_role("list")
            else {"no task was made", "no second API key is known; give --other-key"}
        )
        silent = {each.message for each in results if each.layer == "callbacks"} == {"the contract has no callbacks"}
        assert silent is (contract.callback is None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give the base URL and --provider NAME"),
        (["http://127.0.0.1:1", "--provider", FIRST, "--api-key", "k"], "nobody answers at http://127.0.0.1:1"),
        (["http://127.0.0.1:1", "--provider", "nobody"], "name one provider of"),
        (["127.0.0.1:8455", "--provider", FIRST, "--api-key", "k"], "the base URL is like http://127.0.0.1:8455"),
        (["http://127.0.0.1:1", "--provider", FIRST], "no API key is given"),
        (["http://127.0.0.1:1", "--provider", FIRST, "--api-key", "k", "--budget", "-1"], "--budget: credits are"),
        (["http://127.0.0.1:1", "--provider", FIRST, "--api-key", "k", "--model", "none"], "has no model none"),
        (["http://127.0.0.1:1", "--provider", FIRST, "--api-key", "k", "--max-time", "0"], "above 0, got 0"),
        (["http://127.0.0.1:1", "--provider", FIRST, "--api-key", "k", "--format", "pdf"], "--format is some of"),
        (["http://127.0.0.1:1", "--provider", FIRST, "--fail-under", "101"], "a percentage from 0 to 100, got 101"),
        (["http://127.0.0.1:1", "--provider", FIRST, "--fail-under", "-1"], "a percentage from 0 to 100, got -1"),
        (["http://127.0.0.1:1", "--provider", FIRST, "--api-key", "k", "--report-dir", __file__], "it is a file; name"),
        (["http://127.0.0.1:1", "--provider", FIRST, "--api-key", "k", "--baseline", __file__], "not JSON"),
        (["http://127.0.0.1:1", "--provider", FIRST, "--api-key", "k"], f"mockreel serve --provider {FIRST}"),
        (["http://127.0.0.1:1", "--provider", FIRST, "--contracts", "/nowhere"], "there are no contracts in /nowhere"),
        (["http://127.0.0.1:1", "--provider", FIRST, "--check", "charged_twise"], "did you mean charged_twice?"),
        (["http://127.0.0.1:1", "--provider", FIRST, "--baseline", "nowhere.json"], "nowhere.json cannot be read"),
        (
            ["http://127.0.0.1:1", "--provider", FIRST, "--api-key", "k", "--control", "http://127.0.0.1:1"],
            "the control API does not answer",
        ),
    ],
)
def test_what_cannot_be_verified_is_said(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOCKREEL_API_KEY", raising=False)
    assert verify(*arguments) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert "Traceback" not in told.err


def test_every_check_is_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify("--list-checks") == 0
    assert "auth_not_enforced" in capsys.readouterr().out
    assert verify("--explain", "auth_not_enforced") == 0
    assert "behavior.yaml#/auth" in capsys.readouterr().out


def test_the_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom mockreel.cli import _parser\n_parser()\n"
        "print(sorted({'httpx2', 'rich', 'schemathesis', 'hypothesis', 'fastapi', 'pytest'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == "[]"


@pytest.mark.slow
def test_the_action_verifies_a_mock_of_its_own(tmp_path: Path) -> None:
    variables = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "VERIFY": "server",
        "PROVIDER": FIRST,
        "REPORT_DIR": str(tmp_path / "reports"),
        "ARGUMENTS": " ".join(CHEAP),
    }
    command = ["bash", str(ROOT / "scripts" / "action")]
    told = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode == 0, told.stderr
    assert (tmp_path / "reports" / "report.sarif").exists()


def test_the_action_asks_for_the_command_of_a_client(tmp_path: Path) -> None:
    variables = {"PATH": os.environ["PATH"], "VERIFY": "client", "PROVIDER": FIRST, "REPORT_DIR": str(tmp_path)}
    command = ["bash", str(ROOT / "scripts" / "action")]
    told = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=60)
    assert (told.returncode, told.stderr) == (2, "'command' is missing: say how your client is started\n")


def test_the_action_hands_every_input_to_its_script() -> None:
    import yaml

    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    script = (ROOT / "scripts" / "action").read_text("utf-8")
    step = action["runs"]["steps"][-1]
    for name in action["inputs"].keys() - {"python"}:
        variable = next(key for key, value in step["env"].items() if value == f"${{{{ inputs.{name} }}}}")
        assert f"${variable}" in script or f"${{{variable}" in script, f"{name} is not used"
    assert not any("inputs." in step.get("run", "") for step in action["runs"]["steps"]), (
        "an input would be read as code"
    )


def test_of_a_server_that_knows_none_of_the_calls_it_is_asked_whether_it_is_the_right_one() -> None:
    with MockProvider("vidu") as mock, mock.serve() as url:
        report = verify_server(url, "kie", api_key="demo-key", only=["auth_not_enforced"])
    assert any("is this the base URL of kie" in note for note in report.notes)


def test_the_command_that_makes_a_run_again_has_its_options() -> None:
    with MockProvider("kie") as mock, mock.serve() as url:
        report = verify_server(
            url, "kie", api_key="demo-key", only=["auth_not_enforced"], control="none", max_time_s=20, seed=4
        )
    assert report.replay == (
        f"mockreel verify server {url} --provider kie --max-time 20 --control none --seed 4 --check auth_not_enforced"
    )
