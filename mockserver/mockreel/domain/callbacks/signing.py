"""Signing a callback as its contract says, over the exact bytes that are sent."""

from __future__ import annotations

import base64
import hmac
from email.utils import formatdate
from typing import NamedTuple

from standardwebhooks.webhooks import Webhook

from mockreel_contracts.callback import Signature
from mockreel_contracts.expressions import utc


class Message(NamedTuple):
    """What a signature is made of."""

    task_id: str
    message_id: str
    method: str
    path: str
    query: str
    nonce: str
    body: bytes


def sign(signature: Signature, secret: str, message: Message, now_ms: int) -> dict[str, str]:
    """Return the headers of a signed callback, in the contract's order."""
    is_date = signature.timestamp == "http_date"
    timestamp = formatdate(now_ms // 1000, usegmt=True) if is_date else str(now_ms // 1000)
    words = {
        "task_id": message.task_id.encode(),
        "message_id": message.message_id.encode(),
        "method": message.method.encode(),
        "path": message.path.encode(),
        "query": message.query.encode(),
        "nonce": message.nonce.encode(),
        "body": message.body,
        "timestamp": timestamp.encode(),
        "signed_names": ";".join(signature.signed).encode(),
        "signature": b"",
    }
    own = {name.lower(): pattern for name, pattern in signature.headers.items()}
    lines = (name.encode() + b":" + own[name.lower()].fill(words) + b"\n" for name in signature.signed)
    words["signed_headers"] = b"".join(lines)
    words["signature"] = _digest(signature, secret, message, words, now_ms)
    return {name: pattern.fill(words).decode("latin-1") for name, pattern in signature.headers.items()}


def _digest(signature: Signature, secret: str, message: Message, words: dict[str, bytes], now_ms: int) -> bytes:
    if signature.scheme == "standard-webhooks":
        key = secret if secret.startswith("whsec_") else base64.b64encode(secret.encode()).decode()
        signed = Webhook(key).sign(message.message_id, utc(now_ms), message.body.decode())
        return signed.encode()
    digest = hmac.digest(secret.encode(), signature.message.fill(words), "sha256")
    return base64.b64encode(digest) if signature.encoding == "base64" else digest.hex().encode()
