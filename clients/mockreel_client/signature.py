"""Whether a callback is signed as its contract says, with one of our secrets.

Nothing here reads a clock or does I/O; digests are compared in constant time, each with each.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from standardwebhooks import Webhook

from mockreel_client.body import check_utf8, reencodings
from mockreel_client.callback_errors import BadSignature, InvalidHeader, MissingHeader, ReencodedBody, shown
from mockreel_client.headers import ReceivedHeaders
from mockreel_contracts.callback import Signature

Words = Mapping[str, bytes]
Signer = Callable[[Words], bytes]
"""From the words of a message to its digest, with one secret."""

_MAX_SIGNED = 50  # headers that a callback may name as signed
_MAX_REENCODED = 64 * 1024  # bytes up to which a refusal looks for the reason in the body's form
_UNIX = re.compile(r"[0-9]{1,11}")
_KEYS = {"callback_secret": "the account's callback secret", "api_key": "the API key that made the task"}


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came: `path` and `query` as in the request line, `query` without its question mark."""

    headers: ReceivedHeaders
    body: bytes
    method: bytes
    path: bytes
    query: bytes


def signers(signature: Signature, secrets: Iterable[str]) -> tuple[Signer, ...]:
    """Return what signs, one for each secret. Raises ValueError for a secret that the scheme cannot use."""
    make = _standard if signature.scheme == "standard-webhooks" else _hmac
    return tuple(make(signature, secret) for secret in secrets)


def verify(
    signature: Signature, keys: Sequence[Signer], received: Received, read_task_id: Callable[[], str]
) -> float | None:
    """Return when the callback was signed, in Unix seconds; None where the scheme has no timestamp.

    `read_task_id` is called only where the task is part of what is signed.
    Raises MissingHeader, InvalidHeader, BadSignature, ReencodedBody, and MalformedBody where the signature needs a
    text that the body does not have.
    """
    words = _words(signature, received, read_task_id)
    moment = _moment(signature, words)
    header = _header_of(signature, "signature")
    given = _given(signature, words["signature"].decode())
    if _is_signed(keys, words, given):
        return moment
    if given and signature.is_over_body and len(received.body) <= _MAX_REENCODED:
        for how, body in reencodings(received.body):
            if _is_signed(keys, {**words, "body": body}, given):
                text = f"the signature in {header} holds for the same JSON written otherwise ({how}), not for this body"
                raise ReencodedBody(f"{text}; expected the bytes as they came, before anything parsed them")
    request = ", ".join(
        f"{name} {shown(words[name].decode(errors='replace'))}"
        for name in ("method", "path", "query")
        if name in signature.message.names
    )
    raise BadSignature(
        f"the signature in {header} does not hold; got {shown(words['signature'].decode())}, expected "
        f"HMAC-SHA256 in {signature.encoding} over {signature.message.text!r}"
        f"{f' with {request}' if request else ''}, keyed with {_KEYS[signature.key]}"
    )


def _hmac(signature: Signature, secret: str) -> Signer:
    key = secret.encode()
    return lambda words: hmac.digest(key, signature.message.fill(words), "sha256")


def _standard(_: Signature, secret: str) -> Signer:
    text = secret if secret.startswith("whsec_") else base64.b64encode(secret.encode()).decode()
    try:
        webhook = Webhook(text)
    except Exception:  # the library has no common base for what it raises
        raise ValueError("a secret that begins with 'whsec_' goes on in base64; this one does not") from None

    def sign(words: Words) -> bytes:
        moment = datetime.fromtimestamp(int(words["timestamp"]), UTC)
        signed = webhook.sign(words["message_id"].decode(), moment, words["body"].decode())
        return base64.b64decode(signed.partition(",")[2])

    return sign


