"""Signatures that others published or computed are accepted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
import subprocess
from pathlib import Path

import pytest

from mockreel_client import BadSignature, InvalidHeader, MalformedBody
from tests.client.samples import (
    STANDARD,
    STANDARD_AT,
    STANDARD_ID,
    STANDARD_KEY,
    VIDU_AT,
    VIDU_DATE,
    VIDU_NONCE,
    VIDU_PATH,
    VIDU_QUERY,
    Sent,
    acme,
    hmac_base64,
    kie,
    standard,
    vidu,
)

KIE_VECTOR = "SprNEFhQY+zTDI9kFFZJmUHiKxrRigTjEE1jJr1MrvM="
VIDU_VECTOR = "pxVAHLhSKdRqx5Rzi8VLWB8vlyXKv1w53oNwxsErBnw="
STANDARD_VECTOR = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("provider", ["kie", None])
def test_the_vector_of_task_and_timestamp_is_accepted(provider: str | None) -> None:
    event = kie().having(X_Webhook_Signature=KIE_VECTOR).parse(provider=provider)
    assert (event.provider, event.is_verified, event.timestamp) == ("kie", True, 1765186999)


@pytest.mark.parametrize("provider", ["vidu", None])
def test_the_vector_of_request_line_and_headers_is_accepted(provider: str | None) -> None:
    event = vidu().having(X_HMAC_SIGNATURE=VIDU_VECTOR).parse(provider=provider)
    assert (event.provider, event.is_verified, event.timestamp) == ("vidu", True, VIDU_AT)


def test_the_vector_of_standard_webhooks_is_accepted(tmp_path: Path) -> None:
    sent = standard(acme(tmp_path, STANDARD), b'{"test": 2432232314}').having(webhook_signature=STANDARD_VECTOR)
    with pytest.raises(MalformedBody, match="the body names no state"):  # so its signature holds
        sent.parse()
    with pytest.raises(BadSignature):
        sent.parse(secret=STANDARD_KEY.replace("aLaSw", "aLaSx"))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl here")
@pytest.mark.parametrize(
    ("sent", "header", "secret", "message"),
    [
        (kie(), "X_Webhook_Signature", "k", "task_bytedance_1765186750343.1765186999"),
        (
            vidu(),
            "X_HMAC_SIGNATURE",
            "k",
            f"POST\n{VIDU_PATH}\n{VIDU_QUERY}\nvidu\n{VIDU_DATE}\nDate:{VIDU_DATE}\nx-request-nonce:{VIDU_NONCE}\n",
        ),
    ],
    ids=["task-and-timestamp", "request-line-and-headers"],
)
def test_what_openssl_signs_is_accepted(sent: Sent, header: str, secret: str, message: str) -> None:
    command = ["openssl", "dgst", "-sha256", "-hmac", secret, "-binary"]
    digest = subprocess.run(command, input=message.encode(), capture_output=True, check=True).stdout
    assert sent.having(**{header: base64.b64encode(digest).decode()}).parse(secret=secret).is_verified


def test_standard_webhooks_take_any_text_as_secret_and_any_of_several_signatures(tmp_path: Path) -> None:
    contract = acme(tmp_path, STANDARD)
    sent = standard(contract)
    right = sent.headers["webhook-signature"]
    for header in (f"v1,{'A' * 43}= {right}", f"v1a,xyz {right} v2,", f"{right} v1,!"):
        event = sent.having(webhook_signature=header).parse()
        assert (event.state, event.is_body_signed) == ("screened", True)
    with pytest.raises(BadSignature):
        sent.having(webhook_signature=right.replace("v1,", "v2,")).parse()
    text = "just a text"
    by_text = hmac_base64(text, f"{STANDARD_ID}.{STANDARD_AT}.".encode() + sent.body)
    assert sent.having(webhook_signature=f"v1,{by_text}").parse(secret=text).is_verified


HEX_IN_PARTS = """\
signature:
    scheme: hmac-sha256
    key: callback_secret
    message: "{method} {path} {timestamp} {signed_headers}{body}"
    headers: {X-Acme: "at={timestamp};sig={signature}", X-Acme-Id: "{message_id}"}
    signed: [x-acme-id]
    encoding: hex
    tolerance_s: 10
    source: us
    confidence: documented"""


def test_a_contract_may_put_words_together_in_one_header_and_sign_the_body(tmp_path: Path) -> None:
    body = b'{"film":41,"is":"burnt","why":7}'
    message = b"POST /tell 1700000000 x-acme-id:m-1\n" + body
    digest = hmac.new(b"s", message, hashlib.sha256).hexdigest()
    headers = {"X-Acme": f"at=1700000000;sig={digest}", "X-Acme-Id": "m-1"}
    sent = Sent(headers, body, "s", 1700000010, acme(tmp_path, HEX_IN_PARTS), {"path": "/tell"})
    event = sent.parse()
    assert (event.task_id, event.phase, event.error_code, event.is_body_signed) == ("41", "failed", "7", True)
    assert sent.having(X_Acme=f"at=1700000000;sig={digest.upper()}").parse() == event
    with pytest.raises(BadSignature):
        sent.having(X_Acme_Id="m-2").parse()
    with pytest.raises(BadSignature):
        sent.having(X_Acme="at=1700000000;sig=xyz").parse()
    for value in ("1700000000", "at=1700000000;sig=", f"at=;sig={digest}"):
        with pytest.raises(InvalidHeader) as caught:
            sent.having(X_Acme=value).parse()
        assert (
            str(caught.value) == f"header X-Acme is '{value}'; expected the form 'at={{timestamp}};sig={{signature}}'"
        )
