"""Every way to refuse a callback, by its full message."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mockreel_client import (
    BadSignature,
    BodyTooLarge,
    CallbackError,
    FutureCallback,
    InvalidHeader,
    MalformedBody,
    MissingHeader,
    ReencodedBody,
    StaleCallback,
    parse_callback,
)
from mockreel_contracts import ContractError
from tests.client.samples import (
    KIE_AT,
    KIE_FAILURE,
    KIE_SUCCESS,
    STANDARD,
    VIDU_AT,
    VIDU_SUCCESS,
    Sent,
    acme,
    compact,
    hmac_base64,
    kie,
    standard,
    vidu,
)

BARE = "cGxhaW5seSB3cm9uZw=="  # base64 of something else


def refusal(sent: Sent, expected: type[CallbackError], **options: Any) -> str:
    with pytest.raises(CallbackError) as caught:
        sent.parse(**options)
    assert type(caught.value) is expected
    return str(caught.value)


@pytest.mark.parametrize(
    ("sent", "expected", "message"),
    [
        (
            kie().having(X_Webhook_Signature=None),
            MissingHeader,
            "the callback lacks header X-Webhook-Signature; got 'content-type, x-webhook-timestamp'",
        ),
        (
            replace(kie(), headers={}),
            MissingHeader,
            "the callback lacks headers X-Webhook-Timestamp and X-Webhook-Signature; got no header",
        ),
        (
            kie().having(X_Webhook_Timestamp="17651869é9"),
            InvalidHeader,
            "header X-Webhook-Timestamp holds the character U+00E9; expected printable ASCII only",
        ),
        (
            kie().having(X_Webhook_Signature="abc\ndef"),
            InvalidHeader,
            "header X-Webhook-Signature holds the character U+000A; expected printable ASCII only",
        ),
        (kie().having(X_Webhook_Signature=""), InvalidHeader, "header X-Webhook-Signature is empty"),
        (
            kie().having(X_Webhook_Signature="A" * 8193),
            InvalidHeader,
            "header X-Webhook-Signature has 8193 characters; expected at most 8192",
        ),
        (
            kie().having(x_webhook_TIMESTAMP="1765186999"),
            InvalidHeader,
            "header X-Webhook-Timestamp is there 2 times; expected once",
        ),
        (
            kie().having(X_Webhook_Timestamp="1765186999000"),
            InvalidHeader,
            "header X-Webhook-Timestamp is '1765186999000'; expected Unix seconds, such as '1765186999'",
        ),
        (
            kie().having(X_Webhook_Timestamp="x" * 100),
            InvalidHeader,
            f"header X-Webhook-Timestamp is '{'x' * 80}'… (100 characters); "
            "expected Unix seconds, such as '1765186999'",
        ),
        (
            vidu().having(Date="yesterday"),
            InvalidHeader,
            "header Date is 'yesterday'; expected an HTTP date, such as 'Tue, 06 May 2025 12:09:42 GMT'",
        ),
        (
            vidu().having(X_HMAC_ALGORITHM="none"),
            InvalidHeader,
            "header X-HMAC-ALGORITHM is 'none'; expected 'hmac-sha256'",
        ),
        (
            kie().having(X_Webhook_Signature=BARE),
            BadSignature,
            f"the signature in X-Webhook-Signature does not hold; got '{BARE}', expected HMAC-SHA256 in base64 over "
            "'{task_id}.{timestamp}', keyed with the account's callback secret",
        ),
        (
            replace(vidu(), url={}),
            BadSignature,
            "the signature in X-HMAC-SIGNATURE does not hold; got 'pxVAHLhSKdRqx5Rzi8VLWB8vlyXKv1w53oNwxsErBnw=', "
            "expected HMAC-SHA256 in base64 over "
            r"'{method}\n{path}\n{query}\nvidu\n{timestamp}\n{signed_headers}' with method 'POST', path '/', query '', "
            "keyed with the API key that made the task",
        ),
        (
            vidu(names="Date"),
            BadSignature,
            "header X-HMAC-SIGNED-HEADERS leaves out header x-request-nonce, so the signature does not cover it; "
            "got 'Date'",
        ),
        (
            vidu().having(X_HMAC_SIGNED_HEADERS="Date;x-request-nonce;X-Extra"),
            MissingHeader,
            "the callback lacks 'X-Extra', listed as signed; got 'date, x-hmac-access-key, x-hmac-algorithm, "
            "x-hmac-signature, x-hmac-signed-headers, x-request-nonce'",
        ),
        (
            vidu().having(X_HMAC_SIGNED_HEADERS="Date;;x-request-nonce"),
            InvalidHeader,
            "header X-HMAC-SIGNED-HEADERS is 'Date;;x-request-nonce'; expected names with one ';' between two",
        ),
        (
            vidu(names=";".join(["Date", "x-request-nonce", *["Date"] * 49])),
            InvalidHeader,
            "header X-HMAC-SIGNED-HEADERS names 51 headers; expected at most 50",
        ),
        (
            replace(kie(), now=KIE_AT + 301),
            StaleCallback,
            "the callback was signed 301 s ago (at 1765186999, now 1765187300); expected at most 300 s: "
            "it was held up or replayed, or the sender runs on a manual clock",
        ),
        (
            replace(kie(), now=KIE_AT - 300.5),
            FutureCallback,
            "the callback was signed 300.5 s ahead of our clock (at 1765186999, now 1765186698); "
            "expected at most 300 s",
        ),
        (
            replace(kie(), body=KIE_SUCCESS),
            ReencodedBody,
            "the body is a dict; expected the bytes as they came, before anything decoded or parsed them",
        ),
        (
            replace(kie(), body=compact(KIE_SUCCESS).decode()),
            ReencodedBody,
            "the body is a str; expected the bytes as they came, before anything decoded or parsed them",
        ),
        (kie().having(body=b"{}"), MalformedBody, "the body names no task"),
        (
            kie().having(body=b'{"data":{"taskId":true}}'),
            MalformedBody,
            "the body's task_id is a bool; expected a text",
        ),
        (
            kie().having(body=b"[" * 70 + b"]" * 70),
            MalformedBody,
            "the body is a JSON array; expected an object",
        ),
        (kie().having(body=b"17"), MalformedBody, "the body is a JSON number; expected an object"),
        (
            kie().having(body=b'{"data":' + b"[" * 64 + b"]" * 64 + b"}"),
            MalformedBody,
            "the body is nested deeper than 64, at '/data" + "/0" * 37 + "/'… (131 characters)",
        ),
        (
            kie().having(body=b'{"data":[{"a":1,"b":2,"\\u0061":3}]}'),
            MalformedBody,
            "the key 'a' stands twice in the object at '/data/0'",
        ),
        (
            kie().having(body=b'{"data":\n  nope}'),
            MalformedBody,
            "the body is not JSON at line 2 column 3 (invalid literal, expected 'null'); "
            "expected a JSON object in UTF-8",
        ),
        (
            kie().having(body=b'{"data":"\xff"}'),
            MalformedBody,
            "the body is not UTF-8 at byte 9; expected a JSON object in UTF-8",
        ),
        (
            kie().having(body=b'{"data":NaN}'),
            MalformedBody,
            "the body is not JSON at line 1 column 9 (unexpected character, expected a JSON value); "
            "expected a JSON object in UTF-8",
        ),
        (kie().having(body=b""), MalformedBody, "the body is empty; expected a JSON object"),
        (
            kie({**KIE_FAILURE, "code": 7, "data": {**KIE_FAILURE["data"], "model": 5, "failCode": 5}}),
            MalformedBody,
            "the body breaks 3 rules of the contract: /code: the value is not one of [200,400,500,501], got 7 [enum]; "
            '/data/failCode: the value is not of types "null", "string", got 5 [type]; '
            '/data/model: the value is not of type "string", got 5 [type]',
        ),
        (
            vidu({"state": "success"}),
            MalformedBody,
            "the body breaks 1 rule of the contract: /id: is required [required]",
        ),
        (
            kie({**KIE_SUCCESS, "data": {**KIE_SUCCESS["data"], "resultJson": '{"resultUrls":[1]}'}}),
            MalformedBody,
            "the body's urls are no texts; expected a list of them",
        ),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_a_refusal_says_what_is_wrong(sent: Sent, expected: type[CallbackError], message: str) -> None:
    assert refusal(sent, expected, provider="vidu" if "x-request-nonce" in sent.headers else "kie") == message


def test_a_body_over_the_bound_is_refused_before_anything_else() -> None:
    text = refusal(replace(kie(), headers={}, body=b"x" * (1024 * 1024 + 1)), BodyTooLarge)
    assert text == "the body has 1048577 bytes; expected at most 1048576"
    assert refusal(kie(), BodyTooLarge, max_body=9).endswith("expected at most 9")
    assert kie().parse(max_body=len(kie().body)).is_verified


def test_a_malformed_body_holds_every_violation() -> None:
    with pytest.raises(MalformedBody) as caught:
        vidu({**VIDU_SUCCESS, "creations": [1] * 100}).parse()
    assert len(caught.value.violations) == 100
    assert str(caught.value).endswith("; and 90 more")


def test_headers_of_no_known_provider_are_refused_with_what_was_looked_for() -> None:
    unsigned = {"Host": "me", "Connection": "close", "Date": kie().headers["X-Webhook-Timestamp"]}
    for headers in ({}, unsigned, {"X-Webhook-Timestamp": "1765186999"}):
        assert refusal(replace(kie(), headers=headers), MissingHeader) == (
            "the callback has no signature; expected the headers "
            "X-Webhook-Timestamp and X-Webhook-Signature (kie), or Date and x-request-nonce and "
            "X-HMAC-SIGNED-HEADERS and X-HMAC-SIGNATURE and X-HMAC-ALGORITHM and X-HMAC-ACCESS-KEY (vidu)"
        )


def test_a_signature_without_the_headers_that_go_with_it_is_refused_with_those() -> None:
    assert refusal(kie().having(X_Webhook_Timestamp=None), MissingHeader) == (
        "the callback has a signature, and lacks headers that go with it; expected the headers "
        "X-Webhook-Timestamp and X-Webhook-Signature (kie)"
    )


def test_headers_of_two_providers_at_once_are_refused() -> None:
    both = replace(kie(), headers={**kie().headers, **vidu().headers})
    text = refusal(both, InvalidHeader)
    assert text == "the headers are those of kie and vidu at once; name the provider"
    assert both.parse(provider="kie").provider == "kie"


def test_the_signature_is_checked_before_the_clock_and_the_rest_of_the_body() -> None:
    refusal(replace(kie(), now=0).having(X_Webhook_Signature=BARE), BadSignature)
    refusal(vidu().having(X_HMAC_SIGNATURE=BARE, body=b"not JSON"), BadSignature)
    refusal(replace(vidu(), now=2e9).having(body=b"not JSON"), StaleCallback)
    refusal(vidu().having(body=b"not JSON"), MalformedBody)


@pytest.mark.parametrize("offset", [-300, 0, 300])
def test_a_callback_at_the_edge_of_the_tolerance_is_fresh(offset: float) -> None:
    assert replace(kie(), now=KIE_AT + offset).parse().timestamp == KIE_AT


def test_the_tolerance_can_be_chosen() -> None:
    late = replace(kie(), now=KIE_AT + 5)
    assert late.parse(tolerance_s=5).is_verified
    refusal(late, StaleCallback, tolerance_s=4.9)
    assert kie().parse(tolerance_s=0).is_verified
    assert replace(kie(), now=0).parse(tolerance_s=float("inf")).is_verified


def test_while_a_secret_is_changed_the_old_and_the_new_one_count() -> None:
    for secrets in (["new", "test_hmac_key"], ("test_hmac_key", "new"), ["test_hmac_key"]):
        assert kie().parse(secret=secrets).is_verified
    refusal(kie(), BadSignature, secret=["new", "newer"])


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "*",
        "AAAA",
        "=",
        "SprNEFhQY+zTDI9kFFZJmUHiKxrRigTjEE1jJr1MrvM",
        "*SprNEFhQY+zTDI9kFFZJmUHiKxrRigTjEE1jJr1MrvM=",
    ],
)
def test_what_is_no_digest_is_a_bad_signature(signature: str) -> None:
    sent = kie().having(X_Webhook_Signature=signature)
    refusal(sent, BadSignature if signature else InvalidHeader)


def test_a_callback_for_another_task_is_refused() -> None:
    other = compact(KIE_SUCCESS).replace(b"1765186750343", b"1765186750344")
    refusal(kie().having(body=other), BadSignature)


def test_another_path_query_or_method_is_refused() -> None:
    for change in ({"path": "/other"}, {"query": ""}, {"method": "PUT"}):
        refusal(vidu(), BadSignature, **change)
    assert vidu().parse(path=b"/vidu/callback", query=b"name=james&age=36").is_verified


def test_signed_headers_count_by_the_names_and_the_order_that_the_callback_lists() -> None:
    assert vidu(names="x-request-nonce;date").parse().is_verified
    assert vidu(names="DATE;X-Request-Nonce;Date").parse().is_verified
    refusal(vidu().having(X_HMAC_SIGNED_HEADERS="x-request-nonce;Date"), BadSignature)
    refusal(vidu().having(x_request_nonce="another"), BadSignature)


def test_a_path_that_is_no_text_at_all_is_another_path() -> None:
    for path in ("\ud800", "\udcff", b"\xff", "/\n"):
        refusal(vidu(), BadSignature, path=path)


def test_a_header_whose_text_is_fixed_may_be_missing_but_not_differ() -> None:
    assert vidu().having(X_HMAC_ACCESS_KEY=None).parse(provider="vidu").is_verified
    refusal(vidu().having(X_HMAC_ACCESS_KEY="someone"), InvalidHeader)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has one time zone")
def test_a_date_without_a_zone_is_in_utc_wherever_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "EST5")
    time.tzset()
    try:
        assert vidu(date="Tue, 06 May 2025 12:09:42 -0000").parse().timestamp == VIDU_AT
        assert vidu(date="Tue, 06 May 2025 14:09:42 +0200").parse().timestamp == VIDU_AT
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_empty_path_is_signed_as_a_slash() -> None:
    date = vidu().headers["Date"]
    message = f"POST\n/\n\nvidu\n{date}\nDate:{date}\nx-request-nonce:{vidu().headers['x-request-nonce']}\n"
    sent = vidu().having(X_HMAC_SIGNATURE=hmac_base64(vidu().secret, message.encode()))
    assert sent.parse(path="", query="").is_verified


@pytest.mark.parametrize(
    ("way", "how"),
    [
        ({}, "with spaces, escaped to ASCII"),
        ({"ensure_ascii": False}, "with spaces"),
        ({"ensure_ascii": False, "separators": (",", ":")}, "compact"),
        ({"separators": (",", ":")}, "compact, escaped to ASCII"),
        ({"sort_keys": True}, "with spaces, escaped to ASCII, keys sorted"),
    ],
)
def test_a_body_that_was_parsed_and_written_again_is_recognized(way: dict[str, Any], how: str, tmp_path: Path) -> None:
    value = {"is": "screened", "film": 41, "reel": "https://films.acme.example/映画.mp4"}
    sent = standard(acme(tmp_path, STANDARD), json.dumps(value, **way).encode())
    assert sent.parse().is_body_signed
    again = replace(sent, body=json.dumps(value, indent=1).encode())
    assert refusal(again, ReencodedBody) == (
        f"the signature in webhook-signature holds for the same JSON written otherwise ({how}), not for this body; "
        "expected the bytes as they came, before anything parsed them"
    )
    refusal(replace(sent, body=json.dumps({**value, "film": 42}).encode()), BadSignature)


def test_a_body_that_is_not_text_has_no_standard_signature(tmp_path: Path) -> None:
    sent = replace(standard(acme(tmp_path, STANDARD)), body=b'{"film":"\xff"}')
    assert refusal(sent, MalformedBody) == "the body is not UTF-8 at byte 9; expected a JSON object in UTF-8"


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        (None, "NoneType"),
        (5, "int"),
        ("abc", "str"),
        (["a"], "list"),
        ([("a", 1)], "list"),
        ({1: "a"}, "dict"),
        ([("a", "b", "c")], "list"),
    ],
)
def test_headers_that_are_none_are_refused(headers: Any, name: str) -> None:
    text = refusal(replace(kie(), headers=headers), InvalidHeader)
    assert text.startswith("the headers cannot be read (")
    assert text.endswith(f"expected a mapping or pairs of text or bytes, got {name}")


@pytest.mark.parametrize("body", [None, 5, [], memoryview(b"{}"), {"a": 1}, "", object()])
def test_a_body_that_is_not_bytes_is_refused(body: Any) -> None:
    refusal(replace(kie(), body=body), ReencodedBody)
    refusal(replace(kie(), body=body), ReencodedBody, secret=None, provider="kie")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"secret": ""}, "secret is a text, or a sequence of texts, none of them empty; None switches"),
        ({"secret": []}, "got an empty list"),
        ({"secret": ["a", ""]}, "got a list"),
        ({"secret": b"test_hmac_key"}, "got a bytes"),
        ({"secret": 5}, "got a int"),
        ({"secret": "\ud800"}, "got a str"),
        ({"provider": 5}, "provider is a name, a Contract or None; got a int"),
        ({"provider": "gateway"}, "gateway sends no callbacks, says its contract"),
        ({"provider": "gateway", "secret": None}, "gateway sends no callbacks, says its contract"),
        ({"now": float("nan")}, "now is a number of Unix seconds; got nan"),
        ({"now": 10**400}, "now is a number of Unix seconds; got 1000"),
        ({"now": "1765186999"}, "now is a number of Unix seconds; got '1765186999'"),
        ({"now": True}, "now is a number of Unix seconds; got True"),
        ({"tolerance_s": -1}, "tolerance_s is a number of seconds from 0; got -1"),
        ({"tolerance_s": float("nan")}, "tolerance_s is a number of seconds from 0; got nan"),
        ({"max_body": 0}, "max_body is a number of bytes above 0; got 0"),
        ({"path": 5}, "path is a text; got a int"),
        ({"query": None}, "query is a text; got a NoneType"),
        ({"method": None}, "method is a text; got a NoneType"),
    ],
)
def test_arguments_that_no_callback_could_satisfy_are_mistakes_of_the_program(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        replace(kie(), body=b"").parse(**options)
    assert not isinstance(caught.value, CallbackError)


def test_an_unknown_provider_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ContractError, match="nobody"):
        kie().parse(provider="nobody")


@pytest.mark.parametrize("secret", ["whsec_", "whsec_é", "whsec_a"])
def test_a_standard_secret_that_is_not_base64_is_a_mistake_of_the_program(secret: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a secret that begins with 'whsec_' goes on in base64; this one does not"):
        standard(acme(tmp_path, STANDARD)).parse(secret=secret)


def test_a_secret_for_a_provider_that_does_not_sign_is_a_mistake_of_the_program(tmp_path: Path) -> None:
    contract = acme(tmp_path, "")
    with pytest.raises(ValueError, match="acme does not sign its callbacks, says its contract; give secret=None"):
        standard(contract).parse()
    assert not standard(contract).parse(secret=None).is_verified


def test_no_message_holds_a_secret_or_the_right_signature() -> None:
    right = kie().headers["X-Webhook-Signature"]
    for sent in (kie().having(X_Webhook_Signature=BARE), kie().having(X_Webhook_Timestamp="1"), vidu(names="Date")):
        with pytest.raises(CallbackError) as caught:
            sent.parse(secret=["test_hmac_key", "another_key"])
        text = f"{caught.value} {caught.value.args} {caught.value.__cause__}"
        assert not any(word in text for word in ("test_hmac_key", "another_key"))
        assert right not in text or right in sent.headers.values()


def test_every_refusal_has_its_own_reason_and_a_status_to_answer_with() -> None:
    kinds = {MissingHeader, InvalidHeader, BadSignature, ReencodedBody, StaleCallback, FutureCallback}
    assert {kind.status for kind in kinds} == {401}
    assert (MalformedBody.status, BodyTooLarge.status) == (400, 413)
    assert len({kind.reason for kind in kinds | {MalformedBody, BodyTooLarge, CallbackError}}) == 9
    assert issubclass(CallbackError, ValueError)


def test_without_a_given_time_the_clock_counts() -> None:
    with pytest.raises(StaleCallback):
        parse_callback(kie().headers, kie().body, kie().secret)