def _words(signature: Signature, received: Received, read_task_id: Callable[[], str]) -> dict[str, bytes]:
    """Return everything that the message may be made of. What we know ourselves counts more than what a header says."""
    headers, found = received.headers, {}
    missing = [name for name, pattern in signature.headers.items() if pattern.names and name not in headers]
    if missing:
        raise MissingHeader(f"the callback lacks {_and(missing)}; got {headers.names()}")
    for name, pattern in signature.headers.items():
        if name not in headers:
            continue
        value = headers.one(name)
        if not pattern.names and value != pattern.text:
            raise InvalidHeader(f"header {name} is {shown(value)}; expected {pattern.text!r}")
        for word in pattern.names:
            text = pattern.find(word, value)
            if not text:
                raise InvalidHeader(f"header {name} is {shown(value)}; expected the form {pattern.text!r}")
            found[word] = text.encode()
    needed = signature.message.names
    if "body" in needed and signature.scheme == "standard-webhooks":
        check_utf8(received.body)
    found |= {"method": received.method, "path": received.path or b"/", "query": received.query, "body": received.body}
    if "task_id" in needed:
        found["task_id"] = read_task_id().encode()
    if "signed_headers" in needed or "signed_names" in needed:
        names = _signed_names(signature, found)
        found["signed_names"] = ";".join(names).encode()
        found["signed_headers"] = _signed_headers(names, headers)
    return found


def _signed_names(signature: Signature, found: Words) -> list[str]:
    """Return the names of the signed headers, in order: as the callback lists them, or as the contract does."""
    if "signed_names" not in found:
        return list(signature.signed)
    header = _header_of(signature, "signed_names")
    names = found["signed_names"].decode().split(";")
    if len(names) > _MAX_SIGNED:
        raise InvalidHeader(f"header {header} names {len(names)} headers; expected at most {_MAX_SIGNED}")
    if not all(names):
        raise InvalidHeader(f"header {header} is {shown(';'.join(names))}; expected names with one ';' between two")
    listed = {name.lower() for name in names}
    left_out = [name for name in signature.signed if name.lower() not in listed]
    if left_out:
        got = shown(";".join(names))
        raise BadSignature(
            f"header {header} leaves out {_and(left_out)}, so the signature does not cover it; got {got}"
        )
    return names


def _signed_headers(names: Sequence[str], headers: ReceivedHeaders) -> bytes:
    missing = [name for name in names if name not in headers]
    if missing:
        raise MissingHeader(f"the callback lacks {shown(', '.join(missing))}, listed as signed; got {headers.names()}")
    return "".join(f"{name}:{headers.one(name)}\n" for name in names).encode()


def _moment(signature: Signature, words: Words) -> float | None:
    if "timestamp" not in words:
        return None
    header, text = _header_of(signature, "timestamp"), words["timestamp"].decode()
    if signature.timestamp == "unix":
        if not _UNIX.fullmatch(text):
            raise InvalidHeader(f"header {header} is {shown(text)}; expected Unix seconds, such as '1765186999'")
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, LookupError, ArithmeticError):
        example = "'Tue, 06 May 2025 12:09:42 GMT'"
        raise InvalidHeader(f"header {header} is {shown(text)}; expected an HTTP date, such as {example}") from None


def _given(signature: Signature, text: str) -> list[bytes]:
    """Return the digests that the signature header holds, none for what cannot be decoded."""
    if signature.scheme != "standard-webhooks":
        candidates = [text]
    else:  # 'v1,<base64> v1,<base64>'; other versions are for other receivers
        parts = [part.partition(",") for part in text.split(" ")]
        candidates = [value for version, _, value in parts if version == "v1"]
    decoded = [_decoded(candidate, signature.encoding) for candidate in candidates]
    return [digest for digest in decoded if digest is not None]


def _decoded(text: str, encoding: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) if encoding == "base64" else binascii.unhexlify(text)
    except ValueError:
        return None


def _is_signed(keys: Sequence[Signer], words: Words, given: Sequence[bytes]) -> bool:
    """Whether any key makes any of the digests; all pairs are compared, so that the time taken tells nothing."""
    is_signed = False
    for sign in keys:
        expected = sign(words)
        for digest in given:
            is_signed |= hmac.compare_digest(expected, digest)
    return is_signed


def _header_of(signature: Signature, word: str) -> str:
    """Return the name of the header that holds `word`."""
    return next(name for name, pattern in signature.headers.items() if word in pattern.names)


def _and(names: Sequence[str]) -> str:
    word = "header" if len(names) == 1 else "headers"
    return f"{word} {' and '.join([', '.join(names[:-1]), names[-1]] if len(names) > 1 else names)}"
