"""`mockreel verify client`: its options, its exit codes, and what it leaves."""

from __future__ import annotations

import json
import os
import shutil
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
from mockreel_contracts import load, providers

CLIENTS = Path(__file__).parent / "clients"
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs/examples/verify"
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


FILM = r"""
id=$(curl -sf -H "Authorization: Bearer $FILM_TOKEN" -H 'Content-Type: application/json' \
  -d '{"model": "viduq3t-540p", "prompt": "A kite"}' "$FILM_API/v1/video/generations" \
  | sed -n 's/.*"id":"\([^"]*\)".*/\1/p')
echo "task ${id:?no task}" >&2
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  said=$(curl -s -H "Authorization: Bearer $FILM_TOKEN" "$FILM_API/v1/video/generations/$id")
  case $said in
    *'"status":"completed"'*) echo "$said" | sed -n 's/.*"video_url":"\([^"]*\)".*/\1/p'; exit 0 ;;
    *'"status":"failed"'*) exit 1 ;;
  esac
  sleep 0.3
done
exit 1
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_a_client_that_knows_nothing_of_us_is_started_by_a_shell_line(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "film.sh").write_text(FILM)
    own = ["--env", "FILM_API={base_url}", "--env", "FILM_TOKEN={api_key}", "--speed", "100", "--json"]
    line = f"unset $(env | sed -n 's/^\\(MOCKREEL_[A-Z_]*\\)=.*/\\1/p'); sh {tmp_path}/film.sh | grep ^http"
    assert verify(*own, "--scenarios", "success,generation_failed,maintenance", "--", "sh", "-c", line) == 1
    report = json.loads(capsys.readouterr().out)
    assert [story["status"] for story in report["stories"]] == ["pass", "pass", "fail"]
    assert [check["id"] for check in report["checks"] if check["status"] == "fail"] == ["gave_up_on_retryable"]


@pytest.mark.slow
@pytest.mark.parametrize("form", [[], ["--async"]], ids=["sync", "async"])
@pytest.mark.parametrize("provider", providers())
def test_the_reference_client_gets_no_finding_over_the_socket(provider: str, form: list[str], capsys: Captured) -> None:
    takes = load(provider).callback is not None
    client = EXAMPLES / ("callbacks.py" if takes else "client.py")
    told = ["--callback-url", "http://127.0.0.1:{port}/hook"] if takes else []
    acts = ["unknown_state_twice", "answer_lost", "callback" if takes else "success"]
    asked = ["--provider", provider, *told, "--speed", "60", "--scenarios", ",".join(acts), "--json"]
    assert main(["verify", "client", *asked, "--", sys.executable, str(client), provider, *form]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [story["status"] for story in report["stories"]] == ["pass"] * len(acts)
    assert report["score"] == 100


@pytest.mark.slow
def test_the_action_verifies_a_client(tmp_path: Path) -> None:
    variables = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "VERIFY": "client",
        "PROVIDER": "gateway",
        "CLIENT": f'"{sys.executable}" "{CLIENTS / "careful_http_client.py"}" "$MOCKREEL_BASE_URL" && echo done',
        "ARGUMENTS": " ".join([*QUICK, "--success-pattern", "done"]),
        "REPORT_DIR": str(tmp_path / "reports"),
    }
    command = ["bash", str(ROOT / "scripts" / "action")]
    told = subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode == 0, told.stderr
    assert (tmp_path / "reports" / "report.html").exists()


@pytest.mark.slow
def test_warnings_fail_a_run_only_where_that_is_asked_for(capsys: Captured) -> None:
    client = [sys.executable, str(CLIENTS / "requests_sends_its_key_everywhere.py")]
    for fail_on, code in (("fail", 0), ("warn", 1)):
        arguments = ["--provider", "vidu", "--fail-on", fail_on, "--quiet", *QUICK, "--", *client]
        assert main(["verify", "client", *arguments]) == code
    assert capsys.readouterr().out == "pass\npass\n"


def test_a_client_that_never_makes_a_task_is_inconclusive(capsys: Captured) -> None:
    assert verify(*QUICK, "--", sys.executable, "-c", "print('nothing to do')") == 2
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


def test_options_of_a_command_go_after_two_dashes(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        verify("python", "film.py", "--async")
    assert "unrecognized arguments: --async; put -- before your command" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_said_before_the_client_is_started(capsys: Captured, tmp_path: Path) -> None:
    mark = tmp_path / "started"
    assert verify(*QUICK, "--report-dir", __file__, "--", "touch", str(mark)) == 2
    assert "it is a file; name a folder that can be written" in capsys.readouterr().err
    assert not mark.exists()


def test_every_check_is_listed(capsys: Captured) -> None:
    assert main(["verify", "client", "--list-checks"]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if line in BY_ID] == list(BY_ID)


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
    assert verify(*asked, "--", sys.executable, "-c", "0") == 2
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
