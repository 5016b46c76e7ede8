"""Who may call the control API: checked before anything of the call is read."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

HEALTH = "/_mock/health"
USER_AGENT = "mockreel-callback"
_LOCAL = ("127.0.0.1", "::1", "localhost", "testserver")


def refusal(path: str, headers: Mapping[bytes, bytes], token: str | None) -> tuple[int, str] | None:
    """Return (HTTP status, reason) when a call may not pass, else None.

    With a token, every call but `health` must carry it. Without one only this machine listens, and a web page that
    a browser here has open must not reach it: neither from its own origin nor under a name that leads here.
    Nor may a callback, whose URL anybody can choose who makes a task.
    """
    if headers.get(b"user-agent") == USER_AGENT.encode():
        return 403, "a callback URL must not lead to the control API"
    host = headers.get(b"host", b"").decode("latin-1")
    origin = headers.get(b"origin")
    if origin is not None and _authority(origin.decode("latin-1")) != host:
        return 403, "the control API takes no calls from other web pages"
    if token is None:
        if _name(host) not in _LOCAL and not _name(host).startswith("127."):
            return 403, f"the control API is for this machine; call it as 127.0.0.1, not as {host[:80]!r}"
        return None
    given = headers.get(b"authorization", b"").removeprefix(b"Bearer ")
    if path != HEALTH and not hmac.compare_digest(given, token.encode()):
        return 401, "send the token printed at start: Authorization: Bearer TOKEN"
    return None


def _authority(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _name(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
