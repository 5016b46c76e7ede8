"""Whatever is received, the answer is an event or one of the documented refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel_client import CallbackError, CallbackEvent
from mockreel_contracts import Contract
from tests.client.samples import (
    KIE_SUCCESS,
    KIE_TASK,
    STANDARD,
    VIDU_SUCCESS,
    Sent,
    acme,
    compact,
    kie,
    standard,
    vidu,
)

SECRET = "a-secret-of-ours"
TEXTS = st.text(st.characters(), max_size=40)
PIECES = st.one_of(TEXTS, st.binary(max_size=40), st.sampled_from(["1765186999", ";", "Date;;", "v1,", "=", "é", "\0"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS: st.SearchStrategy[Any] = st.one_of(
    PIECES, JSON, st.sampled_from([None, object(), int, memoryview(b"{}"), iter([]), Exception(), ..., range(3)])
)


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return acme(tmp_path_factory.mktemp("contracts"), STANDARD)


def answer(sent: Sent, **options: Any) -> CallbackEvent | CallbackError:
    """Return what parse_callback says; anything that is not documented is raised."""
    found: CallbackEvent | CallbackError
    try:
        found = sent.parse(**options)
    except CallbackError as refusal:
        found = refusal
    assert isinstance(found, CallbackEvent) or sent.secret not in str(found)
    return found


def samples(contract: Contract) -> list[Sent]:
    return [
        kie(secret=SECRET),
        replace(vidu(secret=SECRET), provider="vidu"),
        standard(contract),
    ]


@given(headers=OBJECTS | st.lists(st.tuples(OBJECTS, OBJECTS), max_size=5), body=OBJECTS)
def test_any_objects_at_all(contract: Contract, headers: Any, body: Any) -> None:
    for sent in samples(contract):
        assert isinstance(answer(replace(sent, headers=headers, body=body)), CallbackError)


@given(data=st.data())
def test_a_genuine_callback_with_changed_headers(contract: Contract, data: st.DataObject) -> None:
    sent = data.draw(st.sampled_from(samples(contract)))
    pairs: list[tuple[Any, Any]] = list(sent.headers.items())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(pairs) - 1))
        name, value = pairs[at]
        match data.draw(st.sampled_from(["value", "name", "insert", "twice", "drop", "raw"])):
            case "value":
                pairs[at] = (name, data.draw(PIECES))
            case "name":
                pairs[at] = (data.draw(PIECES), value)
            case "insert" if isinstance(value, str):
                where = data.draw(st.integers(0, len(value)))
                pairs[at] = (name, value[:where] + data.draw(TEXTS) + value[where:])
            case "twice":
                pairs.append((name, data.draw(st.sampled_from([value]) | PIECES)))
            case "drop" if len(pairs) > 1:
                del pairs[at]
            case "raw":
                pairs = [(n.encode("utf-8", "replace"), v) if isinstance(n, str) else (n, v) for n, v in pairs]
    answer(replace(sent, headers=pairs), provider=data.draw(st.sampled_from([None, sent.provider])))


@given(data=st.data())
def test_a_genuine_callback_with_changed_bytes(contract: Contract, data: st.DataObject) -> None:
    sent = data.draw(st.sampled_from(samples(contract)))
    body = bytearray(sent.body)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        body[start : start + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    answer(replace(sent, body=bytes(body)))
    answer(replace(sent, body=bytes(body)), secret=None, provider=sent.provider or "kie")


PLACES = ["code", "msg", "taskId", "task_id", "state", "resultJson", "failCode", "failMsg", "creditsConsumed", "param"]


@given(name=st.sampled_from(PLACES), value=JSON | st.sampled_from(['{"resultUrls":[[[]]]}', "[" * 2000, 1e308, -0.0]))
def test_a_signed_callback_with_any_value_in_a_field(name: str, value: Any) -> None:
    fields = {**KIE_SUCCESS["data"], name: value} if name not in KIE_SUCCESS else KIE_SUCCESS["data"]
    whole = {**KIE_SUCCESS, "data": fields, **({name: value} if name in KIE_SUCCESS else {})}
    task = value if name == "taskId" and isinstance(value, str) and value else KIE_TASK
    try:
        sent = kie(task=task.encode("utf-8", "replace").decode())
    except ValueError:
        return
    found = answer(replace(sent, body=json.dumps(whole).encode()))
    if name == "state" and isinstance(value, str) and value and value.isprintable():
        assert isinstance(found, CallbackEvent)
        assert found.state == value


@given(change=st.dictionaries(st.sampled_from(sorted(VIDU_SUCCESS)), JSON, max_size=3), extra=JSON)
def test_a_callback_whose_signature_does_not_cover_the_body_with_any_body(change: Any, extra: Any) -> None:
    answer(vidu().having(body=json.dumps({**VIDU_SUCCESS, **change, "extra": extra}).encode()))


@given(value=JSON)
def test_a_signed_body_of_any_json(contract: Contract, value: Any) -> None:
    try:
        body = compact(value)
    except UnicodeEncodeError:
        body = json.dumps(value).encode()
    for given_body in (body, compact({"film": 1, "is": "screened", "paid": 2})[:-1] + b',"x":' + body + b"}"):
        found = answer(standard(contract, given_body))
        assert getattr(found, "reason", "") in ("", "malformed_body")


@given(method=TEXTS | st.binary(), path=TEXTS | st.binary(), query=TEXTS | st.binary())
def test_any_method_path_and_query(method: Any, path: Any, query: Any) -> None:
    answer(vidu(), method=method, path=path, query=query)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 100_000,
        b"[" * 500_000,
        b'{"data":' + b"9" * 100_000 + b"}",
        b'{"data":-1e' + b"9" * 1000 + b"}",
        b'{"' + b"k" * 400_000 + b'":[' + b"{}," * 200_000 + b"{}]}",
        b'{"data":{"taskId":"a","taskId":"b"}}',
        b'{"data":{"taskId":"\\ud800"}}',
        b"\xef\xbb\xbf{}",
        b"\x00",
        b'{"creations":[' + b"{}," * 300_000 + b"{}]}",
    ],
    ids=lambda value: f"{value[:12]!r}",
)
def test_hostile_bodies(body: bytes) -> None:
    for sent in (kie(), vidu()):
        assert isinstance(answer(replace(sent, body=body)), CallbackError)
