"""Servers that mean harm: none of them ends a run, holds it up, or makes it say what is not so."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx2
import orjson
import pytest

from mockreel.conformance import fetching, tracing, verify_server
from mockreel.conformance.bench import MOST_KEPT
from mockreel.conformance.control import ControlError, RemoteControl
from mockreel.conformance.exchange import Intent
from mockreel.conformance.fetching import may_fetch
from mockreel.conformance.reading import Seen
from mockreel.conformance.receiver import Receiver
from mockreel.conformance.wire import DEEPEST, MAX_BODY, ask, parsed
from mockreel.report import Status
from mockreel_contracts import Phase, providers
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


HERE, ELSEWHERE = "http://127.0.0.1:8455", "https://api.example.com"


@pytest.mark.parametrize(
    ("url", "base", "may"),
    [
        ("http://127.0.0.1:9/a.mp4", HERE, True),
        ("http://localhost/a.mp4", HERE, True),
        ("http://127.0.0.1:9/admin", ELSEWHERE, False),
        ("https://localhost/admin", ELSEWHERE, False),
        ("http://api.example.com/a.mp4", ELSEWHERE, True),
        ("https://cdn.example.com/a.mp4", ELSEWHERE, True),
        ("http://cdn.example.com/a.mp4", ELSEWHERE, False),
        ("https://10.0.0.1/", "https://10.0.0.1", True),
        ("https://10.0.0.1/", HERE, False),
        ("http://169.254.169.254/latest/meta-data/", HERE, False),
        ("https://169.254.169.254/latest/meta-data/", ELSEWHERE, False),
        ("https://[::ffff:169.254.169.254]/", ELSEWHERE, False),
        ("https://[fd00::1]/", ELSEWHERE, False),
        ("http://127.0.0.1:80\\@169.254.169.254/", HERE, False),
        ("file:///etc/passwd", HERE, False),
        ("//127.0.0.1/a.mp4", HERE, False),
        ("http://[", HERE, False),
        ("http://", HERE, False),
        ("https://a\x00b/", HERE, False),
        ("", HERE, False),
    ],
)
def test_no_url_that_a_server_tells_leads_into_our_network(url: str, base: str, may: bool) -> None:
    assert may_fetch(url, base) is may


def test_results_that_lead_nowhere_are_not_fetched_and_not_too_many_are() -> None:
    urls = ["http://[", "http://169.254.169.254/", *(f"https://cdn.example.com/{number}" for number in range(100))]
    sent: list[str] = []

    def bend(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        sent.append(str(request.url))
        return None

    made = bench("kie", answer=bend)
    body = next(iter(made.samples.values()))
    trial = made.submit(body, Intent("test"))
    seen = Seen("1", "success", Phase.SUCCEEDED, None, tuple(urls), None, None, None, None, None)
    told = tracing.Sight(made.look(trial, Intent("test")), seen, frozenset())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracing, "sights", lambda record, trial: [told])
        fetched = fetching.fetch_results(made, trial, Intent("test"))
    assert [exchange.url for exchange in fetched] == urls[2 : fetching.MOST]
    assert made.record.missed["test"] == [fetching.NOT_FETCHED]


def called_back(requests: Sequence[bytes], receiver: Receiver | None = None) -> tuple[Receiver, list[bytes]]:
    """Send requests to a receiver, each over a connection of its own; returns what came back."""
    receiver, answers = receiver or Receiver(lambda: 0), []
    with receiver.serve():
        port = int(receiver.plan(1).split(":")[2].partition("/")[0])
        for request in requests:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                answers.append(connection.makefile("rb").read())
    return receiver, answers


def test_a_callback_in_chunks_is_read() -> None:
    head = b"POST /mockreel-callback/1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    receiver, answers = called_back(
        [head + b'3;x=y\r\n{"a\r\n4\r\n":1}\r\n0\r\nTrailer: 1\r\n\r\n', head + b"-1\r\nno\r\n\r\n"]
    )
    assert [arrival.body for arrival in receiver.arrivals] == [b'{"a":1}', b""]
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)


def test_of_a_flood_of_callbacks_only_so_much_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockreel.conformance.receiver.MOST_KEPT", 5)
    monkeypatch.setattr("mockreel.conformance.receiver._MOST", 4)
    call = b"POST /mockreel-callback/1 HTTP/1.1\r\nContent-Length: 9\r\n\r\n123456789"
    receiver, answers = called_back([call] * 3)
    assert [arrival.body for arrival in receiver.arrivals] == [b"1234", b"1234"]
    assert [answer.split()[1] for answer in answers] == [b"200", b"200", b"503"]


def test_callers_who_break_off_or_send_nonsense_say_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise ControlError("the clock is gone")

    receiver, answers = called_back(
        [b"POST http://[ HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"\xff\xfe\r\n\r\n", b"A" * 70_000]
    )
    assert [arrival.path for arrival in receiver.arrivals] == ["http://["]
    assert len(answers) == 3
    broken = Receiver(fail)
    assert called_back([b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"], broken)[1] == [b""]
    assert capfd.readouterr().err == ""
