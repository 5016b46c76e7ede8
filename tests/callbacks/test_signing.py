"""Callbacks are signed as the providers' pages say: against the published vectors and against code that is not ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import standardwebhooks.webhooks
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from mockreel.domain.callbacks import signing
from mockreel.domain.callbacks.callback import Outcome
from mockreel_contracts import load
from tests.callbacks import published, subjects
from tests.callbacks.postman import URL, Postman, Sent, in_turn
from tests.callbacks.subjects import SHIPPED, Subject, shipped
from tests.calling import Caller

STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def sent_by(
    subject: Subject, *, url: str = URL, secret: Any = ..., key: str = "test-key", **settings: Any
) -> list[Sent]:
    caller = Caller(subject.contract, pace="instant", key=key, **settings)
    if secret is not ...:
        caller.engine.set_secret(key, secret)
    caller.submit(subject.calling(url))
    postman = Postman(caller)
    postman.run(1)
    assert postman.sent
    return postman.sent


def signed_with(subject: Subject, sent: Sent, secret: str, *, path: str = "/hook", query: str = "") -> bool:
    header, verifier = published.VERIFIERS[subject.name]
    return sent.headers[header] == verifier(sent.headers, sent.body, secret, path=path, query=query)


@pytest.fixture
def now_is(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the time that the Standard Webhooks library reads."""

    def set_to(at_ms: int) -> None:
        class Then(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
                return datetime.fromtimestamp(at_ms / 1000, tz)

        monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Then)

    return set_to


def message(**parts: Any) -> signing.Message:
    given = {"task_id": "", "message_id": "", "method": "POST", "path": "/", "query": "", "nonce": "", "body": b""}
    return signing.Message(**{**given, **parts})


def test_kies_published_vector() -> None:
    rules, vector = load("kie").callback, published.KIE_VECTOR
    assert rules is not None
    assert rules.signature is not None
    made = signing.sign(
        rules.signature, vector["secret"], message(task_id=vector["task_id"]), vector["timestamp"] * 1000
    )
    assert made == {"X-Webhook-Timestamp": "1765186999", "X-Webhook-Signature": vector["signature"]}


def test_vidus_published_vector() -> None:
    rules, vector = load("vidu").callback, published.VIDU_VECTOR
    assert rules is not None
    assert rules.signature is not None
    parts = {name: vector[name] for name in ("path", "query", "nonce")}
    made = signing.sign(rules.signature, vector["secret"], message(**parts), vector["unix"] * 1000)
    assert list(made.items()) == [
        ("Date", vector["date"]),
        ("x-request-nonce", vector["nonce"]),
        ("X-HMAC-SIGNED-HEADERS", "Date;x-request-nonce"),
        ("X-HMAC-SIGNATURE", vector["signature"]),
        ("X-HMAC-ALGORITHM", "hmac-sha256"),
        ("X-HMAC-ACCESS-KEY", "vidu"),
    ]


@pytest.mark.parametrize("provider", ["kie", "vidu"])
def test_the_independent_verifier_agrees_with_the_published_vector(provider: str) -> None:
    if provider == "kie":
        vector = published.KIE_VECTOR
        headers = {"X-Webhook-Timestamp": str(vector["timestamp"])}
        body = b'{"data": {"taskId": "task_bytedance_1765186750343"}}'
        made = published.kie(headers, body, vector["secret"], path="", query="")
    else:
        vector = published.VIDU_VECTOR
        headers = {
            "Date": vector["date"],
            "x-request-nonce": vector["nonce"],
            "X-HMAC-SIGNED-HEADERS": "Date;x-request-nonce",
        }
        made = published.vidu(headers, b"", vector["secret"], path=vector["path"], query=vector["query"])
    assert made == vector["signature"]


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize(
    ("url", "path", "query"),
    [
        ("http://127.0.0.1:9", "/", ""),
        ("http://127.0.0.1:9?a=1", "/", "a=1"),
        ("http://127.0.0.1:9/a/b?x=%20y&x=+&z", "/a/b", "x=%20y&x=+&z"),
        ("http://LOCALHOST:9/A//b/../c?#part", "/A//b/../c", ""),
        ("http://127.0.0.1:9/%E4%BD%A0?q=%e4?b", "/%E4%BD%A0", "q=%e4?b"),
    ],
)
def test_every_delivery_verifies_by_the_providers_own_words(name: str, url: str, path: str, query: str) -> None:
    subject = shipped(name)
    secret = "mock-callback-secret" if name == "kie" else "test-key"
    for sent in sent_by(subject, url=url):
        assert signed_with(subject, sent, secret, path=path, query=query)
        assert not signed_with(subject, sent, secret + "x", path=path, query=query)
        assert sent.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("name", SHIPPED)
