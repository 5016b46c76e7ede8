"""Callbacks as the providers' pages show them, signed by code written from those pages' words and nothing of ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mockreel_client import CallbackEvent, parse_callback
from mockreel_contracts import Contract, load
from tests import test_made_up_provider as made_up

KIE_KEY = "test_hmac_key"
KIE_AT = 1765186999
KIE_TASK = "task_bytedance_1765186750343"
KIE_SUCCESS: dict[str, Any] = {
    "code": 200,
    "msg": "Playground task completed successfully.",
    "data": {
        "taskId": KIE_TASK,
        "model": "bytedance/v1-pro-image-to-video",
        "state": "success",
        "param": '{"model":"bytedance/v1-pro-image-to-video","input":{"prompt":"A boat"}}',
        "resultJson": '{"resultUrls":["https://example.com/video.mp4"]}',
        "costTime": 89,
        "completeTime": 1765186839000,
        "createTime": 1765186750343,
        "updateTime": 1765186839000,
        "creditsConsumed": 30,
        "failCode": None,
        "failMsg": None,
    },
}
KIE_FAILURE: dict[str, Any] = {
    "code": 501,
    "msg": "Playground task failed.",
    "data": {
        "taskId": KIE_TASK,
        "model": "bytedance/v1-pro-image-to-video",
        "state": "fail",
        "param": "{}",
        "resultJson": None,
        "failCode": "500",
        "failMsg": "Internal server error",
    },
}

VIDU_KEY = "test_secret"
VIDU_AT = 1746533382  # Tue, 06 May 2025 12:09:42 GMT
VIDU_DATE = "Tue, 06 May 2025 12:09:42 GMT"
VIDU_NONCE = "123e4567-e89b-12d3-a456-426614174000"
VIDU_PATH, VIDU_QUERY = "/vidu/callback", "name=james&age=36"
VIDU_SUCCESS: dict[str, Any] = {
    "id": "1031553487832027136",
    "state": "success",
    "err_code": "",
    "credits": 80,
    "payload": "",
    "bgm": False,
    "off_peak": False,
    "creations": [
        {
            "id": "7",
            "url": "https://example.com/7.mp4",
            "cover_url": "https://example.com/7.png",
            "watermarked_url": "https://example.com/7w.mp4",
            "video": {"duration": 5, "fps": 24, "resolution": {"width": 1920, "height": 1080}},
        }
    ],
}

STANDARD_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
STANDARD_AT = 1614265330

_SCREENED: dict[str, Any] = {"film": 41, "is": "screened", "reel": "https://films.acme.example/41.mp4"}


@dataclass(frozen=True)
class Sent:
    """A callback on its way, and what its receiver knows."""

    headers: dict[str, str]
    body: Any
    secret: Any
    now: float
    provider: str | Contract | None = None
    url: dict[str, str] = field(default_factory=dict)

    def parse(self, **options: Any) -> CallbackEvent:
        secret = options.pop("secret", self.secret)
        settings = {"provider": self.provider, "now": self.now, **self.url, **options}
        return parse_callback(self.headers, self.body, secret, **settings)

    def having(self, *, body: Any = None, **headers: str | None) -> Sent:
        """Return the same with other headers (`X_Name="value"`, None to leave out) and maybe another body."""
        changed = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        kept = {name: value for name, value in changed.items() if value is not None}
        return replace(self, headers=kept, body=self.body if body is None else body)


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def hmac_base64(secret: str, message: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def kie(body: Any = KIE_SUCCESS, *, at: int = KIE_AT, secret: str = KIE_KEY, task: str = KIE_TASK) -> Sent:
    """base64(HMAC-SHA256(key, taskId + "." + timestamp))."""
    headers = {
        "X-Webhook-Timestamp": str(at),
        "X-Webhook-Signature": hmac_base64(secret, f"{task}.{at}".encode()),
        "Content-Type": "application/json",
    }
    return Sent(headers, compact(body), secret, at)


def vidu(
    body: Any = VIDU_SUCCESS,
    *,
    secret: str = VIDU_KEY,
    names: str = "Date;x-request-nonce",
    date: str = VIDU_DATE,
) -> Sent:
    """base64(HMAC-SHA256(API key, METHOD, PATH, QUERY, "vidu", DATE, and Name:Value of the signed, one a line))."""
    values = {"date": date, "x-request-nonce": VIDU_NONCE}
    lines = [f"{name}:{values[name.lower()]}" for name in names.split(";")]
    message = "\n".join(["POST", VIDU_PATH, VIDU_QUERY, "vidu", date, *lines, ""])
    headers = {
        "Date": date,
        "x-request-nonce": VIDU_NONCE,
        "X-HMAC-SIGNED-HEADERS": names,
        "X-HMAC-SIGNATURE": hmac_base64(secret, message.encode()),
        "X-HMAC-ALGORITHM": "hmac-sha256",
        "X-HMAC-ACCESS-KEY": "vidu",
    }
    return Sent(headers, compact(body), secret, VIDU_AT, url={"path": VIDU_PATH, "query": VIDU_QUERY})


def acme(folder: Path, signature: str, *, schema: str = "{type: object}") -> Contract:
    """Return the made-up provider's contract, with callbacks that are signed as `signature` says."""
    home = folder / "acme"
    (home / "models").mkdir(parents=True)
    (home / "models" / "noir.yaml").write_text(made_up.NOIR, "utf-8")
    answers = '      responses: {"200": {description: ok}}\n    get:'
    body = f"requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}"
    callbacks = (
        "      callbacks:\n"
        '        told: {"{$request.body#/tell}": {post: {' + body + ', responses: {"200": {description: ok}}}}}\n'
    )
    openapi = made_up.OPENAPI.replace(answers, callbacks + answers, 1)
    (home / "openapi.yaml").write_text(openapi, "utf-8")
    behavior = made_up.BEHAVIOR.replace("{prompt: body.script,", "{callback_url: body.tell, prompt: body.script,")
    section = f"""\
callback:
  events: {{screened: {{reply: query, source: us, confidence: documented}}}}
  reads: {{task_id: body.film, state: body.is, urls: body.reel, error_code: body.why, credits: body.paid}}
  timeout_s: 5
  {signature}
  source: us
  confidence: documented
"""
    (home / "behavior.yaml").write_text(behavior + section, "utf-8")
    return load("acme", root=folder)


STANDARD = "signature: {scheme: standard-webhooks, key: callback_secret, source: us, confidence: documented}"


def standard(contract: Contract, body: bytes = compact(_SCREENED), *, at: int = STANDARD_AT) -> Sent:
    """base64(HMAC-SHA256(key, id.timestamp.body)), the key in base64 behind 'whsec_'."""
    key = base64.b64decode(STANDARD_KEY.removeprefix("whsec_"))
    message = f"{STANDARD_ID}.{at}.".encode() + body
    digest = base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
    headers = {"webhook-id": STANDARD_ID, "webhook-timestamp": str(at), "webhook-signature": f"v1,{digest}"}
    return Sent(headers, body, STANDARD_KEY, at, contract)
