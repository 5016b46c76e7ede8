"""One submit of one provider, by whatever means: what comes of it, and what it leaves behind."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx2
import orjson

from mockreel import MockProvider
from mockreel.domain.messages import Answer, Request
from mockreel_contracts import load, providers
from tests.calling import first_body

PROVIDER = providers()[0]
CONTRACT = load(PROVIDER)
SUBMIT = CONTRACT.by_role("submit")[0]
BODY = orjson.dumps(first_body(CONTRACT))
KEY = "wire-key"
BOUND_S = 10  # no wait of a test is longer


def headers(fault: str | None = None) -> dict[str, str]:
    """Return the headers of a submit that asks for a fault."""
    scheme = CONTRACT.auth.schemes[0].capitalize()
    asked = {"x-mock-fault": fault} if fault is not None else {}
    return {CONTRACT.auth.header: f"{scheme} {KEY}", "content-type": "application/json", **asked}


def asked(fault: str | None = None) -> dict[str, Any]:
    """Return a submit as the arguments of `request`, of a sync or an async client."""
    return {"method": SUBMIT.method, "url": SUBMIT.path, "content": BODY, "headers": headers(fault)}


def submit(http: httpx2.Client, fault: str | None = None) -> httpx2.Response:
    """Submit with httpx2."""
    return http.request(**asked(fault))


def outcome(call: Callable[[], httpx2.Response]) -> tuple[Any, ...]:
    """Return what a caller sees: the error's class and message, or the answer without its date."""
    try:
        answer = call()
    except httpx2.HTTPError as error:
        return type(error).__name__, str(error)
    told = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, told, answer.content


def beginning(answer: httpx2.Response) -> tuple[bytes, str]:
    """Return what comes of a body, and the class of the error after it."""
    got = b""
    try:
        for piece in answer.iter_raw():
            got += piece
    except httpx2.HTTPError as error:
        return got, type(error).__name__
    return got, ""


def left(mock: MockProvider) -> tuple[int, float]:
    """Return the number of tasks, and what was charged for them."""
    account = mock.ledger(KEY, PROVIDER)
    return len(mock.tasks), float(account.charged)


def cost(mock: MockProvider) -> float:
    """Return what one submit costs."""
    task = mock.tasks[0]
    return float(task.price)


class Line:
    """A connection on which a submit was sent, byte by byte as it is."""

    def __init__(self, url: str, fault: str | None = None, *, path: str = SUBMIT.path, method: str = "") -> None:
        host, port = url.removeprefix("http://").split(":")
        self._sock = socket.create_connection((host, int(port)), timeout=BOUND_S)
        sent = {"host": f"{host}:{port}", "content-length": str(len(BODY) if not method else 0), **headers(fault)}
        head = f"{method or SUBMIT.method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in sent.items())
        self._sock.sendall(head.encode() + b"\r\n" + (BODY if not method else b""))

    def fileno(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        self._sock.close()

    def is_silent(self, seconds: float = 0.05) -> bool:
        """Whether nothing comes, not even the end."""
        self._sock.settimeout(seconds)
        try:
            self._sock.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return True
        finally:
            self._sock.settimeout(BOUND_S)
        return False

    def take(self) -> bytes:
        """Return what comes next."""
        return self._sock.recv(65536)

    def take_answers(self, count: int) -> bytes:
        """Return what comes until so many answers have begun."""
        got = b""
        while got.count(b"HTTP/1.1 ") < count:
            part = self.take()
            assert part, got
            got += part
        return got

    def rest(self) -> tuple[bytes, str]:
        """Return all that comes, and how the connection ended."""
        got = b""
        try:
            while part := self._sock.recv(65536):
                got += part
        except ConnectionResetError:
            return got, "reset"
        return got, "closed"


class Signals:
    """Tells when a mock has carried out a call, and when someone begins or ceases to wait for its clock."""

    def __init__(self, mock: MockProvider) -> None:
        self._changed = threading.Condition()
        handle = mock.engine.handle

        def told(request: Request) -> Answer:
            answer = handle(request)
            self._tell()
            return answer

        mock.engine.handle = told  # type: ignore[method-assign]
        mock.app.waits._waiting = _Telling(self._tell)

    def until(self, holds: Callable[[], Any]) -> bool:
        """Whether it comes to hold: looked at anew with each signal."""
        with self._changed:
            return bool(self._changed.wait_for(holds, BOUND_S))

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()


class _Telling(dict[Any, Any]):
    """Calls `tell` when something is put in or taken out."""

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__()
        self._tell = tell

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self._tell()

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(key)
        self._tell()


@contextmanager
def line(url: str, fault: str | None = None, **options: Any) -> Iterator[Line]:
    """Send a submit on a connection of its own."""
    with closing(Line(url, fault, **options)) as made:
        yield made


def parts(raw: bytes) -> tuple[dict[str, str], bytes]:
    """Return the headers and what follows them of an answer's bytes."""
    head, _, body = raw.partition(b"\r\n\r\n")
    told = dict(each.split(": ", 1) for each in head.decode().split("\r\n")[1:])
    return told, body
