"""Servers that mean harm: none of them ends a run, holds it up, or makes it say what is not so."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx2
import orjson
import pytest

from mockreel import MockProvider
from mockreel.cli import main
from mockreel.conformance import fetching, verify_server
from mockreel.conformance.bench import MOST_KEPT, TimeUp, Unreachable
from mockreel.conformance.budget import Budget
from mockreel.conformance.control import ControlError, RemoteControl
from mockreel.conformance.evidence import findings, tracing
from mockreel.conformance.evidence.reading import Seen
from mockreel.conformance.exchange import Exchange, Intent
from mockreel.conformance.fetching import may_fetch
from mockreel.conformance.generated.cases import cases
from mockreel.conformance.generated.quiet import quietly
from mockreel.conformance.receiver import Receiver
from mockreel.conformance.target import TargetError
from mockreel.conformance.verify import chosen, target_of, verify
from mockreel.conformance.wire import DEEPEST, MAX_BODY, ask, parsed
from mockreel.report import BaselineError, CheckResult, Finding, Status, baseline
from mockreel_contracts import Phase, load, providers
from tests.conformance.bent import bench, json_answer, judged

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


def test_half_a_key_is_no_less_a_secret() -> None:
    key = "a-very-secret-key-of-forty-characters-123"
    record = bench(FIRST).record
    record.hidden = (key,)
    exchange = judged_answer(b"")
    for start in range(1_955, 2_005):
        body = b"x" * start + key.encode() + b"y" * 100_000
        shown = findings.evidence(record, replace(exchange, body=body)).received
        assert "a-very" not in shown
    many = findings.evidence(record, replace(exchange, body=key.encode() * 5000)).received
    assert "a-very" not in many


def judged_answer(body: bytes) -> Exchange:
    made = bench(FIRST)
    made.knock()
    return replace(made.record.exchanges[0], body=body)


def test_a_report_in_python_holds_no_key_either() -> None:
    with MockProvider(FIRST) as mock, mock.serve() as url:
        target = target_of(url, FIRST, api_key="a-very-secret-key", budget=None, profile="documented", contracts=None)
        found = Finding("the server says a-very-secret-key")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("mockreel.conformance.judging.judge", lambda record, wanted: (failing(found),))
            report = verify(target, chosen(["auth_not_enforced"]))
    assert report.checks[0].findings[0].message == "the server says ***"


def failing(finding: Finding) -> CheckResult:
    return CheckResult("auth_not_enforced", Status.FAIL, message=finding.message, findings=(finding,))


@pytest.mark.parametrize(
    ("url", "key", "said"),
    [
        ("http://user:a-password@127.0.0.1:1", "key", "calls carry the API key alone"),
        ("http://[", "key", "the base URL is like"),
        ("http://127.0.0.1:1", "schl\u00fcssel", "printable ASCII"),
        ("http://127.0.0.1:1", "key\r\nX-Other: 1", "printable ASCII"),
    ],
)
def test_what_no_request_can_carry_is_refused_and_not_repeated(url: str, key: str, said: str) -> None:
    with pytest.raises(TargetError, match=said) as raised:
        verify_server(url, FIRST, api_key=key)
    assert "a-password" not in str(raised.value)
    assert key == "key" or key not in str(raised.value)


def test_a_host_that_no_name_can_be_is_nobody() -> None:
    def look_up(request: httpx2.Request, answer: httpx2.Response | None = None) -> httpx2.Response:
        raise UnicodeError("label empty or too long")

    with pytest.raises(httpx2.InvalidURL, match="label empty or too long"):
        asked(look_up)
    with pytest.raises(Unreachable, match="label empty or too long"):
        bench(FIRST, answer=look_up).knock()


def test_a_number_of_thousands_of_digits_is_no_baseline() -> None:
    with pytest.raises(BaselineError, match=r"earlier\.json: not JSON"):
        baseline.check("1" * 5000, kind="server", provider=FIRST, file="earlier.json")


def test_what_a_server_says_reaches_the_terminal_without_its_escape_sequences(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with answering(b"HTTP/1.1 404 \x1b[31mred\r\nContent-Length: 0\r\n\r\n", b"") as url:
        assert main(["verify", "server", url, "--provider", FIRST, "--api-key", "key", "--control", "a\x1b[31m"]) == 2
    told = capsys.readouterr().err
    assert "the control API does not answer" in told
    assert "\x1b" not in told


def test_generating_stops_in_the_middle_of_an_operation() -> None:
    calls = iter(range(30))

    def go_on() -> None:
        if next(calls, None) is None:
            raise TimeUp

    found = cases(load(FIRST), 0, go_on)
    with quietly(), pytest.raises(TimeUp):
        for _ in found:
            pass
    assert next(calls, None) is None


def test_a_code_written_as_a_float_is_the_same_code() -> None:
    def bend(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response:
        return json_answer(answer, floating(orjson.loads(answer.content)))

    results = judged(bench("vidu", answer=bend), "auth", "refusals")
    assert {name for name, result in results.items() if result.status is Status.FAIL} == set()
    results = judged(bench("kie", answer=bend), "auth", "refusals")
    assert {name for name, result in results.items() if result.status is Status.FAIL} == set()


def floating(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: floating(inner) for name, inner in value.items()}
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@pytest.mark.parametrize("provider", providers())
def test_a_server_that_takes_what_it_must_refuse_is_not_paid_beyond_the_budget(provider: str) -> None:
    def bend(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        if request.method == "POST" and not good:
            return None
        return good[0] if request.method == "POST" else None

    good: list[httpx2.Response] = []
    model = next(iter(bench(provider).samples))
    made = bench(provider, answer=bend, models=(model,))
    body = made.samples[model]
    price = made.price(body)
    assert price
    submitted = made.submit(body, Intent("test", "accept")).submit
    assert submitted is not None
    good.append(httpx2.Response(200, headers={"content-type": "application/json"}, content=submitted.body))
    made.budget = Budget(price * 5 / 2)
    results = judged(made, "rules")
    assert results["invalid_accepted"].status is Status.FAIL
    assert made.budget.spent <= price * 5 / 2
    assert "budget" in made.record.missed["rules"][0]


@pytest.mark.parametrize("provider", providers())
def test_a_server_that_allows_few_calls_a_second_is_not_accused(provider: str) -> None:
    limited = next(case.id for case in load(provider).errors.values() if case.like == "rate_limited")
    calls = itertools.count()

    def bend(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        return refusal if next(calls) % 3 else None

    other = bench(provider)
    operation = other.contract.by_role("submit")[0]
    asked_for = Intent("test", "refuse", "error", limited)
    told = other.call(operation, asked_for, body=next(iter(other.samples.values())), headers=other.fault(limited))
    refusal = httpx2.Response(told.status, headers=dict(told.headers), content=told.body)
    results = judged(bench(provider, answer=bend), "auth", "refusals", "rules", "error_cases")
    assert {name for name, result in results.items() if result.status is Status.FAIL} == set()
