"""Errors as values: they travel between processes whole."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import httpx2
import pytest

from mockreel_client import ClientError
from tests.client.calling import BODIES, call

DONE = {"code": 200, "data": {"taskId": "T", "state": "fail", "failCode": "500", "failMsg": "no"}}
BAD = {**BODIES["kie"], "input": {}}
CASES: dict[str, tuple[Any, str, Any]] = {
    "refused": (httpx2.Response(200, json={"code": 429, "msg": "slow"}), "get_task", "T"),
    "failed": (httpx2.Response(200, json=DONE), "wait", "T"),
    "unexpected": (httpx2.Response(200, content=b"what?"), "get_task", "T"),
    "ambiguous": (httpx2.Response(500), "create_task", BODIES["kie"]),
    "unsent": (httpx2.ConnectError("refused"), "get_task", "T"),
    "late": (httpx2.Response(503, headers={"retry-after": "9999"}), "wait", "T"),
    "violations": (httpx2.Response(500), "create_task", BAD),
    "download": (httpx2.Response(410), "download", "https://example.com/v.mp4"),
}


def pickled(error: ClientError) -> Any:
    return pickle.loads(pickle.dumps(error))  # noqa: S301 - our own


@pytest.mark.parametrize("copied", [copy.copy, pickled])
@pytest.mark.parametrize("case", CASES)
def test_an_error_can_be_copied_and_sent_to_another_process(case: str, copied: Any) -> None:
    came, method, argument = CASES[case]

    def answer(_: httpx2.Request) -> httpx2.Response:
        if isinstance(came, Exception):
            raise came
        return httpx2.Response(came.status_code, headers=came.headers, content=came.content)

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    with pytest.raises(ClientError) as caught:
        call("sync", "kie", method, argument, options={"retries": 1 if method == "wait" else 0, "http_client": http})
    error, twin = caught.value, copied(caught.value)
    assert type(twin) is type(error)
    assert (str(twin), vars(twin)) == (str(error), vars(error))
