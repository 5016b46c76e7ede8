"""One request, and no more of its answer than a run can bear: so many seconds, so many bytes, so deep."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from mockreel.realtime import RealClock

if TYPE_CHECKING:
    import httpx2

MAX_BODY = 4 * 1024 * 1024  # bytes of an answer that are read
DEEPEST = 100  # levels of an answer in JSON
_GRACE_S = 0.2  # for the client's own limit, which says more
_CODINGS = ("gzip", "x-gzip", "deflate")
_CLOCK = RealClock()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came. Header names are lower-case; `is_cut` says that the body is longer than what is kept of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool


def ask(
    http: httpx2.Client,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes = b"",
    patience_s: float,
    most: int = MAX_BODY,
    is_local: bool = False,
) -> Answer:
    """Send a request; returns the answer with at most so many bytes, unpacked.

    Raises httpx2.HTTPError and httpx2.InvalidURL. Limits of the client hold for each read, so that a server which sends
    a byte now and then is never done; here the whole answer has `patience_s`, or it is a ReadTimeout. Cookies are
    dropped: with one, a call without an API key might be let in. A transport of this process (`is_local`) is trusted to
    come to an end, which is quicker.
    """
    import httpx2

    end_ms = _CLOCK.now_ms() + patience_s * 1000
    sent = {"accept-encoding": "gzip, deflate", **headers}

    http.cookies.clear()

    def go() -> Answer:
        with http.stream(method, url, headers=sent, content=content, timeout=patience_s) as answer:
            told = {name.lower(): value for name, value in answer.headers.items()}
            kept = bytearray()
            for piece in _pieces(answer, told.get("content-encoding", ""), most + 1):
                kept += piece
                if len(kept) > most:
                    break
                if _CLOCK.now_ms() > end_ms:
                    raise httpx2.ReadTimeout(late)
            return Answer(answer.status_code, told, bytes(kept[:most]), len(kept) > most)

    late = f"the answer was not complete after {patience_s:.3g} s"
    if is_local:
        return go()
    try:
        return _within(patience_s + _GRACE_S, go)
    except TimeoutError:
        raise httpx2.ReadTimeout(late) from None


def parsed(body: bytes) -> Any:
    """Return a body as JSON, None where it is none or deeper than anybody reads."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return None if _is_deep(value) else value


def is_too_deep(body: bytes) -> bool:
    """Whether a body would be JSON if it were not so deep."""
    try:
        return _is_deep(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        return "depth limit" in str(error)


def _is_deep(value: Any) -> bool:
    """Whether lists and objects are in each other more than `DEEPEST` deep."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [one for one in level if isinstance(one, dict | list)]
        if not level:
            return False
        level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)]
    return True


def _within(seconds: float, go: Callable[[], T]) -> T:
    """Do something in a thread that is left alone when its time is over. Raises TimeoutError then."""
    made: list[T] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            made.append(go())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work, name="request", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not made:
        raise TimeoutError
    return made[0]


def _pieces(answer: httpx2.Response, coding: str, most: int) -> Iterator[bytes]:
    """Give a body, unpacked where it is packed once in a way that was asked for, in pieces of at most `most` bytes."""
    import httpx2

    if answer.is_stream_consumed:  # a transport of this process had it whole
        yield answer.content
        return
    if coding.strip().lower() not in _CODINGS:
        yield from answer.iter_raw()
        return
    unpack, is_first = zlib.decompressobj(zlib.MAX_WBITS | 32), True
    for piece in answer.iter_raw():
        try:
            found = unpack.decompress(piece, most)
        except zlib.error as error:
            if not is_first:
                raise httpx2.DecodingError(f"the body cannot be unpacked: {error}") from None
            unpack = zlib.decompressobj(-zlib.MAX_WBITS)  # deflate as many write it
            try:
                found = unpack.decompress(piece, most)
            except zlib.error:
                raise httpx2.DecodingError(f"the body cannot be unpacked: {error}") from None
        is_first = False
        yield found
