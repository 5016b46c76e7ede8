"""`mockreel verify client`: its options, its exit codes, and what it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mockreel.cli import main
from mockreel.cli.verify_client_options import JOBS, SPEED, TIMEOUT_S
from mockreel.verdict.battery import battery
from mockreel.verdict.checks import BY_ID
from mockreel.verdict.runner.setup import Setup
from mockreel.verdict.runner.wording import Command

CLIENTS = Path(__file__).parent / "clients"
CAREFUL = [sys.executable, str(CLIENTS / "careful_http_client.py"), "{base_url}"]
QUICK = ["--speed", "100", "--env", "POLL_SECONDS=0.2", "--scenarios", "success"]
Captured = pytest.CaptureFixture[str]


def verify(*arguments: str) -> int:
    """Run the command for a gateway."""
    return main(["verify", "client", "--provider", "gateway", *arguments])


@pytest.mark.slow
def test_a_careful_client_passes_and_its_reports_are_written(capsys: Captured, tmp_path: Path) -> None:
    assert verify(*QUICK, "--report-dir", str(tmp_path / "reports"), "--", *CAREFUL) == 0
    shown = capsys.readouterr()
    assert "[1/1] success  pass" in shown.err
    assert "PASS" in shown.out
    names = ["report.html", "report.json", "report.junit.xml", "report.sarif"]
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == names
    report = json.loads((tmp_path / "reports/report.json").read_text())
    assert report["kind"] == "client"
    assert report["replay"].startswith("mockreel verify client --provider gateway --scenarios success --speed 100 ")
    assert "mkrl-" not in "".join(path.read_text() for path in (tmp_path / "reports").iterdir())


@pytest.mark.slow
def test_a_careless_client_is_told_what_it_did(capsys: Captured) -> None:
    assert verify(*QUICK, "--", "bash", str(CLIENTS / "shell_forgets_the_scheme.sh"), "{base_url}") == 1
    assert "auth_header_wrong" in capsys.readouterr().out


@pytest.mark.slow
def test_warnings_fail_a_run_only_where_that_is_asked_for(capsys: Captured) -> None:
    client = [sys.executable, str(CLIENTS / "requests_sends_its_key_everywhere.py")]
    for fail_on, code in (("fail", 0), ("warn", 1)):
        arguments = ["--provider", "vidu", "--fail-on", fail_on, "--quiet", *QUICK, "--", *client]
        assert main(["verify", "client", *arguments]) == code
    assert capsys.readouterr().out == "pass\npass\n"


def test_a_client_that_never_makes_a_task_is_inconclusive(capsys: Captured) -> None:
    assert verify(*QUICK, "--", sys.executable, "-c", "print('nothing to do')") == 1
    out = capsys.readouterr().out
    assert "the client never made a task, so nothing can be said of it" in out
    assert "its last words: nothing to do" in out


@pytest.mark.slow
def test_a_client_that_only_receives_is_given_tasks(capsys: Captured) -> None:
    code = (
        "import sys\nfrom http.server import *\nclass R(BaseHTTPRequestHandler):\n    def do_POST(self):\n"
        "        self.rfile.read(int(self.headers['Content-Length']))\n        self.send_response(200)\n"
        "        self.end_headers()\nHTTPServer(('127.0.0.1', int(sys.argv[1])), R).serve_forever()"
    )
    url = "http://127.0.0.1:{port}/hook"
    asked = ["--receiver", "--callback-url", url, "--speed", "100", "--scenarios", "callback,forged_callback"]
    assert main(["verify", "client", "--provider", "kie", *asked, "--", sys.executable, "-c", code, "{port}"]) == 1
    shown = capsys.readouterr()
    assert "signature_unverified" in shown.out
    assert "[2/2]" in shown.err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--", "no-such-client"], "the command 'no-such-client' cannot be started: No such file or directory"),
        (["--"], "say how your client is started, after --"),
        (["--scenarios", "stuk", "--", "true"], "no scenario 'stuk'; did you mean stuck?"),
        (["--format", "pdf", "--", "true"], "--format is some of json, junit, sarif, html, got pdf"),
        (["--env", "X", "--", "true"], "--env takes NAME=VALUE, such as API_URL={base_url}; got 'X'"),
        (["--jobs", "0", "--", "true"], "--jobs is 1 or more, got 0"),
        (["--timeout", "0", "--", "true"], "--timeout is a number of seconds above 0, got 0"),
        (["--speed", "0", "--", "true"], "speed is a number above 0"),
        (["--receiver", "--", "true"], "--receiver needs --callback-url, such as http://127.0.0.1:{port}/callback"),
        (["--callback-url", "http://example.com/x", "--", "true"], "--callback-url http://example.com/x: "),
        (
            ["--receiver", "--callback-url", "http://localhost:1/x", "--", "true"],
            "there is nothing to play: gateway calls nobody back",
        ),
        (["--explain", "retry_strom"], "no check 'retry_strom'; did you mean retry_storm?"),
        (["--profile", "nobody", "--", "true"], "no profile 'nobody'"),
    ],
)
def test_what_cannot_be_run_is_refused_with_advice(arguments: list[str], text: str, capsys: Captured) -> None:
    assert verify(*arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("mockreel verify client: ")
    assert text in said


def test_a_run_needs_a_provider(capsys: Captured) -> None:
    assert main(["verify", "client", "--", "true"]) == 2
    assert "give --provider NAME and your command" in capsys.readouterr().err


def test_every_scenario_is_listed_with_its_checks(capsys: Captured) -> None:
    assert main(["verify", "client", "--list-scenarios"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()[: 2 * len(battery()) : 2]]
    assert names == [act.name for act in battery()]


@pytest.mark.parametrize("check", sorted(BY_ID))
def test_every_check_is_explained(check: str, capsys: Captured) -> None:
    assert main(["verify", "client", "--explain", check]) == 0
    assert capsys.readouterr().out.startswith(f"{check}: ")


def test_a_variable_of_the_users_is_not_in_the_replay(capsys: Captured) -> None:
    asked = ["--json", "--env", "TOKEN=hunter2", "--env", "URL={base_url}/v1", *QUICK]
    assert verify(*asked, "--", sys.executable, "-c", "0") == 1
    replay = json.loads(capsys.readouterr().out)["replay"]
    assert "hunter2" not in replay
    assert "--env 'TOKEN=***' --env 'URL={base_url}/v1'" in replay


def test_a_command_may_have_a_double_dash_of_its_own(capsys: Captured) -> None:
    verify(*QUICK, "--json", "--", sys.executable, "-c", "import sys; print(sys.argv[1:])", "--", "-x")
    assert "['--', '-x']" in capsys.readouterr().out


def test_the_defaults_are_those_of_the_library() -> None:
    setup = Setup("gateway", Command(("true",), {}))
    assert (setup.speed, setup.limit_s(0), setup.jobs) == (SPEED, TIMEOUT_S, JOBS)


@pytest.mark.parametrize(
    ("timeout_s", "speed", "limit_s"), [(None, 30, 60), (None, 10, 180), (5, 10, 5), (500, 1, 500), (None, 1, 1800)]
)
def test_a_scenario_gets_the_time_that_it_needs_unless_the_user_says_otherwise(
    timeout_s: float | None, speed: float, limit_s: float
) -> None:
    assert Setup("gateway", Command(("true",), {}), timeout_s=timeout_s, speed=speed).limit_s(1800) == limit_s


@pytest.mark.slow
def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    client = tmp_path / "client.sh"
    client.write_text(f"echo $$ > {tmp_path}/pid.$MOCKREEL_SCENARIO\nsleep 602 & wait\n")
    words = [sys.executable, "-m", "mockreel", "verify", "client", "--provider", "gateway", "--scenarios", "success"]
    run = subprocess.Popen([*words, "--", "sh", str(client)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        while not (tmp_path / "pid.success").exists() or not (tmp_path / "pid.success").read_text().strip():
            assert run.poll() is None
        run.terminate()
        assert run.wait(30) == 130
    finally:
        run.kill()
        run.communicate()
    pid = int((tmp_path / "pid.success").read_text())
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.slow
def test_further_signals_do_not_break_off_the_cleaning_up(tmp_path: Path) -> None:
    client = tmp_path / "client.sh"
    client.write_text(f"trap 'echo > {tmp_path}/asked' TERM\necho > {tmp_path}/started\nwhile :; do sleep 0.05; done\n")
    words = [sys.executable, "-m", "mockreel", "verify", "client", "--provider", "gateway", "--scenarios", "success"]
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    run = subprocess.Popen([*words, "--", "sh", str(client)], env=environment, stderr=subprocess.PIPE)
    try:
        while not (tmp_path / "started").exists():
            assert run.poll() is None
        run.send_signal(signal.SIGINT)
        while not (tmp_path / "asked").exists():
            assert run.poll() is None
        while run.poll() is None:
            run.terminate()
    finally:
        run.kill()
        run.communicate()
    assert list((tmp_path / "temporary").iterdir()) == []
