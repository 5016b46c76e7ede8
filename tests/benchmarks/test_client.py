"""What the reference client costs beyond the HTTP library that it sends with."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import httpx2
import orjson
import pytest

from mockreel import MockProvider
from mockreel_client import Client
from tests.benchmarks import report
from tests.benchmarks.subjects import KEY, PROVIDERS, Subject, subject

ROUNDS, COUNT = 15, 60
TRANSPORTS = ["the mock", "a constant answer"]
IMPORTS = """
import sys, time
import httpx2, httpx2._client, httpx2._transports.default
began = time.perf_counter()
from mockreel_client import Client
print(time.perf_counter() - began)
"""


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_get_task_against_a_bare_call(provider: str, transport: str) -> None:
    """Look up the route, send, read the answer by the contract, against sending the same and parsing the JSON."""
    made = subject(provider)
    http = _http(made, transport)
    with Client(provider, api_key=KEY, http_client=http) as client:
        task_id = client.create_task(orjson.loads(made.body)).id
        request = made.query(task_id)
        url = client._access.base_url + request.path + (f"?{request.query.decode()}" if request.query else "")
        headers = client._access.headers()
        assert client.get_task(task_id).id == task_id
        _compare(
            f"client.get_task, {provider}, on {transport}",
            lambda: client.get_task(task_id),
            lambda: http.get(url, headers=headers).json(),
        )


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_create_task_against_a_bare_call(provider: str, transport: str) -> None:
    """The same for a create, which is checked against the contract before it is sent."""
    made = subject(provider)
    http, body = _http(made, transport), orjson.loads(made.body)
    with Client(provider, api_key=KEY, http_client=http) as client:
        url, headers = client._access.base_url + made.create().path, client._access.headers()
        _compare(
            f"client.create_task, {provider}, on {transport}",
            lambda: client.create_task(body),
            lambda: http.post(url, headers=headers, json=body).json(),
        )


def test_import_beyond_the_http_library() -> None:
    """Import of Client when httpx2 is imported already, in processes of their own."""
    times = [float(_output(IMPORTS)) for _ in range(9)][1:]
    report.at_most("import of Client beyond httpx2", median(times) * 1000, 150, unit="ms")


def _http(made: Subject, transport: str) -> httpx2.Client:
    """Return an httpx2.Client on the mock, or on a transport that always gives what the mock has answered first."""
    provider = MockProvider(made.contract.provider, seed=7, clock="manual", credits="unlimited")
    mock = httpx2.Client(transport=provider.transport())
    if transport == TRANSPORTS[0]:
        return mock
    with Client(made.contract.provider, api_key=KEY, http_client=mock) as client:
        created = client.create_task(orjson.loads(made.body))
        found = client.get_task(created)
    answers = {"POST": orjson.dumps(created.body), "GET": orjson.dumps(found.body)}
    headers = {"content-type": "application/json"}
    return httpx2.Client(
        transport=httpx2.MockTransport(
            lambda request: httpx2.Response(200, content=answers[request.method], headers=headers)
        )
    )


def _compare(what: str, ours: Callable[[], object], bare: Callable[[], object]) -> None:
    sides: list[tuple[list[float], Callable[[], object]]] = [([], ours), ([], bare)]
    mine, theirs = sides[0][0], sides[1][0]
    for _ in range(ROUNDS):
        for times, call in sides:
            began = time.perf_counter()
            for _ in range(COUNT):
                call()
            times.append((time.perf_counter() - began) / COUNT)
        sides.reverse()
    more = median(mine) - median(theirs)
    report.inform(what, report.ratio(mine, theirs), unit="x", note=f"{more * 1e6:.0f} µs more than httpx2 alone")


def _output(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
