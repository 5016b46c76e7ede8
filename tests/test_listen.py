"""`mockreel listen` as a process: what it prints, answers and passes on.

Signatures are made here, as the providers' pages say.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.cli import main
from mockreel.cli.received import Answer, Judge, Message, block, line, plain
from mockreel_contracts import load
from mockreel_contracts.loader import SHIPPED

pytestmark = pytest.mark.slow
PATIENCE_S = 60
SECRET, WRONG = "mock-callback-secret", "guessed"
TASK = "task_hailuo_1765186750343"
ESCAPES = "\x1b]0;owned\x07 \x1b[31m \x9b31m \x7f \u202e [bold red]bold[/bold red] [/] :smile: \U0001f600"
CONTRACTS = [load("kie"), load("vidu")]
WORDS = st.sampled_from(["data", "taskId", "state", "id", "creations", "msg", "code"]) | st.text()
Headers = Mapping[str, str]


class Listening:
    """A running `mockreel listen --json`, or one that prints for readers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.out = process.stdout
        self.first = self.out.readline()
        url = json.loads(self.first)["url"] if self.first.startswith("{") else self.first.split()[-1]
        self.url = urlsplit(url)

    def post(
        self, body: bytes, headers: Headers, *, target: str | None = None, method: str = "POST"
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        """Send a request and return status, body and headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.url.port or 0, timeout=PATIENCE_S)
        try:
            connection.request(method, target or self.url.path, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read(), response.headers
        finally:
            connection.close()

    def line(self) -> Any:
        """Return the next line of JSON."""
        return json.loads(self.out.readline())

    def end(self) -> tuple[int, str, str]:
        """Return exit code, what is left of the output, and the errors; the process must end by itself."""
        assert self.process.stderr is not None
        out, err = self.out.read(), self.process.stderr.read()
        return self.process.wait(PATIENCE_S), out, err


@contextmanager
def listen(*arguments: str) -> Iterator[Listening]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("FORCE_", "TTY_")) and k != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "mockreel", "listen", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**environment, "PYTHONUTF8": "1"},
    )
    watchdog = threading.Timer(PATIENCE_S, process.kill)
    watchdog.start()
    try:
        with process:
            try:
                yield Listening(process)
            finally:
                process.kill()
    finally:
        watchdog.cancel()


def signed_by_kie(document: Any, *, secret: str = SECRET, at: int | None = None) -> tuple[bytes, Headers]:
    """Sign as providers.md A5 says."""
    moment = str(int(time.time()) if at is None else at)
    message = f"{document['data']['taskId']}.{moment}"
    digest = hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()
    return json.dumps(document).encode(), {
        "X-Webhook-Timestamp": moment,
        "X-Webhook-Signature": base64.b64encode(digest).decode(),
    }


def signed_by_vidu(document: Any, *, secret: str, path: str = "/callback", query: str = "") -> tuple[bytes, Headers]:
    """Sign as providers.md B4 says."""
    date, nonce = formatdate(usegmt=True), "123e4567-e89b-12d3-a456-426614174000"
    message = f"POST\n{path}\n{query}\nvidu\n{date}\nDate:{date}\nx-request-nonce:{nonce}\n"
    digest = hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()
    return json.dumps(document).encode(), {
        "Date": date,
        "x-request-nonce": nonce,
        "X-HMAC-SIGNED-HEADERS": "Date;x-request-nonce",
        "X-HMAC-SIGNATURE": base64.b64encode(digest).decode(),
        "X-HMAC-ALGORITHM": "hmac-sha256",
        "X-HMAC-ACCESS-KEY": "vidu",
    }


def kie(state: str = "success", *, task: str = TASK, message: str = "") -> dict[str, Any]:
    is_good = state == "success"
    urls = json.dumps({"resultUrls": ["https://example.com/a.mp4", "https://example.com/b.mp4"]})
    return {
        "code": 200 if is_good else 501,
        "msg": "Playground task completed successfully." if is_good else "Playground task failed.",
        "data": {
            "taskId": task,
            "model": "hailuo/02-image-to-video-pro",
            "state": state,
            "param": "{}",
            "resultJson": urls if is_good else None,
            "costTime": 8,
            "creditsConsumed": 57,
            "failCode": None if is_good else "500",
            "failMsg": None if is_good else message,
        },
    }


def vidu(state: str, *, task: str = "911045603801182208") -> dict[str, Any]:
    return {
        "id": task,
        "state": state,
        "err_code": "",
        "credits": 40,
        "payload": "",
        "bgm": False,
        "off_peak": False,
        "creations": [],
    }


def test_a_genuine_callback_is_one_line_with_everything_in_it() -> None:
    document = kie()
    with listen("--json", "--count", "1") as listening:
        assert listening.url.path == "/callback"
        status, answer, headers = listening.post(*signed_by_kie(document), target="/elsewhere?x=%7B1&y")
        assert (status, json.loads(answer)) == (200, {"received": True})
        assert headers["Content-Type"] == "application/json"
        shown = listening.line()
        assert abs(time.time() - _moment(shown.pop("at"))) < PATIENCE_S
        assert shown == {
            "number": 1,
            "method": "POST",
            "path": "/elsewhere",
            "query": "x=%7B1&y",
            "provider": "kie",
            "task_id": TASK,
            "state": "success",
            "phase": "succeeded",
            "signature": "holds",
            "reason": None,
            "problem": None,
            "seen": "new",
            "urls": ["https://example.com/a.mp4", "https://example.com/b.mp4"],
            "error_code": None,
            "error_message": None,
            "body": document,
            "text": None,
            "status": 200,
            "forwarded_to": None,
            "forward_problem": None,
        }
        assert listening.end() == (0, "", "received 1: good signatures 1, bad 0, duplicates 0\n")


def test_a_signature_over_the_request_line_holds_with_any_of_the_secrets() -> None:
    states = ["processing", "success", "processing", "success"]
    secrets = ("--secret", SECRET, "--secret", "first-key", "--secret", "second-key")
    with listen("--json", "--count", "4", *secrets) as listening:
        for state, secret in zip(states, ["first-key", "second-key"] * 2, strict=True):
            signed = signed_by_vidu(vidu(state), secret=secret, path="/hook", query="b=2&a=%2F")
            listening.post(*signed, target="/hook?b=2&a=%2F")
        shown = [listening.line() for _ in states]
        assert [(each["state"], each["signature"], each["seen"]) for each in shown] == [
            ("processing", "holds", "new"),
            ("success", "holds", "new"),
            ("processing", "holds", "duplicate"),
            ("success", "holds", "duplicate"),
        ]
        assert listening.end() == (0, "", "received 4: good signatures 4, bad 0, duplicates 2\n")


def test_what_comes_after_the_end_is_outdated() -> None:
    with listen("--json", "--count", "2", "--secret", SECRET, "--provider", "vidu") as listening:
        for state in ("success", "processing"):
            listening.post(*signed_by_vidu(vidu(state), secret=SECRET))
        assert [listening.line()["seen"] for _ in range(2)] == ["new", "outdated"]
        assert listening.end()[0] == 0


@pytest.mark.parametrize(
    ("callback", "reason", "text"),
    [
        (signed_by_kie(kie(), secret=WRONG), "bad_signature", "does not hold"),
        (signed_by_kie(kie(), at=1765186999), "stale", "expected at most 300 s"),
        (signed_by_kie(kie(), at=99999999999), "future", "ahead of our clock"),
        ((json.dumps(kie()).encode(), {}), "missing_header", "the callback has no signature; expected the headers"),
    ],
    ids=["forged", "stale", "future", "unsigned"],
)
def test_a_callback_that_does_not_hold_is_answered_and_shown_as_such(
    callback: tuple[bytes, Headers], reason: str, text: str
) -> None:
    with listen("--json", "--count", "2", "--status", "202") as listening:
        assert listening.post(*callback)[0] == 202
        shown = listening.line()
        assert (shown["signature"], shown["reason"], shown["seen"]) == ("refused", reason, None)
        assert text in shown["problem"]
        assert (shown["provider"], shown["task_id"], shown["state"]) == ("kie", TASK, "success")
        listening.post(*signed_by_kie(kie()))
        assert listening.line()["seen"] == "new"
        assert listening.end() == (1, "", "received 2: good signatures 1, bad 1, duplicates 0\n")


@pytest.mark.parametrize(
    "body",
    [b"", b"no json \xff\x1b[31m", b'{"data": {"taskId": 1', b"[" * 1000 + b"]" * 1000, b"null", b'{"a": 1e999}'],
    ids=["empty", "text", "cut", "deep", "null", "infinite"],
)
def test_a_malformed_body_is_a_finding_and_shown_as_text(body: bytes) -> None:
    headers = signed_by_kie(kie())[1]
    with listen("--json", "--count", "1", "--provider", "kie") as listening:
        assert listening.post(body, headers)[0] == 200
        shown = listening.line()
        assert (shown["signature"], shown["reason"]) == ("refused", "malformed_body")
        assert (shown["body"], shown["text"]) == (None, body.decode("utf-8", "replace"))
        assert listening.end() == (
            1,
            "",
            "received 1: good signatures 0, bad 0, malformed 1, duplicates 0\n",
        )


def test_without_a_check_the_body_tells_whose_it_is() -> None:
    with listen("--json", "--count", "3", "--secret", "none") as listening:
        for document in (kie(), vidu("success"), {"hello": "world"}):
            listening.post(json.dumps(document).encode(), {})
        shown = [listening.line() for _ in range(3)]
        assert [(each["provider"], each["signature"], each["seen"]) for each in shown] == [
            ("kie", "unchecked", "new"),
            ("vidu", "unchecked", "new"),
            (None, "refused", None),
        ]
        assert shown[2]["problem"].endswith("give --provider kie or vidu")
        text = "received 3: good signatures 0, bad 0, malformed 1, not checked 2, duplicates 0\n"
        assert listening.end() == (1, "", text)


def test_a_contract_of_ones_own_is_taken_by_name(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED / "kie", tmp_path / "mine")
    behavior = tmp_path / "mine" / "behavior.yaml"
    behavior.write_text(behavior.read_text("utf-8").replace("X-Webhook-", "X-Mine-"), "utf-8")
    with listen("--json", "--count", "1", "--contracts", str(tmp_path), "--provider", "mine") as listening:
        body, headers = signed_by_kie(kie())
        listening.post(body, {name.replace("X-Webhook-", "X-Mine-"): value for name, value in headers.items()})
        shown = listening.line()
        assert (shown["provider"], shown["signature"]) == ("mine", "holds")


def test_the_age_of_signatures_can_be_widened() -> None:
    with listen("--json", "--count", "1", "--tolerance", "1e9") as listening:
        listening.post(*signed_by_kie(kie(), at=1765186999))
        assert listening.line()["signature"] == "holds"
        assert listening.end()[0] == 0


def test_what_is_no_post_or_too_large_is_refused() -> None:
    with listen("--json", "--count", "1") as listening:
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            status, _, headers = listening.post(b"", {}, method=method)
            assert (status, headers["Allow"]) == (405, "POST")
        assert listening.post(b"", {}, method="HEAD")[:2] == (405, b"")
        status, answer, _ = listening.post(b" " * (1024 * 1024 + 1), {})
        assert (status, json.loads(answer)) == (413, {"received": False, "reason": "body_too_large"})
        shown = listening.line()
        assert (shown["number"], shown["reason"], shown["body"], shown["text"]) == (1, "body_too_large", None, None)
        assert listening.end()[0] == 1


def test_a_body_of_just_under_the_limit_is_taken_and_a_reader_who_is_slow_holds_no_answer_up() -> None:
    document = {**kie(), "filling": "x" * 1_000_000}
    with listen("--json", "--count", "1") as listening:
        assert listening.post(*signed_by_kie(document))[0] == 200
        assert listening.line()["body"] == document


@pytest.mark.parametrize("status", [204, 304, 500, 599])
def test_the_status_is_as_told(status: int) -> None:
    with listen("--json", "--count", "1", "--status", str(status)) as listening:
        got, answer, _ = listening.post(*signed_by_kie(kie()))
        assert (got, answer) == (status, b"" if status in (204, 304) else b'{"received":true}')
        assert listening.line()["status"] == status


def test_an_answer_waits_as_long_as_told() -> None:
    with listen("--json", "--count", "1", "--delay", "0.2") as listening:
        started = time.monotonic()
        assert listening.post(*signed_by_kie(kie()))[0] == 200
        assert time.monotonic() - started >= 0.2


def test_a_waiting_answer_holds_nobody_up_and_is_given_when_the_run_ends() -> None:
    with listen("--json", "--delay", "3600") as listening, ThreadPoolExecutor() as pool:
        posts = [pool.submit(listening.post, *signed_by_kie(kie(task=f"task_{n}"))) for n in range(3)]
        assert sorted(listening.line()["number"] for _ in posts) == [1, 2, 3]
        listening.process.send_signal(signal.SIGINT)
        assert [post.result(PATIENCE_S)[0] for post in posts] == [200, 200, 200]
        assert listening.end() == (0, "", "received 3: good signatures 3, bad 0, duplicates 0\n")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupt_ends_with_a_summary_and_no_traceback(name: str) -> None:
    with listen() as listening:
        listening.post(*signed_by_kie(kie(), secret=WRONG))
        listening.process.send_signal(getattr(signal, name))
        code, out, err = listening.end()
        assert (code, err) == (1, "")
        assert out.endswith("\nreceived 1: good signatures 0, bad 1, duplicates 0\n")


def test_a_request_that_never_ends_does_not_keep_the_run_from_ending() -> None:
    with (
        listen("--json", "--timeout", "0.5") as listening,
        socket.create_connection(("127.0.0.1", listening.url.port or 0)) as slow,
    ):
        slow.sendall(b"POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        assert listening.end() == (0, "", "received 0: good signatures 0, bad 0, duplicates 0\n")


class Target(ThreadingHTTPServer):
    """A receiver behind ours. `answer` is what it says; `got` what came."""

    daemon_threads = True

    def __init__(self, status: int, body: bytes, headers: Headers) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = status, body, headers
        self.got: list[tuple[str, list[tuple[str, str]], bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Target

    def do_POST(self) -> None:
        status, body, headers = self.server.answer
        received = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, self.headers.items(), received))
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def target(status: int = 200, body: bytes = b"{}", **headers: str) -> Iterator[tuple[Target, str]]:
    with Target(status, body, {name.replace("_", "-"): value for name, value in headers.items()}) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server, f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_a_forwarded_callback_arrives_as_it_came_and_its_answer_goes_back() -> None:
    body, headers = signed_by_kie(kie())
    body = body.replace(b'"data": ', b'"data" :\t')
    with target(503, b"later", Content_Type="text/plain", Set_Cookie="a=b") as (server, url):
        with listen("--json", "--count", "1", "--forward", f"{url}/hook") as listening:
            own = {"Connection": "close, X-Hop", "X-Hop": "1", "X-Kept": "\xe9", "TE": "trailers", "User-Agent": "me"}
            status, answer, back = listening.post(body, {**headers, **own}, target='/callback?q=%7B"{}|')
            assert (status, answer, back["Content-Type"]) == (503, b"later", "text/plain")
            assert "Set-Cookie" not in back
            shown = listening.line()
            assert (shown["status"], shown["forwarded_to"], shown["signature"]) == (503, f"{url}/hook", "holds")
            assert listening.end()[0] == 0
        ((path, received, arrived),) = server.got
    assert (path, arrived) == ('/hook?q=%7B"{}|', body)
    assert {name.lower(): value for name, value in received} == {
        "host": url.removeprefix("http://"),
        "content-length": str(len(body)),
        "accept-encoding": "identity",
        "user-agent": "me",
        "x-kept": "\xe9",
        **{name.lower(): value for name, value in headers.items()},
    }


def test_the_query_of_the_forward_url_counts_more_and_its_redirects_are_not_followed() -> None:
    with target(307, b"", Location="/elsewhere") as (server, url):
        with listen("--json", "--count", "1", "--forward", f"{url}?own=1") as listening:
            assert listening.post(*signed_by_kie(kie()), target="/callback?theirs=2")[0] == 307
        assert [path for path, _, _ in server.got] == ["/?own=1"]


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_goes_back_as_one(status: int) -> None:
    with target(status, b"") as (_, url), listen("--json", "--count", "1", "--forward", url) as listening:
        assert listening.post(*signed_by_kie(kie()))[:2] == (status, b"")


def test_an_answer_that_is_too_large_is_not_passed_back() -> None:
    body = b" " * (1024 * 1024 + 1)
    with target(200, body) as (_, url), listen("--json", "--count", "1", "--forward", url) as listening:
        status, answer, _ = listening.post(*signed_by_kie(kie()))
        assert (status, json.loads(answer)) == (502, {"received": False, "reason": "not_forwarded"})
        assert listening.line()["forward_problem"] == "answered more than 1048576 bytes"


def test_a_target_that_is_not_there_is_a_502_and_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with listen("--count", "1", "--forward", url) as listening:
            assert listening.post(*signed_by_kie(kie()))[0] == 502
            code, out, err = listening.end()
            assert (code, err) == (0, "")
            assert f"answer     502: {url} cannot be reached (ConnectError: " in out


def test_a_target_that_hangs_does_not_keep_the_run_from_ending() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor() as pool:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with listen("--json", "--forward", url) as listening:
            post = pool.submit(listening.post, *signed_by_kie(kie()))
            silent.settimeout(PATIENCE_S)
            with silent.accept()[0]:
                listening.process.send_signal(signal.SIGINT)
                assert post.result(PATIENCE_S)[0] == 502
            assert listening.line()["forward_problem"] == "had not answered when the run ended"
            assert listening.end()[::2] == (0, "received 1: good signatures 1, bad 0, duplicates 0\n")


def test_a_reader_sees_what_matters() -> None:
    with listen("--count", "2") as listening:
        listening.post(*signed_by_kie(kie("fail", message="no [/] luck")), target="/callback?a=1")
        listening.post(*signed_by_kie(kie(task="task_2"), secret=WRONG))
        code, out, err = listening.end()
    assert (code, err) == (1, "")
    assert listening.first == f"Mockreel listens on {listening.url.geturl()}\n"
    assert "\x1b" not in out
    for text in (
        f"signatures are checked with the secret {SECRET}\n",
        "  vidu: signed with the API key that made the task; to check with that too\n"
        "  (--secret replaces the default): mockreel listen --secret mock-callback-secret --secret YOUR-KEY\n",
        "POST /callback?a=1\n",
        f"    provider   kie\n    task       {TASK}\n    state      fail (failed), new\n",
        "    signature  holds; it does not cover the body\n    error      500: no [/] luck\n    answer     200\n",
        '        "failMsg": "no [/] luck"\n',
        "    state      success (succeeded)\n    signature  refused, bad_signature: the signature in X-W",
        "    result     https://example.com/b.mp4\n",
        "\nreceived 2: good signatures 1, bad 1, duplicates 0\n",
    ):
        assert text in out


def test_who_gave_a_secret_is_not_told_how_to() -> None:
    with listen("--timeout", "0.1", "--secret", SECRET) as listening:
        code, out, _ = listening.end()
    assert code == 0
    assert "signatures are checked with" in out
    assert "YOUR-KEY" not in out


def test_nothing_that_a_sender_writes_reaches_a_terminal_raw() -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "mockreel", "listen", "--port", "0", "--count", "3"],
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "PYTHONUTF8": "1"},
    )
    os.close(theirs)
    body, headers = signed_by_kie(kie("fail", message=ESCAPES, task=f"task {ESCAPES}"), secret=WRONG)
    raw = json.dumps({"raw": ESCAPES}, ensure_ascii=False).encode()
    with process, os.fdopen(ours, "rb", buffering=0) as screen, ThreadPoolExecutor() as pool:
        try:
            output = b""
            while b"Ctrl-C stops" not in output:
                output += screen.read(4096)
            port = int(output.partition(b"http://127.0.0.1:")[2].partition(b"/")[0])
            rest = pool.submit(_rest, screen)
            for sent in (body, raw, raw[:-1]):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
                with contextlib.closing(connection):
                    connection.request("POST", "/callback?[red]", sent, {**headers, "X-Raw": "\x9b31m"})
                    assert connection.getresponse().status == 200
            text = rest.result(PATIENCE_S).decode()
            assert process.wait(PATIENCE_S) == 1
        finally:
            process.kill()
    assert "\x1b[1m" in text  # ours is styled
    assert not [code for code in ("\x1b]", "\x1b[31m ", "\x9b", "\x7f", "\u202e", "\x07") if code in text]
    escaped = (
        "\\u001b]0;owned\\u0007 \\u001b[31m \\u009b31m \\u007f \\u202e [bold red]bold[/bold red] [/] :smile: \U0001f600"
    )
    assert text.count(escaped) >= 3
    assert "POST /callback?[red]" in text


def _rest(screen: Any) -> bytes:
    """Return what is printed until the process closes its terminal; Linux reports that as an error."""
    output = b""
    try:
        while piece := screen.read(4096):
            output += piece
    except OSError:
        return output
    return output


def _moment(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def test_a_long_body_is_cut_for_a_reader() -> None:
    with listen("--count", "1") as listening:
        listening.post(*signed_by_kie({**kie(), "list": list(range(1000)), "text": "x" * 9000}))
        out = listening.end()[1]
    lines = out.splitlines()
    assert any(line.endswith(" lines more") for line in lines)
    assert len(lines) < 230
    assert max(map(len, lines)) < 4100


NAMES = [b"x-webhook-timestamp", b"x-webhook-signature", b"x-hmac-signature", b"date", b"x"]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(), lambda e: st.lists(e) | st.dictionaries(WORDS, e)
)


@given(
    path=st.binary(),
    headers=st.lists(st.tuples(st.sampled_from(NAMES), st.binary())),
    body=st.none() | st.binary() | JSON.map(lambda value: json.dumps(value).encode()),
    secrets=st.none() | st.just([SECRET]),
    answer=st.builds(Answer, st.just(502), st.binary(), forwarded_to=st.just("http://[::1]/"), problem=st.text()),
)
def test_whatever_comes_is_shown_in_printable_characters(
    path: bytes, headers: list[tuple[bytes, bytes]], body: bytes | None, secrets: list[str] | None, answer: Answer
) -> None:
    for provider in (None, CONTRACTS[0]):
        judge = Judge(secrets, provider=provider, candidates=CONTRACTS, tolerance_s=None)
        received = judge.judge(1, Message(path, path, headers, body), 1765186999.0)
        shown = str(block(received, answer, delay_s=1))
        assert shown.replace("\n", "").isprintable()
        assert json.loads(line(received, answer))["signature"] in ("refused", "unchecked")
        assert line(received, answer).isascii()


def test_a_broken_pipe_ends_the_run() -> None:
    with listen("--json") as listening:
        listening.out.close()
        listening.post(*signed_by_kie(kie()))
        assert listening.process.wait(PATIENCE_S) is not None
        assert listening.process.stderr is not None
        assert listening.process.stderr.read() == ""


def test_text_is_shown_on_one_line_and_cut() -> None:
    assert plain("a[b]\n\t\x00\u2028é字") == "a[b]\\n\\t\\u0000\\u2028é字"
    assert plain("\ud800\U000e0001") == "\\ud800\\udb40\\udc01"
    assert plain("abcd", limit=2) == "ab… (4 characters)"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--provider", "nobody"], "no provider 'nobody'; there are gateway, kie, vidu"),
        (["--provider", "gateway"], "gateway sends no callbacks, says its contract; these do: kie, vidu"),
        (["--contracts", "mine"], "--contracts needs --provider NAME"),
        (["--contracts", "nowhere", "--provider", "kie"], "no provider 'kie'; there are none in nowhere"),
        (["--secret", "none", "--secret", "a"], "--secret none checks nothing and goes alone"),
        (["--secret", ""], "--secret is a text that is not empty, or none to check nothing"),
        (["--path", "callback"], "--path begins with / and has no spaces, such as /callback; got 'callback'"),
        (["--forward", "http://example.com/"], "on this machine, such as http://127.0.0.1:3000/callback; got 'http"),
        (["--forward", "ftp://127.0.0.1/"], "--forward takes an http or https URL on this machine"),
        (["--forward", "http://localhost.example.com/"], "--forward takes an http or https URL on this machine"),
        (["--forward", "http://user@127.0.0.1/"], "--forward takes an http or https URL on this machine"),
    ],
)
def test_what_cannot_be_listened_to_is_refused(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["listen", "--port", "0", *arguments]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.startswith("mockreel listen: ")) == ("", True)
    assert text in captured.err


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        ("--port=99999", "a port is a number from 0 to 65535"),
        ("--status=199", "a status is a number from 200 to 599, got '199'"),
        ("--status=600", "a status is a number from 200 to 599"),
        ("--status=\u0662\u0660\u0660", "a status is a number from 200 to 599"),
        ("--delay=-1", "a time is a number of seconds from 0 to 1000000000, got '-1'"),
        ("--delay=nan", "a time is a number of seconds"),
        ("--timeout=inf", "a time is a number of seconds"),
        ("--count=0", "a count is a number from 1, got '0'"),
    ],
)
def test_an_argument_that_is_none_is_refused(argument: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["listen", argument])
    assert ended.value.code == 2
    assert text in capsys.readouterr().err


def test_a_forward_to_itself_and_a_taken_port_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        assert main(["listen", "--port", port]) == 2
        assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err
    for host in ("127.0.0.1", "localhost"):
        assert main(["listen", "--port", port, "--forward", f"http://{host}:{port}/x"]) == 2
        assert "leads back here; give the URL of another server" in capsys.readouterr().err
