"""A provider's callback, verified and read: from headers and bytes to an event, or to one precise refusal."""

from __future__ import annotations

from typing import Any

from mockreel_client.body import MAX_BODY, parse_object
from mockreel_client.callback_errors import BodyTooLarge, FutureCallback, ReencodedBody, StaleCallback
from mockreel_client.clock import wall_clock
from mockreel_client.events import CallbackEvent, read_event, read_task_id
from mockreel_client.headers import Headers, ReceivedHeaders
from mockreel_client.signature import Received, verify
from mockreel_client.terms import Secret, Terms, check_limits, check_secrets, find_terms, is_number, recognize
from mockreel_contracts import Contract


def parse_callback(
    headers: Headers,
    body: bytes,
    secret: Secret,
    *,
    provider: str | Contract | None = None,
    now: float | None = None,
    method: str = "POST",
    path: str | bytes = "/",
    query: str | bytes = "",
    tolerance_s: float | None = None,
    max_body: int = MAX_BODY,
) -> CallbackEvent:
    """Verify a callback and return what it says.

    >>> event = parse_callback(request.headers, await request.body(), "my-secret")

    `headers` are any mapping or pairs, `body` the bytes exactly as received. `secret` is what the provider signs with
    (its contract says whether that is the callback secret or the API key); during a rotation, or with several API keys,
    give them all. `secret=None` switches verification off: then anybody who finds the URL can make up events.

    `provider` is the name of a shipped contract, or a Contract; by default it is told by the signature's headers, which
    a provider that does not sign cannot be. Name it where you can. `method`, `path` and `query` are those of the URL
    that the provider called, undecoded; some schemes sign them. A callback is fresh when its timestamp is at most
    `tolerance_s` (default: the contract's) from `now` (Unix seconds; default: the clock).

    Raises a subclass of CallbackError for whatever is wrong with the callback, and ValueError or ContractError,
    before looking at it, for arguments that no callback could satisfy.
    """
    secrets = check_secrets(secret)
    check_limits(tolerance_s, max_body)
    terms = find_terms(provider, secrets, tolerance_s) if provider is not None else None
    now = wall_clock() if now is None else _seconds("now", now)
    line = (_octets("method", method), _octets("path", path), _octets("query", query))
    if not isinstance(body, bytes | bytearray):
        text = "expected the bytes as they came, before anything decoded or parsed them"
        raise ReencodedBody(f"the body is a {type(body).__name__}; {text}")
    if len(body) > max_body:
        raise BodyTooLarge(f"the body has {len(body)} bytes; expected at most {max_body}")
    received = Received(ReceivedHeaders(headers), bytes(body), *line)
    terms = terms or find_terms(recognize(received.headers), secrets, tolerance_s)
    return _parse(terms, received, now)


def _parse(terms: Terms, received: Received, now: float) -> CallbackEvent:
    document: dict[str, Any] = {"headers": received.headers.document()}

    def parsed() -> dict[str, Any]:
        if "body" not in document:
            document["body"] = parse_object(received.body)
        return document

    timestamp = None
    if terms.signature:
        timestamp = verify(terms.signature, terms.signers, received, lambda: read_task_id(terms.contract, parsed()))
        if timestamp is not None:
            _check_age(timestamp, now, terms.tolerance_s)
    return read_event(
        terms.contract,
        parsed(),
        timestamp=timestamp,
        is_verified=terms.signature is not None,
        is_body_signed=terms.signature is not None and terms.signature.is_over_body,
    )


def _check_age(timestamp: float, now: float, tolerance_s: float) -> None:
    age_s = now - timestamp
    if age_s > tolerance_s:
        text = f"the callback was signed {age_s:.10g} s ago (at {timestamp:.10g}, now {now:.10g})"
        why = "it was held up or replayed, or the sender runs on a manual clock"
        raise StaleCallback(f"{text}; expected at most {tolerance_s:g} s: {why}")
    if -age_s > tolerance_s:
        text = f"the callback was signed {-age_s:.10g} s ahead of our clock (at {timestamp:.10g}, now {now:.10g})"
        raise FutureCallback(f"{text}; expected at most {tolerance_s:g} s")


def _seconds(name: str, value: float) -> float:
    if not is_number(value) or not abs(value) < 1e15:
        raise ValueError(f"{name} is a number of Unix seconds; got {value!r}")
    return value


def _octets(name: str, value: str | bytes) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, bytes):
        return value
    raise ValueError(f"{name} is a text; got a {type(value).__name__}")
