"""Fixtures of the callback tests: every contract that calls back, and a guard that also sees uvloop's look-ups."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import uvloop

from mockreel.provider import MockProvider
from tests.callbacks import subjects
from tests.callbacks.subjects import Subject


class NameService:
    """Stands for the machine's look-up of names. `answers` are given one after the other."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: list[list[str]] = []

    def asked_by(self, getaddrinfo: Any) -> Any:
        """Return what replaces an event loop's own look-up."""

        async def look_up(loop: Any, host: str, port: int, **options: Any) -> Any:
            try:
                ip_address(host)
            except ValueError:
                self.asked.append(host)
                if not self.answers:
                    raise OSError(f"{host} is not looked up in tests") from None
                return [
                    (socket.AF_INET6 if ":" in found else socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port))
                    for found in self.answers.pop(0)
                ]
            return await getaddrinfo(loop, host, port, **options)  # an address: uvloop asks before it connects

        return look_up


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """The made-up provider: the first state is told, too; Standard Webhooks."""
    return subjects.acme(tmp_path_factory.mktemp("acme"))


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """The made-up provider with a signature over the body, in hexadecimal."""
    return subjects.acme(tmp_path_factory.mktemp("sealed"), signature=subjects.OVER_BODY)


@pytest.fixture(scope="session", params=subjects.NAMES)
def subject(request: pytest.FixtureRequest, acme: Subject) -> Subject:
    """Each contract that calls back."""
    return acme if request.param == "acme" else subjects.shipped(request.param)


@pytest.fixture(scope="session")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shipped contracts, whose callbacks wait a fifth of a second for an answer."""
    return subjects.impatient(tmp_path_factory.mktemp("impatient"))


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> NameService:
    """The names that were looked up; each look-up fails unless the test has put its addresses into `answers`."""
    names = NameService()
    for loop in (uvloop.Loop, asyncio.base_events.BaseEventLoop):
        monkeypatch.setattr(loop, "getaddrinfo", names.asked_by(loop.getaddrinfo))
    return names


@pytest.fixture
def make_mock() -> Iterator[Callable[..., MockProvider]]:
    """Make mocks that are closed when the test is over."""
    made: list[MockProvider] = []

    def make(*providers: str, **settings: Any) -> MockProvider:
        made.append(MockProvider(*providers, **settings))
        return made[-1]

    yield make
    for mock in made:
        mock.close()
