"""Clients that end badly, or do not end: each is heard out within bounds, and nothing of it is left."""

from __future__ import annotations

import socket
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockreel.report import Status
from mockreel.verdict import judge
from mockreel.verdict.battery import Act
from mockreel.verdict.play import Play
from mockreel.verdict.runner import leftovers, playing, process
from mockreel.verdict.runner.running import run
from mockreel.verdict.runner.setup import Setup
from mockreel.verdict.runner.stopping import Flag
from mockreel.verdict.runner.wording import Command, UsageError, environment_of, fill

SUCCESS = Act("success", "success")
needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found through /proc")


class Lab:
    """Plays one scenario with a client that is given as Python code, and looks for what it leaves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex

    def play(self, code: str, act: Act = SUCCESS, **options: object) -> Play:
        """Run code of Python as the client."""
        return self.start(sys.executable, "-c", code, act=act, **options)

    def start(self, *words: str, act: Act = SUCCESS, **options: object) -> Play:
        """Run a command as the client, marked so that every process of it is known."""
        command = Command(words, {"LAB": self.mark})
        (play,) = run(Setup("gateway", command, **{"timeout_s": 20.0, **options}), [act])  # type: ignore[arg-type]
        self.origin = play.origin
        return play

    def running(self) -> list[str]:
        """The processes of this lab that run."""
        found = []
        for place in Path("/proc").iterdir():
            if place.name.isdecimal():
                try:
                    if f"LAB={self.mark}".encode() in (place / "environ").read_bytes():
                        found.append((place / "cmdline").read_text())
                except OSError:
                    continue
        return found


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A lab, in which nothing may be left at the end."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(process, "GRACE_S", 0.2)
    made = Lab(tmp_path)
    yield made
    assert made.running() == []
    assert list(tmp_path.iterdir()) == []
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("mockreel-")]
    if hasattr(made, "origin"):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((urlsplit(made.origin).hostname, urlsplit(made.origin).port))


# -- ends --------------------------------------------------------------------------------------------------------------


def test_the_exit_status_is_the_claim(lab: Lab) -> None:
    assert (lab.play("").claim.result, lab.play("raise SystemExit(3)").claim.result) == ("success", "failure")


def test_a_client_that_crashes_claims_failure_and_its_traceback_is_kept(lab: Lab) -> None:
    claim = lab.play("1 / 0").claim
    assert (claim.result, claim.exit_code, claim.signal) == ("failure", 1, None)
    assert claim.output.endswith("ZeroDivisionError: division by zero\n")


def test_a_client_that_a_signal_ends_is_told_from_one_that_was_stopped(lab: Lab) -> None:
    claim = lab.play("import os; os.abort()").claim
    assert (claim.result, claim.exit_code, claim.signal, claim.was_stopped) == ("failure", None, 6, False)


@pytest.mark.slow
def test_a_client_that_hangs_is_stopped_and_has_said_nothing(lab: Lab) -> None:
    claim = lab.play("import time; print('waiting', flush=True); time.sleep(600)", timeout_s=0.5).claim
    assert (claim.result, claim.signal, claim.was_stopped, claim.output) == ("unknown", 15, True, "waiting\n")


@pytest.mark.slow
def test_a_client_that_ignores_signals_is_killed(lab: Lab) -> None:
    code = "import signal, time\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\ntime.sleep(600)"
    assert lab.play(code, timeout_s=0.5).claim.signal == 9


@pytest.mark.slow
def test_a_client_that_ends_itself_when_asked_was_stopped_all_the_same(lab: Lab) -> None:
    code = (
        "import signal, sys, time\nsignal.signal(15, lambda *_: sys.exit(0))\nprint('up', flush=True)\ntime.sleep(600)"
    )
    claim = lab.play(code, timeout_s=0.7).claim
    assert (claim.result, claim.exit_code, claim.was_stopped) == ("unknown", 0, True)


# -- output ------------------------------------------------------------------------------------------------------------


def test_binary_output_is_kept_as_text(lab: Lab) -> None:
    assert lab.play("import os; os.write(1, bytes(range(256)))").claim.output.startswith("\0\1\2")


@pytest.mark.slow
def test_of_a_hundred_megabytes_the_beginning_and_the_end_are_kept(lab: Lab) -> None:
    code = "import os\nos.write(1, b'begin ')\nfor _ in range(100): os.write(1, b'x' * 1_000_000)\nos.write(1, b' end')"
    output = lab.play(code).claim.output
    assert output.startswith("begin xxx")
    assert output.endswith("xxx end")
    assert len(output) < process.KEPT + 100
    assert f"[{100_000_010 - process.KEPT} bytes left out]" in output


def test_a_client_may_close_its_output_and_go_on(lab: Lab) -> None:
    code = "import os, sys\nos.close(1); os.close(2)\nimport json\nos._exit(4)"
    assert lab.play(code).claim.exit_code == 4


def test_a_client_gets_no_input(lab: Lab) -> None:
    assert lab.play("import sys; print(repr(sys.stdin.read()))").claim.output == "''\n"


# -- children ----------------------------------------------------------------------------------------------------------


@needs_proc
def test_children_that_outlive_their_parent_are_killed(lab: Lab) -> None:
    code = "import subprocess\nfor _ in range(3): subprocess.Popen(['sleep', '600'])"
    assert lab.play(code).claim.result == "success"


@needs_proc
def test_a_child_that_has_left_the_session_is_killed(lab: Lab) -> None:
    code = (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(600)\n    os._exit(0)"
    )
    assert lab.play(code).claim.result == "success"


@needs_proc
def test_a_child_that_ignores_signals_in_its_own_session_is_killed_with_a_parent_that_hangs(lab: Lab) -> None:
    code = "import os, signal, time\nif os.fork() == 0:\n    os.setsid()\n    signal.signal(15, 1)\ntime.sleep(600)"
    assert lab.play(code, timeout_s=0.5).claim.was_stopped


@needs_proc
def test_a_child_that_holds_the_output_open_does_not_hold_up_the_run(lab: Lab) -> None:
    code = "import subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\nprint('done')"
    claim = lab.play(code).claim
    assert claim.output == "done\n"
    assert claim.took_s < 15


@needs_proc
@pytest.mark.slow
def test_an_orphan_without_the_mark_comes_to_us_and_is_killed() -> None:
    before = leftovers.children()
    code = (
        "import subprocess, sys\nfrom mockreel.verdict.runner import leftovers\nwith leftovers.adopting():\n"
        "    subprocess.run(['sh', '-c', 'env -i setsid sleep 601 & exit 0'])\n"
        "print(sorted(leftovers.children()))"
    )
    import subprocess

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"
    assert leftovers.children() <= before
    alive = [p for p in Path("/proc").iterdir() if p.name.isdecimal() and _said(p) == "sleep\x00601\x00"]
    assert alive == []


def _said(place: Path) -> str:
    try:
        return (place / "cmdline").read_text()
    except OSError:
        return ""


# -- what a client is told ---------------------------------------------------------------------------------------------


def test_a_client_is_told_where_and_how_in_its_environment(lab: Lab) -> None:
    code = "import os\nfor n in sorted(os.environ):\n    if n.startswith('MOCKREEL_'): print(n, '=', os.environ[n])"
    play = lab.play(code)
    told = dict(line.split(" = ") for line in play.claim.output.splitlines() if " = " in line)
    assert told["MOCKREEL_BASE_URL"] == play.origin
    assert told["MOCKREEL_API_KEY"] == play.key
    assert told["MOCKREEL_SCENARIO"] == "success"
    assert Path(told["MOCKREEL_FOLDER"]).parent == lab.folder


def test_words_are_filled_in_in_the_command_and_in_what_env_says(lab: Lab) -> None:
    words = (sys.executable, "-c", "import os, sys; print(sys.argv[1:], os.environ['API'])", "{base_url}/v1", "{other}")
    command = Command(words, environment_of(["API=<{api_key}>"]))
    (play,) = run(Setup("gateway", command), [SUCCESS])
    assert play.claim.output == f"{[f'{play.origin}/v1', '{other}']} <{play.key}>\n"


def test_braces_that_are_no_word_of_ours_stay() -> None:
    assert fill('{"a": "{api_key}", {0} ${HOME}', {"api_key": "k"}) == '{"a": "k", {0} ${HOME}'


def test_loopback_is_not_sent_through_a_proxy(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "example.com")
    output = lab.play("import os; print(os.environ['NO_PROXY'])").claim.output
    assert output == "example.com,127.0.0.1,localhost,::1\n"


@pytest.mark.parametrize("pair", ["NAME", "=VALUE", ""])
def test_an_environment_that_says_no_name_is_refused(pair: str) -> None:
    with pytest.raises(UsageError, match=r"--env takes NAME=VALUE, such as API_URL=\{base_url\}; got"):
        environment_of([pair])


# -- the scenario is not the client's to choose ------------------------------------------------------------------------

CHOOSING = """
import json, os, urllib.error
from urllib.request import Request, urlopen

