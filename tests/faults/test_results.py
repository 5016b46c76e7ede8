"""Faults of result files: on the socket and in-process, and the file is sound again afterwards."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from mockreel import MockProvider
from mockreel.domain.faults import files
from mockreel.domain.faults.effects import ResultEffects
from tests.faults.exchange import PROVIDER, Signals, asked, beginning, line, outcome, parts, submit

av = pytest.importorskip("av")

FILE = b"\0\0\0\x18ftyp" + bytes(range(256)) * 4


@pytest.fixture(scope="module")
def mock() -> MockProvider:
    return MockProvider(PROVIDER, seed=3)


@pytest.fixture(scope="module")
def url(mock: MockProvider) -> Iterator[str]:
    with mock.serve() as base:
        yield base


@pytest.fixture(params=["socket", "in-process"])
def http(request: pytest.FixtureRequest, mock: MockProvider, url: str) -> Iterator[httpx2.Client]:
    mock.reset()
    transport = mock.transport() if request.param == "in-process" else None
    with httpx2.Client(transport=transport, base_url=url, trust_env=False, timeout=10) as made:
        yield made


@pytest.fixture
def path(mock: MockProvider, http: httpx2.Client) -> Iterator[str]:
    """A result, which is sound again when the faults of the test are gone."""
    submit(http)
    mock.clock.advance(600)
    path = f"/_files/{PROVIDER}/{mock.tasks[0].id}/video.mp4"
    yield path
    for fault in mock.faults:
        mock.remove_fault(fault.id)
    answer = http.get(path)
    assert (answer.status_code, answer.headers["accept-ranges"]) == (200, "bytes")
    assert plays(answer.content)


@pytest.fixture
def whole(http: httpx2.Client, path: str) -> bytes:
    return http.get(path).content


def plays(content: bytes) -> bool:
    try:
        with av.open(io.BytesIO(content)) as container:
            return bool(container.streams.video) and bool(next(container.decode(video=0)).width)
    except av.error.FFmpegError:
        return False


@pytest.mark.parametrize(
    ("fault", "options", "status"),
    [
        ("result_missing", {}, 404),
        ("result_forbidden", {}, 403),
        ("result_error", {}, 503),
        ("result_error", {"status": 500}, 500),
    ],
)
def test_the_result_answers_with_an_error(
    mock: MockProvider, http: httpx2.Client, path: str, fault: str, options: dict[str, Any], status: int
) -> None:
    mock.add_fault(fault, **options)
    assert http.get(path).status_code == status


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_a_truncated_result_promises_its_whole_length(
    mock: MockProvider, http: httpx2.Client, path: str, whole: bytes, keep: float
) -> None:
    mock.add_fault("result_truncated", keep=keep)
    kept = int(len(whole) * keep)
    why = f"received {kept} bytes, expected {len(whole)}"
    assert outcome(lambda: http.get(path)) == (
        "RemoteProtocolError",
        f"peer closed connection without sending complete message body ({why})",
    )
    with http.stream("GET", path) as answer:
        assert beginning(answer) == (whole[:kept], "RemoteProtocolError")
    assert (answer.status_code, int(answer.headers["content-length"])) == (200, len(whole))
    head = http.head(path)
    assert (head.status_code, int(head.headers["content-length"])) == (200, len(whole))


def test_a_fault_of_the_content_is_not_used_up_by_a_look_at_the_head(
    mock: MockProvider, http: httpx2.Client, path: str, whole: bytes
) -> None:
    mock.add_fault("result_truncated", keep=0.5, times=1)
    assert int(http.head(path).headers["content-length"]) == len(whole)
    assert mock.faults[0].fired == 0
    with http.stream("GET", path) as answer:
        assert beginning(answer)[0] == whole[: len(whole) // 2]


def test_a_part_of_a_truncated_result_breaks_off_too(
    mock: MockProvider, http: httpx2.Client, path: str, whole: bytes
) -> None:
    mock.add_fault("result_truncated", keep=0.5)
    with http.stream("GET", path, headers={"Range": "bytes=100-199"}) as answer:
        assert beginning(answer) == (whole[100:150], "RemoteProtocolError")
    assert (answer.status_code, answer.headers["content-length"]) == (206, "100")


def test_a_corrupt_result_looks_right_and_does_not_play(
    mock: MockProvider, http: httpx2.Client, path: str, whole: bytes
) -> None:
    assert plays(whole)
    mock.add_fault("result_corrupt")
    first, second = http.get(path), http.get(path)
    assert (first.status_code, first.headers["content-type"], len(first.content)) == (200, "video/mp4", len(whole))
    assert first.content[: files.SOUND] == whole[: files.SOUND]
    assert all(a != b for a, b in zip(first.content[files.SOUND :], whole[files.SOUND :], strict=True))
    assert not plays(first.content)
    assert (second.content, second.headers["etag"]) == (first.content, first.headers["etag"])
    assert http.get(path, headers={"Range": "bytes=60-69"}).content == first.content[60:70]


def test_a_corrupt_cover_is_no_picture(mock: MockProvider, http: httpx2.Client, path: str) -> None:
    cover = path.replace("video.mp4", "cover.png")
    assert plays(http.get(cover).content)
    mock.add_fault("result_corrupt")
    assert not plays(http.get(cover).content)


def test_a_result_of_the_wrong_type_is_a_page(mock: MockProvider, http: httpx2.Client, path: str) -> None:
    mock.add_fault("result_wrong_type")
    answer = http.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")
    assert answer.content == files.PAGE
    assert int(answer.headers["content-length"]) == len(files.PAGE)


def test_a_result_without_ranges_comes_whole(mock: MockProvider, http: httpx2.Client, path: str, whole: bytes) -> None:
    mock.add_fault("result_no_range")
    for asks in ({}, {"Range": "bytes=10-19"}, {"Range": "bytes=-7"}, {"Range": "bytes=99999999-"}):
        answer = http.get(path, headers=asks)
        assert (answer.status_code, answer.content) == (200, whole)
        assert "accept-ranges" not in answer.headers
        assert "content-range" not in answer.headers


def test_faults_of_the_file_and_of_the_network_come_together(
    mock: MockProvider, http: httpx2.Client, path: str, whole: bytes
) -> None:
    mock.add_fault("result_truncated", keep=0.5)
    mock.add_fault("network_wrong_length", on="result", bytes=10)
    missing = len(whole) - len(whole) // 2 + 10
    why = f"received {len(whole) // 2} bytes, expected {len(whole) // 2 + missing}"
    assert outcome(lambda: http.get(path))[1].endswith(f"({why})")


@pytest.mark.parametrize(
    ("fault", "error"), [("network_reset_before", "ReadError"), ("network_cut_chunk", "RemoteProtocolError")]
)
def test_a_fault_of_the_network_acts_on_a_result(
    mock: MockProvider, http: httpx2.Client, path: str, fault: str, error: str
) -> None:
    mock.add_fault(fault, on="result")
    assert outcome(lambda: http.get(path))[0] == error


def test_a_slow_result_comes_when_the_clock_has_come_to_its_moment(mock: MockProvider, url: str) -> None:
    mock.reset()
    signals = Signals(mock)
    with httpx2.Client(base_url=url, trust_env=False, timeout=10) as http:
        submit(http)
    mock.clock.advance(600)
    mock.add_fault("result_slow", seconds=30)
    with line(url, path=f"/_files/{PROVIDER}/{mock.tasks[0].id}/video.mp4", method="GET") as caller:
        assert signals.until(lambda: mock.app.waits)
        mock.clock.advance(29)
        assert caller.is_silent()
        threading.Thread(target=mock.clock.advance, args=(1,)).start()
        told, _ = parts(caller.take())
        assert told["content-type"] == "video/mp4"


def test_a_slow_result_is_a_timeout_in_process_and_nothing_waits(mock: MockProvider) -> None:
    mock.reset()
    with httpx2.Client(transport=mock.transport(), base_url="http://mock.test", timeout=10) as http:
        submit(http)
        mock.clock.advance(600)
        path = f"/_files/{PROVIDER}/{mock.tasks[0].id}/video.mp4"
        mock.add_fault("result_slow", seconds=30)
        assert outcome(lambda: http.get(path)) == ("ReadTimeout", "timed out")
        assert http.get(path, timeout=60).status_code == 200


def test_a_fault_asked_for_at_submit_goes_with_the_task(mock: MockProvider, http: httpx2.Client) -> None:
    http.request(**asked("result_truncated; keep=0.1"))
    submit(http)
    mock.clock.advance(600)
    broken, sound = (f"/_files/{PROVIDER}/{task.id}/video.mp4" for task in mock.tasks)
    assert outcome(lambda: http.get(broken))[0] == "RemoteProtocolError"
    assert plays(http.get(sound).content)


# -- without a server --------------------------------------------------------------------------------------------------


def test_a_fault_changes_only_what_it_says() -> None:
    sound = files.send(FILE, "video/mp4", {}, ResultEffects(), max_age_s=60)
    assert (sound.body, sound.network) == (FILE, None)
    cut = files.send(FILE, "video/mp4", {}, ResultEffects(keep=0.25), max_age_s=60)
    assert cut.network is not None
    assert (cut.body, cut.network.length, cut.headers) == (FILE[:258], len(FILE) - 258, sound.headers)
    known = dict(sound.headers)[b"etag"]
    fresh = files.send(FILE, "video/mp4", {b"if-none-match": known}, ResultEffects(keep=0.25), max_age_s=60)
    assert (fresh.status, fresh.network) == (304, None)


# -- asked for on the URL itself ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("result_missing", 404),
        ("result_error; status=500", 500),
        ("network_reset_before", "ReadError"),
        ("network_refused", "ConnectError"),
        ("result_error; status=500, result_missing", 404),
    ],
)
def test_a_result_url_takes_faults_of_results_and_of_the_network(
    mock: MockProvider, http: httpx2.Client, path: str, fault: str, expected: Any
) -> None:
    if (expected, http._transport.__class__.__name__) == ("ConnectError", "HTTPTransport"):
        expected = "ReadError"  # one call alone cannot stop a server from listening
    seen = outcome(lambda: http.get(path, headers={"X-Mock-Fault": fault}))
    assert seen[0] == expected
    (entry,) = [entry for entry in mock.journal if entry.faults]
    assert entry.faults == tuple(part.partition(";")[0].strip() for part in fault.split(","))
    assert http.get(path).status_code == 200


def test_a_result_url_takes_no_key_and_its_fault_is_for_that_download_alone(http: httpx2.Client, path: str) -> None:
    whole = http.get(path).content
    broken = http.get(path, headers={"X-Mock-Fault": "result_corrupt"})
    assert broken.status_code == 200
    assert broken.content != whole
    assert http.get(path).content == whole


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("task_stuck", "X-Mock-Fault asks for task_stuck, which acts on the call that makes a task"),
        ("html_502", "X-Mock-Fault asks for html_502, which acts on API calls, not on a result file"),
        ("rate_limited", "X-Mock-Fault asks for rate_limited, which acts on API calls, not on a result file"),
        ("result_mising", "X-Mock-Fault knows no fault 'result_mising'; did you mean result_missing"),
    ],
)
def test_a_result_url_refuses_what_cannot_act_on_it_and_uses_up_no_armed_fault(
    mock: MockProvider, http: httpx2.Client, path: str, fault: str, text: str
) -> None:
    rule = mock.add_fault("result_missing", times=1)
    answer = http.get(path, headers={"X-Mock-Fault": fault})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(text)
    assert (rule.seen, list(mock.journal)[-1].faults) == (0, ())


def test_the_header_may_come_several_times(mock: MockProvider, http: httpx2.Client) -> None:
    request = asked()
    headers = [
        *request.pop("headers").items(),
        ("X-Mock-Fault", "answer_delayed; seconds=0"),
        ("x-mock-fault", "html_502"),
    ]
    assert http.request(**request, headers=headers).status_code == 502
    assert list(mock.journal)[-1].faults == ("answer_delayed", "html_502")
    headers[-1] = ("X-Mock-Fault", "html_520")
    assert "html_520" in http.request(**request, headers=headers).headers["x-mock-hint"]
