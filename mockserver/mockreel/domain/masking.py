"""What a record keeps of a call: enough to make it again, and no secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import orjson

from mockreel_contracts import Contract
from mockreel_contracts.expressions import first_path

KEPT_TEXT = 1024  # characters of a path, a query, a header or a decision
KEPT_BODY = 4096  # bytes of a body
MASKED = "$API_KEY"
HIDDEN = "***"
KEPT_HEADERS = (
    b"content-type",
    b"if-none-match",
    b"if-range",
    b"range",
    b"x-mock-fault",
    b"x-mock-scenario",
    b"x-mock-test",
)
"""Beside the one that takes the API key: those that an answer may depend on."""
_READ_BODY = 4 * KEPT_BODY  # bytes in which URLs are looked for, so that what is cut off is cut off masked
_LONG_URL = 2 * KEPT_TEXT  # bytes; longer ones are never called
_SECRET = re.compile(rb"(?i)((?:^|&)[^&=]*(?:key|token|secret|auth|pass|pwd|credential)[^&=]*=)[^&]*")
_USER = re.compile(r"^([^/?#@]*//+)?[^/?#]*@")
API_KEY = re.compile(r"[\x21-\x7e]{1,512}")
_PLAIN = rb'("%s"\s*:\s*")((?:[^"\\]|\\.)*)'
_NESTED = rb'(\\"%s\\{1,8}"\s*:\s*\\{1,8}")([^"]*?)(?=\\+"|$)'  # JSON in a string
Headers = tuple[tuple[str, str], ...]


class Masking:
    """Masks what providers' calls hold: API keys, and secrets in callback URLs, where the contracts have them."""

    def __init__(self, *contracts: Contract) -> None:
        operations = [spec for contract in contracts for spec in contract.behavior["operations"].values()]
        sources = [str(spec.get("reads", {}).get("callback_url", "")) for spec in operations]
        names = {path[-1] for source in sources if source and (path := first_path(source, "body"))}
        self._names = tuple(sorted(name.encode() for name in names))
        self._urls = [re.compile(pattern % re.escape(name)) for name in self._names for pattern in (_PLAIN, _NESTED)]
        self._schemes: dict[str, set[str]] = {}  # by the header that takes the API key
        for contract in contracts:
            self._schemes.setdefault(contract.auth.header, set()).update(contract.auth.schemes)

    def body(self, body: bytes) -> bytes:
        """Return what is kept of a body: a copy, because bytes made by orjson hold 4 KB whatever their length."""
        if any(name in body for name in self._names):
            body = body[:_READ_BODY]
            for pattern in self._urls:
                body = pattern.sub(_masked, body)
        return bytes(memoryview(body)[:KEPT_BODY])

    def query(self, query: bytes, known: frozenset[str] = frozenset()) -> bytes:
        """Return what is kept of a query string; the parameters that are `known` hold no secrets."""
        return redacted(query[:KEPT_TEXT], known) if query else b""

    def headers(self, headers: Mapping[bytes, bytes]) -> Headers:
        """Return the headers that are kept; for the API key stands `$API_KEY`, for what is no API key `***`."""
        kept = [_pair(name, headers[name][:KEPT_TEXT]) for name in KEPT_HEADERS if name in headers]
        for name, schemes in self._schemes.items():
            value = headers.get(name.encode())
            if value is not None:
                scheme, _, key = value.decode("latin-1").strip().partition(" ")
                is_key = scheme.lower() in schemes and API_KEY.fullmatch(key.strip())
                kept.append((name, f"{scheme} {MASKED}" if is_key else HIDDEN))
        return tuple(kept)


def redacted(query: bytes, known: frozenset[str] = frozenset()) -> bytes:
    """Return a query string without the values of parameters that are named like secrets."""

    def mask(found: re.Match[bytes]) -> bytes:
        return found[0] if found[1].strip(b"&=").decode("latin-1") in known else found[1] + HIDDEN.encode()

    return _SECRET.sub(mask, query)


def masked_url(url: str) -> str:
    """Return a URL without user, password, and the values of parameters that are named like secrets."""
    rest, mark, fragment = _USER.sub(rf"\1{HIDDEN}@", url).partition("#")
    start, question, query = rest.partition("?")
    return start + question + _redacted(query) + mark + _redacted(fragment)


def _redacted(text: str) -> str:
    return redacted(text.encode(errors="surrogatepass")).decode(errors="surrogatepass")


def _masked(found: re.Match[bytes]) -> bytes:
    """Return a URL in a JSON string; it stays as it was written if there is nothing to mask."""
    if len(found[2]) > _LONG_URL:
        return found[1] + HIDDEN.encode()
    try:
        url = orjson.loads(b'"' + found[2] + b'"')
    except orjson.JSONDecodeError:
        url = found[2].replace(b"\\", b"").decode("latin-1")
    masked = masked_url(url)
    if masked == url:
        return found[0]
    return found[1] + orjson.dumps(masked.encode(errors="replace").decode())[1:-1]


@lru_cache(maxsize=256)
def _pair(name: bytes, value: bytes) -> tuple[str, str]:
    """Return a header as text; equal ones are one, since most are."""
    try:
        return name.decode(), value.decode()
    except UnicodeDecodeError:
        return name.decode(), value.decode("latin-1")