def call(path, body, **headers):
    own = {"Authorization": "Bearer " + os.environ["MOCKREEL_API_KEY"], "Content-Type": "application/json"}
    headers = {**own, **headers}
    try:
        print(urlopen(Request(os.environ["MOCKREEL_BASE_URL"] + path, json.dumps(body).encode(), headers)).status)
    except urllib.error.HTTPError as error:
        print(error.code)

def create(prompt="A paper boat", **headers):
    call("/v1/video/generations", {"model": "viduq3p-1080p", "prompt": prompt}, **headers)

"""


@pytest.mark.parametrize(
    "choice",
    [
        "'[[mock:success]]'",
        "**{'X-Mock-Scenario': 'success'}",
        "**{'X-Mock-Fault': 'unauthorized'}",
        "Authorization='Bearer mock-402'",
    ],
)
def test_a_client_cannot_choose_what_happens_to_its_task(lab: Lab, choice: str) -> None:
    played = lab.play(f"{CHOOSING}create({choice})", act=Act("internal_error", "internal_error"))
    assert [entry.case for entry in played.calls] == ["internal_error"]


def test_a_client_cannot_make_the_mock_forget_what_it_did(lab: Lab) -> None:
    played = lab.play(f"{CHOOSING}create()\ncall('/_mock/reset', {{}})")
    assert (played.claim.output, len(played.calls), len(played.tasks)) == ("200\n401\n", 1, 1)


def test_a_key_that_the_client_brings_along_is_a_secret_too(lab: Lab) -> None:
    own = "os.environ['MOCKREEL_API_KEY'] = 'brought-along'\n"
    played = lab.play(f"{CHOOSING}{own}create()\nprint('with', os.environ['MOCKREEL_API_KEY'])")
    found = next(result for result in judge(played) if result.id == "secret_leaked")
    assert found.status is Status.FAIL
    assert "printed" in found.message
    assert "brought-along" not in repr(found)


# -- interrupts --------------------------------------------------------------------------------------------------------


def test_an_interrupt_between_two_starts_stops_what_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, stopped = threading.Event(), []

    def play(_setup: Setup, _act: Act, stop: Flag) -> None:
        begun.set()
        until = time.monotonic() + 5
        while not stop.is_set() and time.monotonic() < until:
            pass
        stopped.append(stop.is_set())

    submit = ThreadPoolExecutor.submit

    def interrupted(*arguments: Any) -> Any:
        if begun.is_set():
            raise KeyboardInterrupt
        future = submit(*arguments)
        assert begun.wait(5)
        return future

    monkeypatch.setattr(playing, "play", play)
    monkeypatch.setattr(ThreadPoolExecutor, "submit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(Setup("gateway", Command(("true",), {})), [SUCCESS, SUCCESS])
    assert stopped == [True]


def test_a_run_that_is_told_to_stop_stops(lab: Lab) -> None:
    stop = Flag()
    setup = Setup("gateway", Command((sys.executable, "-c", "import time; time.sleep(600)"), {"LAB": lab.mark}))
    stop.set()
    with pytest.raises(playing.InterruptedRunError):
        run(setup, [SUCCESS], stop=stop)


# -- claims of those that lie ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "result"), [("state: done in 4 s", "success"), ("state: gave up", "failure"), ("", "failure")]
)
def test_a_pattern_is_looked_for_in_each_line_of_the_output(lab: Lab, printed: str, result: str) -> None:
    assert lab.play(f"print('hello'); print({printed!r})", success_pattern="*done*").claim.result == result


@pytest.mark.parametrize(("size", "result"), [(10, "success"), (0, "failure"), (None, "failure")])
def test_a_file_with_something_in_it_is_a_success(lab: Lab, size: int | None, result: str) -> None:
    code = "import os, pathlib\n"
    if size is not None:
        code += f"pathlib.Path(os.environ['MOCKREEL_FOLDER'], 'film.mp4').write_bytes(b'x' * {size})"
    claim = lab.play(code, result_file="{folder}/film.mp4").claim
    assert (claim.result, claim.file) == (result, None if size is None else b"x" * size)


@pytest.mark.parametrize("make", ["mkfifo(path)", "mkdir(path)", "symlink('/dev/zero', path)", "symlink('/', path)"])
def test_a_result_that_is_no_file_is_not_read(lab: Lab, make: str) -> None:
    code = f"import os; path = os.environ['MOCKREEL_FOLDER'] + '/film.mp4'; os.{make}"
    claim = lab.play(code, result_file="{folder}/film.mp4").claim
    assert (claim.result, claim.file) == ("failure", None)


def test_a_result_file_that_all_scenarios_share_is_refused(lab: Lab) -> None:
    with pytest.raises(UsageError, match=r"is the same file for every scenario: put it into the folder"):
        lab.play("", result_file="film.mp4")


# -- commands that cannot be started -----------------------------------------------------------------------------------


def test_a_command_that_is_not_found_is_a_mistake_of_the_user(lab: Lab) -> None:
    with pytest.raises(UsageError, match=r"^the command 'no-such-client' cannot be started: No such file or directory"):
        lab.start("no-such-client")


def test_a_line_for_a_shell_is_told_how_to_be_given(lab: Lab) -> None:
    with pytest.raises(UsageError, match=r"a line for a shell is given as: -- sh -c 'echo a \| cat'$"):
        lab.start("echo a | cat")


def test_a_file_that_may_not_be_executed_says_so(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> None:
    script = tmp_path_factory.mktemp("scripts") / "client.sh"
    script.write_text("#!/bin/sh\n")
    with pytest.raises(UsageError, match=r"is it executable\? chmod \+x "):
        lab.start(str(script))


def test_no_command_at_all_is_a_mistake_of_the_user() -> None:
    with pytest.raises(UsageError, match="say how your client is started, after --"):
        Setup("gateway", Command((), {}))


# -- several at a time -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_plays_come_in_the_order_of_the_scenarios_whatever_ends_first(lab: Lab) -> None:
    names = ["success", "stuck", "fast"]
    code = "import os, sys, time\nif os.environ['MOCKREEL_SCENARIO'] == 'success': time.sleep(0.5)"
    ended: list[str] = []
    plays = run(
        Setup("gateway", Command((sys.executable, "-c", code), {"LAB": lab.mark}), jobs=3),
        [Act(name, name) for name in names],
        on_end=lambda act, _: ended.append(act.name),
    )
    assert [play.scenario.name for play in plays] == names
    assert sorted(ended) == sorted(names)
    assert len({play.origin for play in plays}) == 3
    assert len({play.key for play in plays}) == 3


def test_an_interrupted_run_stops_what_it_has_started(lab: Lab) -> None:
    names = ["success", "fast", "slow"]

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    code = "import os, time\nif os.environ['MOCKREEL_SCENARIO'] != 'success': time.sleep(600)"
    with pytest.raises(KeyboardInterrupt):
        run(
            Setup("gateway", Command((sys.executable, "-c", code), {"LAB": lab.mark}), jobs=2),
            [Act(name, name) for name in names],
            on_end=interrupted,
        )
