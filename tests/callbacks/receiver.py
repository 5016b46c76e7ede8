"""A receiver on a real socket that does what a test tells it, down to the bytes and the connection."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson

BOUND_S = 10  # no wait of a test is longer


class Got(NamedTuple):
    """A request as it came, its body in so many pieces."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    pieces: int

    def json(self) -> Any:
        return orjson.loads(self.body)


Behavior = bytes | Callable[["Receiver", socket.socket], bool | None]
Script = Callable[[int, Got], Behavior]


def answer(status: int = 200, body: bytes = b'{"code":200}', *, headers: str = "") -> bytes:
    """Return an answer that leaves the connection open."""
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


OK = answer()


def hang(receiver: Receiver, _connection: socket.socket) -> None:
    """Say nothing until the test lets go."""
    receiver.let_go.wait(BOUND_S)


def held(behavior: bytes) -> Behavior:
    """Answer as given, once the test lets go."""

    def wait(receiver: Receiver, connection: socket.socket) -> bool:
        receiver.let_go.wait(BOUND_S)
        connection.sendall(behavior)
        return True

    return wait


def reset(_receiver: Receiver, connection: socket.socket) -> None:
    """Break the connection off with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def shut(_receiver: Receiver, _connection: socket.socket) -> None:
    """Close the connection without an answer."""


def then_close(behavior: bytes) -> Behavior:
    """Send these bytes and close the connection, whatever they promised."""

    def send(_receiver: Receiver, connection: socket.socket) -> None:
        connection.sendall(behavior)

    return send


def endless(_receiver: Receiver, connection: socket.socket) -> None:
    """Send a body as long as somebody reads it, 64 MB at most."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n")
    for _ in range(1024):
        connection.sendall(bytes(65536))


@dataclass
class Receiver:
    """Listens on loopback while it is entered.

    `script` is asked with (how many came before, the request); it returns an answer, or what is to be done with the
    connection, which is closed after that unless True comes back.
    """

    script: Script = lambda _number, _got: OK
    host: str = "127.0.0.1"
    got: list[Got] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        self.let_go = threading.Event()
        self._came = threading.Condition()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listening = socket.create_server((self.host, 0), family=family, backlog=512)
        self._start(self._accept)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.let_go.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._came:
            for connection in self._open:
                with suppress(OSError):  # the other side was faster
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(BOUND_S)
        assert not any(thread.is_alive() for thread in self._threads)

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self._listening.getsockname()[1]}"

    def wait_for(self, number: int, *, within_s: float = BOUND_S) -> list[Got]:
        """Return what came, once it is `number` requests."""
        with self._came:
            came = self._came.wait_for(lambda: len(self.got) >= number, within_s)
            assert came, f"{len(self.got)} of {number} requests came"
            return list(self.got)

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            connection.settimeout(BOUND_S)
            with self._came:
                self.connections += 1
                self._open.add(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                try:
                    while (got := _read(connection)) is not None:
                        with self._came:
                            number = len(self.got)
                            self.got.append(got)
                            self._came.notify_all()
                        behavior = self.script(number, got)
                        if isinstance(behavior, bytes):
                            connection.sendall(behavior)
                        elif not behavior(self, connection):
                            return
                finally:
                    with self._came:
                        self._open.discard(connection)
        except OSError:
            return


def _read(connection: socket.socket) -> Got | None:
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(65536)
        if not part:
            return None
        head += part
    head, _, body = head.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = [line.partition(": ") for line in lines]
    headers = {name.lower(): value for name, _, value in pairs}
    assert len(headers) == len(pairs), f"a header stands twice: {lines}"
    pieces = int(bool(body))
    while len(body) < int(headers.get("content-length", "0")):
        part = connection.recv(65536)
        if not part:
            return None
        body += part
        pieces += 1
    return Got(method, target, headers, body, pieces)
