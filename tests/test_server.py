"""The engine behind a real socket: the same answers, real files, a bounded and guarded shell."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx2
import orjson
import pytest

from mockreel.domain.messages import Request
from mockreel.provider import MockProvider
from mockreel.server import run
from mockreel_contracts import load, providers
from tests.calling import first_body


@pytest.fixture(scope="module")
def mock() -> MockProvider:
    return MockProvider(seed=3)


@pytest.fixture(scope="module")
def http(mock: MockProvider) -> Iterator[httpx2.Client]:
    with mock.serve() as url, httpx2.Client(base_url=url, trust_env=False, timeout=20) as client:
        yield client


def authorized(provider: str, key: str = "socket-key") -> dict[str, str]:
    auth = load(provider).auth
    return {auth.header: f"{auth.schemes[0].capitalize()} {key}"}


def create(http: httpx2.Client, mock: MockProvider, provider: str, **changes: Any) -> str:
    operation = load(provider).by_role("submit")[0]
    body = {**first_body(load(provider)), **changes}
    answer = http.post(operation.path, json=body, headers=authorized(provider))
    assert answer.status_code == 200
    return next(reversed(mock.engine.services[provider].tasks))


@pytest.mark.parametrize("provider", providers())
def test_a_result_is_a_file_that_can_be_read_in_parts(http: httpx2.Client, mock: MockProvider, provider: str) -> None:
    task_id = create(http, mock, provider)
    url = f"/_files/{provider}/{task_id}/video.mp4"
    early = http.get(url)
    assert (early.status_code, "has no result" in early.text) == (404, True)
    advanced = http.post("/_mock/clock/advance", json={"seconds": 600}).json()
    assert [e["state"] for e in advanced["events"] if e["task_id"] == task_id] == [
        state.wire for state in load(provider).lifecycle.way()[1:]
    ]
    whole = http.get(url)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    assert whole.content[4:8] == b"ftyp"
    head = http.head(url)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(whole.content)))
    part = http.get(url, headers={"Range": "bytes=10-19", "If-Range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    tail = http.get(url, headers={"Range": "bytes=-7"})
    assert (tail.status_code, tail.content) == (206, whole.content[-7:])
    assert http.get(url, headers={"Range": "bytes=99999999-"}).status_code == 416
    assert http.get(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert http.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'}).status_code == 200
    cover = http.get(url.replace("video.mp4", "cover.png"))
    assert (cover.status_code, cover.content[:8]) == (200, b"\x89PNG\r\n\x1a\n")
    assert http.post(url).status_code == 405
    http.post("/_mock/clock/advance", json={"seconds": load(provider).lifecycle.asset_life_ms / 1000})
    gone = http.get(url)
    assert (gone.status_code, "expired" in gone.text) == (404, True)


def test_a_signed_link_ends_by_itself_and_cannot_be_changed(http: httpx2.Client, mock: MockProvider) -> None:
    provider, contract = next(
        (p, load(p)) for p in providers() if any("url" in o.reads for o in load(p).by_role("download"))
    )
    operation = next(o for o in contract.by_role("download") if "url" in o.reads)
    task_id = create(http, mock, provider)
    url = f"{http.base_url}".rstrip("/") + f"/_files/{provider}/{task_id}/video.mp4"

    def ask(key: str = "socket-key") -> httpx2.Response:
        return http.post(operation.path, json={"url": url}, headers=authorized(provider, key))

    assert "https://" not in ask().text  # no result yet: refused
    http.post("/_mock/clock/advance", json={"seconds": 600})
    link = next(v for v in orjson.loads(ask().content).values() if isinstance(v, str) and "signature=" in v)
    assert http.get(link).status_code == 200
    assert http.get(link[:-1] + ("0" if link[-1] != "0" else "1")).status_code == 403
    assert http.get(link.replace("expires=1", "expires=2")).status_code == 403
    assert "is not a result URL" in ask("another-key").text
    assert operation.link_life_ms is not None
    http.post("/_mock/clock/advance", json={"seconds": operation.link_life_ms / 1000})
    assert http.get(link).status_code == 403


@pytest.mark.parametrize("provider", providers())
def test_the_socket_and_the_engine_give_the_same_bytes(provider: str) -> None:
    operation = load(provider).by_role("submit")[0]
    raw = orjson.dumps(first_body(load(provider)))
    headers = {**authorized(provider), "Content-Type": "application/json"}
    direct = MockProvider(provider, seed=5).handle(
        Request("POST", operation.path, b"", {k.lower().encode(): v.encode() for k, v in headers.items()}, raw)
    )
    with MockProvider(provider, seed=5).serve() as url:
        answer = httpx2.post(url + operation.path, content=raw, headers=headers, trust_env=False)
    assert (answer.status_code, answer.content) == (direct.status, direct.body)


@pytest.mark.parametrize("provider", providers())
def test_a_body_of_thirty_megabytes_is_refused_and_the_server_lives(
    http: httpx2.Client, mock: MockProvider, provider: str
) -> None:
    operation = load(provider).by_role("submit")[0]
    before = len(mock.engine.services[provider].tasks)
    headers = {**authorized(provider), "Content-Type": "application/json"}
    answer = http.post(operation.path, content=b'{"model": "' + b"x" * 30_000_000 + b'"}', headers=headers)
    assert "larger than" in list(mock.journal)[-1].decision
    assert isinstance(answer.json(), dict)
    assert len(mock.engine.services[provider].tasks) == before


def test_the_control_api_shows_and_steers(http: httpx2.Client, mock: MockProvider) -> None:
    provider = providers()[0]
    task_id = create(http, mock, provider)
    assert http.get("/_mock/health").json()["providers"] == list(providers())
    assert http.get("/_mock/clock").json()["clock"] == "manual"
    assert http.get("/_mock/tasks", params={"limit": 1}).json()["tasks"][0]["id"] == task_id
    assert http.get(f"/_mock/tasks/{task_id}").json()["request"] == first_body(load(provider))
    explained = http.get(f"/_mock/tasks/{task_id}/explain").json()
    assert explained["next"].startswith(explained["timeline"][1]["state"])
    assert [call["decision"].split(",")[0] for call in explained["calls"]] == ["task made"]
    entries = http.get("/_mock/journal", params={"key": "socket-key", "task_id": task_id}).json()["entries"]
    assert len(entries) == 1
    assert "socket-key" not in http.get("/_mock/journal").text
    ledger = http.put("/_mock/keys/rich", json={"credits": "unlimited"}).json()
    assert {value["balance"] for value in ledger.values()} == {"unlimited"}
    assert http.put("/_mock/keys/poor?provider=" + provider, json={"credits": 5}).json()[provider]["balance"] == 5
    assert http.get("/_mock/keys/poor").json()[providers()[1]]["balance"] == 10_000
    assert "stuck" in http.get("/_mock/scenarios").json()
    assert http.get("/_mock/errors").json()[provider]["rate_limited"]["retryable"] is True
    assert http.post("/_mock/reset", json={"key": "socket-key"}).json() == {"reset": "one key"}
    assert http.get(f"/_mock/tasks/{task_id}").status_code == 404
    assert http.get("/_mock/openapi.json").json()["info"]["title"] == "Mockreel control API"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/_mock/clock/advance", {"seconds": -1}, 422),
        ("POST", "/_mock/clock/advance", {"second": 1}, 422),
        ("PUT", "/_mock/keys/k", {"credits": -1}, 422),
        ("PUT", "/_mock/keys/k", {"credits": "lots"}, 422),
        ("PUT", "/_mock/keys/k?provider=nobody", {"credits": 1}, 404),
        ("POST", "/_mock/reset", {"keys": "k"}, 422),
        ("GET", "/_mock/tasks/none/explain", None, 404),
        ("GET", "/_mock/nowhere", None, 404),
    ],
)
def test_the_control_api_refuses_what_it_does_not_know(
    http: httpx2.Client, method: str, path: str, body: Any, status: int
) -> None:
    assert http.request(method, path, json=body).status_code == status


def test_other_web_pages_cannot_steer_the_mock(http: httpx2.Client) -> None:
    assert http.post("/_mock/reset", headers={"Origin": "https://evil.example"}).status_code == 403


def test_beyond_loopback_the_control_api_asks_for_its_token() -> None:
    mock = MockProvider(providers()[0], token="secret-token")
    with mock.serve() as url, httpx2.Client(base_url=url, trust_env=False) as http:
        assert http.get("/_mock/health").status_code == 200
        assert http.get("/_mock/tasks").status_code == 401
        assert http.get("/_mock/tasks", headers={"Authorization": "Bearer secret-token"}).status_code == 200


def test_a_real_clock_cannot_be_moved() -> None:
    with MockProvider(providers()[0], clock="real").serve() as url:
        assert httpx2.post(url + "/_mock/clock/advance", json={"seconds": 1}, trust_env=False).status_code == 409


def test_a_taken_port_is_refused_with_a_way_out() -> None:
    with closing(run.bind("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(run.PortTakenError, match=f"cannot listen on 127.0.0.1:{port}: .*--port 0"):
            run.bind("127.0.0.1", port)


def test_a_client_that_sends_rubbish_or_leaves_does_not_stop_the_server(http: httpx2.Client) -> None:
    host, port = http.base_url.host, http.base_url.port
    for rubbish in (
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\nshort",
    ):
        with socket.create_connection((host, port), timeout=5) as sock:
            sock.sendall(rubbish)
    assert http.get("/_mock/health").status_code == 200


def test_serve_prints_its_url_when_it_answers_and_ends_on_a_signal() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mockreel", "serve", "--port", "0", "--json", "--seed", "4"], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        ready = orjson.loads(process.stdout.readline())
        assert ready["seed"] == 4
        assert httpx2.get(ready["url"] + "/_mock/health", trust_env=False).json()["seed"] == 4
    finally:
        process.terminate()
        assert process.wait(10) in (0, -15)
        process.stdout.close()  # type: ignore[union-attr]