def test_each_attempt_is_signed_anew_at_its_own_time(name: str) -> None:
    subject = shipped(name)
    caller = Caller(subject.contract, pace="instant")
    caller.submit(subject.calling(URL))
    postman = Postman(caller, in_turn([Outcome(500)]))
    postman.run(3600)
    secret = "mock-callback-secret" if name == "kie" else "test-key"
    for sent in postman.sent:
        assert signed_with(subject, sent, secret)
        stamp = sent.headers.get("X-Webhook-Timestamp") or parsedate_to_datetime(sent.headers["Date"]).timestamp()
        assert int(float(stamp)) == sent.at_ms // 1000
    nonces = [sent.headers["x-request-nonce"] for sent in postman.sent if "x-request-nonce" in sent.headers]
    assert len(set(nonces)) == len(nonces)
    assert {UUID(nonce).version for nonce in nonces} <= {4}


def test_the_api_key_that_made_the_task_is_the_secret_where_the_contract_says_so() -> None:
    subject = shipped("vidu")
    for sent in sent_by(subject, key="vda_another-key", secret="not-this"):
        assert signed_with(subject, sent, "vda_another-key")
    for sent in sent_by(subject, callback_secret=None):
        assert signed_with(subject, sent, "test-key")


def test_without_a_secret_callbacks_are_not_signed() -> None:
    subject = shipped("kie")
    for sent in (*sent_by(subject, callback_secret=None), *sent_by(subject, secret=None)):
        assert sent.headers == {"Content-Type": "application/json"}


def test_a_secret_given_to_one_key_signs_the_callbacks_of_that_key_only() -> None:
    subject = shipped("kie")
    caller = Caller(subject.contract, pace="instant")
    caller.engine.set_secret("other-key", "rotated")
    postman = Postman(caller)
    for key in ("test-key", "other-key"):
        caller.submit(subject.calling(URL), key=key)
        postman.run(1)
    first, second = postman.sent
    assert signed_with(subject, first, "mock-callback-secret")
    assert signed_with(subject, second, "rotated")


def test_a_secret_changed_over_the_control_api_signs_from_the_next_attempt_on(make_mock: Any) -> None:
    subject = shipped("vidu"), shipped("kie")
    mock = make_mock("kie", "vidu", pace="instant")
    caller = Caller(subject[1].contract, pace="instant")
    caller.engine, caller.clock = mock.engine, mock.engine.clock
    postman = Postman(caller)
    with mock.serve() as url, httpx2.Client(base_url=url, trust_env=False) as http:
        for secret in ("mock-callback-secret", "first", "second", None):
            if secret != "mock-callback-secret":
                answer = http.put("/_mock/keys/test-key", json={"callback_secret": secret})
                assert answer.status_code == 200
            caller.submit(subject[1].calling(URL))
            postman.run(1)
            sent = postman.sent[-1]
            if secret is None:
                assert "X-Webhook-Signature" not in sent.headers
            else:
                assert signed_with(subject[1], sent, secret)


