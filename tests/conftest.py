"""Shared by all tests: hypothesis profiles and small ways to call an engine."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", derandomize=True, deadline=None, max_examples=100, database=None)
settings.register_profile(
    "deep",
    derandomize=False,
    deadline=None,
    max_examples=2000,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only loopback may be reached: every other connection and every name look-up is an error."""
    import socket

    connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo

    def is_loopback(host: object) -> bool:
        return str(host) in ("127.0.0.1", "::1", "localhost") or str(host).startswith("127.")

    def guarded_connect(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and not is_loopback(address[0]):  # type: ignore[index]
            raise AssertionError(f"a test tried to reach {address!r}")
        connect(self, address)  # type: ignore[arg-type]

    def guarded_getaddrinfo(host: object, *arguments: object, **options: object) -> object:
        if host is not None and not is_loopback(host if isinstance(host, str) else host.decode()):  # type: ignore[attr-defined]
            raise AssertionError(f"a test tried to look up {host!r}")
        return getaddrinfo(host, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
