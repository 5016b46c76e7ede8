"""What a contract says of its callbacks: when, what, how signed, how often tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mockreel_contracts.expressions import Expression
from mockreel_contracts.pattern import Pattern
from mockreel_contracts.schema import Schema

Scheme = Literal["hmac-sha256", "standard-webhooks"]
KeyOf = Literal["callback_secret", "api_key"]

STANDARD_WEBHOOKS = {
    "webhook-id": Pattern("{message_id}"),
    "webhook-timestamp": Pattern("{timestamp}"),
    "webhook-signature": Pattern("{signature}"),
}
"""The headers of the Standard Webhooks scheme; its message is `{message_id}.{timestamp}.{body}`."""


@dataclass(frozen=True, slots=True)
class CallbackEvent:
    """A state whose beginning is told: with which reply, and after which waits it is tried again."""

    state: str
    reply: str
    retries_ms: tuple[int, ...]

    @property
    def attempts(self) -> int:
        """How often it is sent at most."""
        return 1 + len(self.retries_ms)


@dataclass(frozen=True, slots=True)
class Signature:
    """How a callback is signed.

    `key` says which secret: the account's callback secret, or the API key that made the task. `message` is what is
    signed and `headers` what is sent, over the words task_id, message_id, timestamp, method, path, query, nonce,
    body, signed_names (`A;B`), signed_headers (`A:value\\nB:value\\n`) and, in headers only, signature. `signed`
    names the headers among the signed ones, `words` are all that message and headers hold. A receiver should refuse
    what is older or newer than `tolerance_ms`.
    """

    scheme: Scheme
    key: KeyOf
    message: Pattern
    headers: Mapping[str, Pattern]
    signed: tuple[str, ...]
    timestamp: Literal["unix", "http_date"]
    encoding: Literal["base64", "hex"]
    tolerance_ms: int
    words: frozenset[str]

    @property
    def is_over_body(self) -> bool:
        """Whether a changed body breaks the signature."""
        return self.scheme == "standard-webhooks" or "body" in self.message.names


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """The callbacks of a provider. `events` is by state; `reads` finds task_id, state and more in `{body, headers}`."""

    events: Mapping[str, CallbackEvent]
    reads: Mapping[str, Expression]
    timeout_ms: int
    signature: Signature | None
    body: Schema | None
