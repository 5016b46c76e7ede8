"""Servers that mean harm: none of them ends a run, holds it up, or makes it say what is not so."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import orjson
import pytest

from mockreel.conformance import verify_server
from mockreel.conformance.bench import MOST_KEPT
from mockreel.conformance.control import ControlError, RemoteControl
from mockreel.conformance.wire import DEEPEST, MAX_BODY, ask, parsed
from mockreel.report import Status
from mockreel_contracts import providers
from tests.conformance.bent import bench, judged

FIRST = providers()[0]


@contextmanager
def answering(first: bytes, again: bytes) -> Iterator[str]:
    """Answer each connection with bytes, and then with others for as long as they are taken."""

    def serve(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=send, args=(connection,), daemon=True).start()

    def send(connection: socket.socket) -> None:
        with connection:
            try:
                connection.sendall(first)
                while True:
                    connection.sendall(again)
            except OSError:
                return

    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(server,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


@pytest.mark.parametrize("control", ["none", "auto"])
@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["answers before the answer", "a body that never ends"],
)
def test_an_answer_that_never_ends_does_not_hold_the_run(first: bytes, again: bytes, control: str) -> None:
    with answering(first, again) as url:
        report = verify_server(url, FIRST, api_key="key", max_time_s=0.3, control=control)
    assert report.verdict == "inconclusive", "the run gave up, the server may only be slow"
    assert any("the time of the run was over" in note for note in report.notes)


def asked(answer: httpx2.Response | Callable[[httpx2.Request], httpx2.Response], **more: Any) -> Any:
    """Return what is kept of an answer."""
    give = answer if callable(answer) else lambda request: answer
    with httpx2.Client(transport=httpx2.MockTransport(give)) as http:
        return ask(http, "GET", "http://localhost/", headers={}, patience_s=5, **more)


def streamed(body: bytes, **headers: str) -> httpx2.Response:
    """Return an answer whose body has not been read."""
    return httpx2.Response(200, headers=headers, stream=Pieces(body))


class Pieces(httpx2.SyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body


def test_a_packed_body_is_unpacked_once_and_not_beyond_its_bounds() -> None:
    packed = gzip.compress(b" " * 10_000)
    assert asked(streamed(packed, **{"content-encoding": "GZIP"})).body == b" " * 10_000
    cut = asked(streamed(packed, **{"content-encoding": "gzip"}), most=100)
    assert (cut.body, cut.is_cut) == (b" " * 100, True)
    bomb = gzip.compress(packed)
    twice = asked(streamed(bomb, **{"content-encoding": "gzip, gzip"}))
    assert twice.body == bomb, "a bomb in a bomb is left alone"
    with pytest.raises(httpx2.DecodingError, match="cannot be unpacked"):
        asked(streamed(b"no gzip at all", **{"content-encoding": "gzip"}))


def test_no_cookie_lets_a_later_call_in() -> None:
    seen: list[str] = []

    def give(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers.get("cookie", ""))
        return httpx2.Response(200, headers={"set-cookie": "session=1"})

    with httpx2.Client(transport=httpx2.MockTransport(give)) as http:
        for _ in range(2):
            ask(http, "GET", "http://localhost/", headers={}, patience_s=5)
    assert seen == ["", ""]


@pytest.mark.parametrize("deep", [DEEPEST + 1, 1000, 100_000])
def test_an_answer_deeper_than_anybody_reads_is_a_finding_and_no_crash(deep: int) -> None:
    def bend(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=b"[" * deep + b"]" * deep)

    finding = judged(bench(FIRST, answer=bend), "auth")["answer_not_json"].findings[0]
    assert finding.cause == f"lists and objects in each other more than {DEEPEST} deep, which hardly any client reads"
    assert parsed(b"[" * DEEPEST + b"]" * DEEPEST) is not None


def test_an_answer_too_long_to_be_kept_is_said_to_be_so() -> None:
    def bend(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response:
        return httpx2.Response(200, headers=answer.headers, stream=Pieces(b" " * (MAX_BODY + 1)))

    made = bench(FIRST, answer=bend)
    results = judged(made, "auth")
    assert results["answer_not_json"].status is Status.INCONCLUSIVE
    assert f"longer than {MAX_BODY} bytes" in results["server_error"].findings[0].cause
    assert sum(len(exchange.body) for exchange in made.record.exchanges) < MAX_BODY


def test_all_answers_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockreel.conformance.bench.MOST_KEPT", 10)
    made = bench(FIRST)
    judged(made, "auth")
    assert len(made.record.exchanges) == 1
    assert made.record.missed["auth"][-1].startswith("the answers were longer than 10 bytes together")
    assert MOST_KEPT > MAX_BODY


GOOD_CLOCK = {"clock": "manual", "speed": 1, "now_ms": 1_767_225_600_000}


@pytest.mark.parametrize(
    "told",
    [
        b"[]",
        b"{}",
        b"no JSON",
        b'{"clock":"real","speed":1,"now_ms":1e999}',
        b'{"clock":"real","speed":1,"now_ms":' + b"9" * 400 + b"}",
        b"[" * 100_000,
        orjson.dumps({**GOOD_CLOCK, "now_ms": "now"}),
        orjson.dumps({**GOOD_CLOCK, "now_ms": -1}),
        orjson.dumps({**GOOD_CLOCK, "now_ms": 10**18}),
        orjson.dumps({**GOOD_CLOCK, "speed": 0}),
        orjson.dumps({**GOOD_CLOCK, "speed": -5}),
        orjson.dumps({**GOOD_CLOCK, "speed": 1e300}),
    ],
)
def test_a_clock_that_no_mock_has_is_no_control(told: bytes) -> None:
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, content=told))
    with httpx2.Client(transport=transport) as http, pytest.raises(ControlError):
        RemoteControl("http://localhost", http)


def test_a_control_that_breaks_off_ends_its_probes_and_not_the_run() -> None:
    made = bench(FIRST)
    answers = iter([httpx2.Response(200, json=GOOD_CLOCK)] * 3)
    transport = httpx2.MockTransport(lambda request: next(answers, httpx2.Response(500)))
    with httpx2.Client(transport=transport) as http:
        made.control = RemoteControl("http://localhost", http)
        judged(made, "auth", "lifecycle")
    assert "/clock answers with HTTP status 500" in made.record.missed["auth"][0]
    assert len(made.record.exchanges) == 2
