"""What comes in and what goes out, with no framework: bytes in, status and bytes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from mockreel.domain.assets import Asset

if TYPE_CHECKING:
    from mockreel.domain.callbacks.callback import Stream
    from mockreel.domain.faults.effects import NetworkEffects, ResultEffects


FAULT_HEADER = b"x-mock-fault"


class Request(NamedTuple):
    """An HTTP request. Header names are lower-case bytes; `origin` is the base of URLs that the answer hands out."""

    method: str
    path: str
    query: bytes = b""
    headers: Mapping[bytes, bytes] = MappingProxyType({})
    body: bytes = b""
    origin: str = "http://127.0.0.1"
    is_too_large: bool = False
    """The shell stopped reading the body at its bound."""


def headers_of(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return headers by name. Of one that comes several times the last counts, but X-Mock-Fault is one list."""
    pairs = tuple(pairs)
    headers = dict(pairs)
    if FAULT_HEADER in headers and len(headers) < len(pairs):
        headers[FAULT_HEADER] = b", ".join(value for name, value in pairs if name == FAULT_HEADER)
    return headers


@dataclass(slots=True)
class Answer:
    """An HTTP answer. With `asset` set, the shell renders that file and sends it instead of `body`.

    With `waits_for` set, the shell sends the first callback of that stream before it sends the answer. It holds the
    answer back until `delay_ms` after `at_ms`, and treats the connection as `network` says. `result` changes a rendered
    file.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    asset: Asset | None = None
    waits_for: Stream | None = None
    at_ms: int = 0
    delay_ms: int = 0
    network: NetworkEffects | None = None
    result: ResultEffects | None = None


JSON = ((b"content-type", b"application/json"),)
