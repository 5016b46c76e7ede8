"""The providers' signatures as their pages put them in words, written anew with nothing but the standard library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

KIE_VECTOR = {
    "secret": "test_hmac_key",
    "task_id": "task_bytedance_1765186750343",
    "timestamp": 1765186999,
    "signature": "SprNEFhQY+zTDI9kFFZJmUHiKxrRigTjEE1jJr1MrvM=",
}
VIDU_VECTOR = {
    "secret": "test_secret",
    "path": "/vidu/callback",
    "query": "name=james&age=36",
    "date": "Tue, 06 May 2025 12:09:42 GMT",
    "unix": 1746533382,
    "nonce": "123e4567-e89b-12d3-a456-426614174000",
    "signature": "pxVAHLhSKdRqx5Rzi8VLWB8vlyXKv1w53oNwxsErBnw=",
}


def digest(secret: str, message: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()).decode()


def kie(headers: Mapping[str, str], body: bytes, secret: str, *, path: str, query: str) -> str:
    """base64( HMAC-SHA256( key = webhookHmacKey, msg = taskId + "." + timestamp ) ); the body is not signed."""
    del path, query
    return digest(secret, json.loads(body)["data"]["taskId"] + "." + headers["X-Webhook-Timestamp"])


def vidu(headers: Mapping[str, str], body: bytes, secret: str, *, path: str, query: str) -> str:
    r"""METHOD\nPATH\nQUERY\nvidu\nDATE\n, then for every name in X-HMAC-SIGNED-HEADERS, in order, Name:Value\n."""
    del body
    by_name = {name.lower(): value for name, value in headers.items()}
    text = f"POST\n{path or '/'}\n{query}\nvidu\n{by_name['date']}\n"
    for name in headers["X-HMAC-SIGNED-HEADERS"].split(";"):
        text += f"{name}:{by_name[name.lower()]}\n"
    return digest(secret, text)


VERIFIERS = {"kie": ("X-Webhook-Signature", kie), "vidu": ("X-HMAC-SIGNATURE", vidu)}