def test_a_secret_given_for_one_provider_changes_nothing_at_another(make_mock: Any) -> None:
    kie = shipped("kie")
    mock = make_mock("kie", "vidu", pace="instant")
    caller = Caller(kie.contract, pace="instant")
    caller.engine, caller.clock = mock.engine, mock.engine.clock
    with mock.serve() as url, httpx2.Client(base_url=url, trust_env=False) as http:
        put = http.put("/_mock/keys/test-key?provider=vidu", json={"callback_secret": "for vidu"})
        assert put.status_code == 200
    caller.submit(kie.calling(URL))
    postman = Postman(caller)
    postman.run(1)
    assert signed_with(kie, postman.sent[0], "mock-callback-secret")


@pytest.mark.parametrize("secret", ['""', '"\\ud800"', "5", '["a"]', '"' + "x" * 1025 + '"'])
def test_the_control_api_refuses_a_secret_that_cannot_be_one(make_mock: Any, secret: str) -> None:
    mock = make_mock("kie")
    with mock.serve() as url, httpx2.Client(base_url=url, trust_env=False) as http:
        answer = http.put("/_mock/keys/k", content=f'{{"callback_secret": {secret}}}')
    assert answer.status_code == 422
    assert "callback_secret" in answer.text


@pytest.mark.parametrize("secret", [STANDARD_SECRET, "mock-callback-secret", "schlüssel"])
def test_standard_webhooks_verify_with_that_projects_own_library(acme: Subject, secret: str, now_is: Any) -> None:
    key = secret if secret.startswith("whsec_") else base64.b64encode(secret.encode()).decode()
    for sent in sent_by(acme, secret=secret):
        now_is(sent.at_ms)
        lower = {name.lower(): value for name, value in sent.headers.items()}
        assert Webhook(key).verify(sent.body, lower)["film"] == sent.task
        with pytest.raises(WebhookVerificationError, match="No matching signature"):
            Webhook(key).verify(sent.body + b" ", lower)
        now_is(sent.at_ms + 301_000)
        with pytest.raises(WebhookVerificationError, match="too old"):
            Webhook(key).verify(sent.body, lower)


def test_standard_webhooks_by_the_words_of_its_specification(acme: Subject) -> None:
    for sent in sent_by(acme, secret=STANDARD_SECRET):
        headers = sent.headers
        assert set(headers) == {"Content-Type", "webhook-id", "webhook-timestamp", "webhook-signature"}
        assert "." not in headers["webhook-id"]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + sent.body
        key = base64.b64decode(STANDARD_SECRET.removeprefix("whsec_"))
        made = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{made}"


@pytest.mark.parametrize("secret", ["whsec_", "whsec_x", "whsec_abcde", "whsec_ü"])
def test_a_standard_webhooks_secret_that_is_not_base64_stops_no_delivery(acme: Subject, secret: str) -> None:
    caller = Caller(acme.contract, pace="instant")
    caller.engine.set_secret("test-key", secret)
    caller.submit(acme.calling(URL))
    caller.submit(acme.calling(URL), key="other-key")
    postman = Postman(caller)
    postman.run(60)
    states = {
        str(callback.status) for callback in caller.engine.outbox.records if callback.task.sandbox.key == "other-key"
    }
    assert states == {"delivered"}
    assert {str(callback.status) for callback in caller.engine.outbox.records} <= {"delivered", "undelivered"}


def test_a_signature_over_the_body_in_hexadecimal(sealed: Subject) -> None:
    for sent in sent_by(sealed, secret="s3cret"):
        signed = sent.headers["X-Acme-Time"].encode() + b"." + sent.body
        made = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
        assert sent.headers["X-Acme-Seal"] == f"sha256={made}"


def test_a_contract_without_a_signature_sends_none(tmp_path: Path) -> None:
    plain = subjects.acme(tmp_path, signature=None)
    for sent in sent_by(plain):
        assert sent.headers == {"Content-Type": "application/json"}


def test_a_date_is_written_in_english_and_in_gmt() -> None:
    sent = sent_by(shipped("vidu"))[0]
    assert sent.headers["Date"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert datetime.fromtimestamp(sent.at_ms / 1000, UTC).isoformat() == "2026-01-01T00:00:00+00:00"
