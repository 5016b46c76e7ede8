"""Calls and deliveries as they come, over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterator
from contextlib import suppress

import httpx2
import pytest

from mockreel import MockProvider
from mockreel.domain.messages import Request
from mockreel.server import control_events
from mockreel_contracts import load, providers
from tests.calling import first_body

PROVIDER = providers()[-1]
CONTRACT = load(PROVIDER)
SUBMIT = CONTRACT.by_role("submit")[0]
BOUND_S = 10


@pytest.fixture
def served() -> Iterator[tuple[MockProvider, str]]:
    with MockProvider(PROVIDER) as mock, mock.serve() as url:
        yield mock, url


def create(http: httpx2.Client, key: str) -> None:
    auth = {CONTRACT.auth.header: f"{CONTRACT.auth.schemes[0].capitalize()} {key}"}
    assert http.request(SUBMIT.method, SUBMIT.path, json=first_body(CONTRACT), headers=auth).status_code == 200


def test_each_call_comes_as_an_event_to_those_who_want_it(served: tuple[MockProvider, str]) -> None:
    mock, url = served
    with (
        httpx2.Client(base_url=url, trust_env=False, timeout=BOUND_S) as http,
        httpx2.Client(base_url=url, trust_env=False, timeout=BOUND_S) as own,
        own.stream("GET", "/_mock/events", params={"key": "key-b"}) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        for key in ("key-a", "key-b", "key-a", "key-b"):
            create(http, key)
        told = [next(lines) for _ in range(8)]
        wanted = mock.find(key="key-b")
    assert all("$API_KEY" in line and "key-b" not in line for line in told[2::4])
    assert told[0::4] == [f"id: {record.seq}" for record in wanted] == ["id: 2", "id: 4"]
    assert told[1::4] == ["event: call"] * 2
    assert [json.loads(line.removeprefix("data: ")) for line in told[2::4]] == [
        json.loads(json.dumps(record.as_json())) for record in wanted
    ]


def test_a_listener_that_does_not_read_keeps_only_the_latest() -> None:
    with MockProvider(PROVIDER) as mock:
        for _ in range(5):
            mock.handle(Request("GET", "/nowhere"))

    async def heard() -> list[int]:
        listener = control_events.Listener(None)
        listener._records = deque(maxlen=3)
        for record in mock.journal:
            listener.hear(record)
        return [record.seq for record in listener._records]

    assert asyncio.run(heard()) == [3, 4, 5]
    assert asyncio.run(_kept()) == control_events.KEPT


async def _kept() -> int | None:
    return control_events.Listener(None)._records.maxlen


def test_the_stream_ends_with_the_server_and_nobody_is_told_any_more() -> None:
    mock = MockProvider(PROVIDER)
    with httpx2.Client(trust_env=False, timeout=BOUND_S) as own:
        with mock.serve() as url:
            stream = own.stream("GET", f"{url}/_mock/events")
            answer = stream.__enter__()
            assert len(mock.journal.on_add) == 1
        with suppress(httpx2.HTTPError):
            assert list(answer.iter_lines()) == []
    assert mock.journal.on_add == []
