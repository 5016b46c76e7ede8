"""What an event says of a callback that was accepted."""

from __future__ import annotations

import http.client
import io
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from multidict import CIMultiDict
from starlette.datastructures import Headers

from mockreel_client import CallbackEvent, InvalidHeader, MalformedBody, parse_callback
from mockreel_client.events import phase_of
from mockreel_contracts import Phase, load, providers
from mockreel_contracts.expressions import compile_expression
from tests.client.samples import (
    KIE_AT,
    KIE_FAILURE,
    KIE_SUCCESS,
    KIE_TASK,
    STANDARD,
    VIDU_AT,
    VIDU_SUCCESS,
    acme,
    compact,
    kie,
    standard,
    vidu,
)


def kie_saying(**data: Any) -> dict[str, Any]:
    return {**KIE_SUCCESS, "data": {**KIE_SUCCESS["data"], **data}}


def test_a_success_has_its_results_and_its_price() -> None:
    assert kie().parse() == CallbackEvent(
        provider="kie",
        task_id=KIE_TASK,
        state="success",
        phase=Phase.SUCCEEDED,
        urls=("https://example.com/video.mp4",),
        error_code=None,
        error_message=None,
        credits=30.0,
        timestamp=float(KIE_AT),
        is_verified=True,
        is_body_signed=False,
        body=KIE_SUCCESS,
    )
    event = vidu().parse()
    assert (event.urls, event.credits, event.error_code) == (("https://example.com/7.mp4",), 80.0, None)
    assert (event.timestamp, event.is_terminal, event.is_body_signed) == (VIDU_AT, True, False)


def test_a_failure_has_its_reason() -> None:
    event = kie(KIE_FAILURE).parse()
    assert (event.phase, event.urls, event.credits) == (Phase.FAILED, (), None)
    assert (event.error_code, event.error_message) == ("500", "Internal server error")
    event = vidu({**VIDU_SUCCESS, "state": "failed", "err_code": "AuditSubmitIllegal", "creations": []}).parse()
    assert (event.phase, event.error_code, event.urls) == (Phase.FAILED, "AuditSubmitIllegal", ())


def test_a_task_under_way_is_not_terminal() -> None:
    event = vidu({**VIDU_SUCCESS, "state": "processing", "creations": []}).parse()
    assert (event.phase, event.is_terminal, event.key) == (
        Phase.RUNNING,
        False,
        ("vidu", VIDU_SUCCESS["id"], "processing"),
    )


@pytest.mark.parametrize("word", ["reviewing", "SUCCESS", "générée"])
def test_an_unknown_state_has_no_phase_and_is_not_terminal(word: str) -> None:
    for event in (kie(kie_saying(state=word)).parse(), vidu({**VIDU_SUCCESS, "state": word}).parse()):
        assert (event.state, event.phase, event.is_terminal) == (word, None, False)


def test_a_known_state_that_is_not_among_those_of_callbacks_keeps_its_phase() -> None:
    assert kie(kie_saying(state="generating")).parse().phase is Phase.RUNNING


def test_an_unknown_state_excuses_nothing_else() -> None:
    with pytest.raises(MalformedBody) as caught:
        kie(kie_saying(state="reviewing", model="")).parse()
    assert [violation.pointer for violation in caught.value.violations] == ["/data/model"]


@pytest.mark.parametrize("state", ["", None, 5, [], {}])
def test_a_state_that_is_no_word_is_malformed(state: Any) -> None:
    with pytest.raises(MalformedBody) as caught:
        kie(kie_saying(state=state)).parse()
    assert [violation.pointer for violation in caught.value.violations] == ["/data/state"]


@pytest.mark.parametrize("name", providers())
def test_every_states_word_means_its_phase(name: str) -> None:
    contract = load(name)
    for state in contract.lifecycle.states.values():
        named = contract.lifecycle.states.get(state.wire)
        assert phase_of(contract, state.wire) is (named.phase if named else state.phase)


@pytest.mark.parametrize(
    ("names", "phase"),
    [
        (["burnt", "cut"], Phase.FAILED),
        (["cut", "burnt"], Phase.FAILED),
        (["cut", "ash"], Phase.CANCELED),
        (["screened"], None),
    ],
)
def test_of_states_that_share_a_word_the_one_of_that_name_counts_or_else_the_first(
    names: list[str], phase: Phase | None, tmp_path: Path
) -> None:
    contract = acme(tmp_path, STANDARD)
    known = {**contract.lifecycle.states, "ash": replace(contract.lifecycle.states["burnt"], name="ash")}
    lifecycle = replace(contract.lifecycle, states={name: known[name] for name in names})
    assert phase_of(replace(contract, lifecycle=lifecycle), "burnt") is phase


def test_unknown_fields_are_let_through() -> None:
    event = kie({**KIE_SUCCESS, "traceId": "7", "data": {**KIE_SUCCESS["data"], "extra": [1]}}).parse()
    assert event.body["traceId"] == "7"


def test_results_that_cannot_be_read_are_no_results() -> None:
    for text in ("", "{", "[]", '{"resultUrls":null}', "null"):
        assert kie(kie_saying(resultJson=text)).parse().urls == ()
    assert kie(kie_saying(resultJson='{"resultUrls":"https://example.com/1"}')).parse().urls == (
        "https://example.com/1",
    )


def test_where_the_signature_covers_the_body_the_event_says_so(tmp_path: Path) -> None:
    event = standard(acme(tmp_path, STANDARD)).parse()
    assert (event.provider, event.task_id, event.phase) == ("acme", "41", Phase.SUCCEEDED)
    assert (event.is_verified, event.is_body_signed) == (True, True)
    event = standard(acme(tmp_path / "again", STANDARD)).parse(secret=None)
    assert (event.is_verified, event.is_body_signed, event.timestamp) == (False, False, None)


def test_a_made_up_contract_finds_a_state_in_several_places(tmp_path: Path) -> None:
    schema = "{type: object, properties: {is: {enum: [screened]}, was: {enum: [screened]}}}"
    contract = acme(tmp_path, STANDARD, schema=schema)
    body = compact({"film": 41, "is": "lost", "was": "lost"})
    with pytest.raises(MalformedBody, match="/was"):
        standard(contract, body).parse()
    behavior = {**contract.behavior, "callback": {"reads": {"state": "body.is || body.was || to_string(body.x)"}}}
    assert standard(replace(contract, behavior=behavior), body).parse().phase is None


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"film": [1]}, "the body's task_id is a list; expected a text"),
        ({"is": {}}, "the body's state is a dict; expected a text"),
        ({"why": True}, "the body's error_code is a bool; expected a text"),
        ({"paid": True}, "the body's credits is a bool; expected a number"),
        ({"paid": "5"}, "the body's credits is a str; expected a number"),
        ({"reel": 5}, "the body's urls are no texts; expected a list of them"),
        ({"film": None}, "the body names no task"),
        ({"is": ""}, "the body names no state"),
    ],
)
def test_where_the_schema_is_silent_a_field_of_another_kind_is_still_refused(
    field: dict[str, Any], message: str, tmp_path: Path
) -> None:
    body = compact({"film": 41, "is": "screened", **field})
    with pytest.raises(MalformedBody) as caught:
        standard(acme(tmp_path, STANDARD), body).parse()
    assert str(caught.value) == message


def test_an_expression_that_overflows_finds_nothing(tmp_path: Path) -> None:
    contract = acme(tmp_path, STANDARD)
    assert contract.callback
    reads = {**contract.callback.reads, "error_code": compile_expression("rfc3339(body.why)")}
    contract = replace(contract, callback=replace(contract.callback, reads=reads))
    assert standard(contract, compact({"film": 1, "is": "burnt", "why": 1e300})).parse().error_code is None


def test_without_a_secret_nothing_is_verified() -> None:
    unsigned = kie().having(X_Webhook_Timestamp=None, X_Webhook_Signature=None)
    event = unsigned.parse(secret=None, provider="kie")
    assert (event.is_verified, event.is_body_signed, event.timestamp) == (False, False, None)
    assert kie().having(X_Webhook_Signature="wrong").parse(secret=None).provider == "kie"


def test_an_event_can_be_kept_in_a_set_and_does_not_change() -> None:
    assert len({kie().parse(), kie().parse(), vidu().parse()}) == 2
    with pytest.raises(FrozenInstanceError):
        kie().parse().state = "fail"  # type: ignore[misc]


PAIRS = list(kie().headers.items())
RAW = [(name.lower().encode(), value.encode()) for name, value in PAIRS]
MESSAGE = http.client.parse_headers(io.BytesIO(b"".join(b"%s: %s\r\n" % pair for pair in RAW) + b"\r\n"))
KINDS: list[Any] = [
    dict(PAIRS),
    {name.upper(): value for name, value in PAIRS},
    dict(RAW),
    PAIRS,
    iter(PAIRS),
    RAW,
    MESSAGE,
    Headers(raw=RAW),
    httpx.Headers(PAIRS),
    httpx2.Headers(PAIRS),
    CIMultiDict(PAIRS),
]


@pytest.mark.parametrize("headers", KINDS, ids=lambda value: type(value).__name__)
def test_headers_may_be_whatever_a_framework_keeps_them_in(headers: Any) -> None:
    assert parse_callback(headers, kie().body, kie().secret, now=KIE_AT).is_verified


TWICE = [*PAIRS, PAIRS[0]]


@pytest.mark.parametrize(
    "headers",
    [
        TWICE,
        Headers(raw=[*RAW, RAW[0]]),
        httpx.Headers(TWICE),
        httpx2.Headers(TWICE),
        CIMultiDict(TWICE),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_header_that_comes_twice_is_seen_twice_in_all_of_them(headers: Any) -> None:
    with pytest.raises(InvalidHeader, match="header X-Webhook-Timestamp is there 2 times; expected once"):
        parse_callback(headers, kie().body, kie().secret, now=KIE_AT)


def test_headers_that_the_signature_does_not_need_may_hold_anything() -> None:
    noisy = [*PAIRS, ("X-Name", "é\n"), ("X-Name", ""), ("é", "1"), (b"\xff", b"\x00")]
    assert parse_callback(noisy, kie().body, kie().secret, now=KIE_AT).is_verified


def test_a_bytearray_is_bytes() -> None:
    assert parse_callback(PAIRS, bytearray(kie().body), kie().secret, now=KIE_AT).is_verified
