"""Faults on the connection: how an answer crosses it, and how that is done on a socket."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

from mockreel.domain.faults.effects import NetworkEffects
from mockreel.domain.faults.rule import Match, Rule, Timing
from mockreel.domain.messages import Answer
from mockreel.server.waiting import Waits

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

PIECES = 16  # into which a dribbled body is cut
ARRIVAL_S = 0.02  # what was sent has so long to be read, since a reset may overtake it
LOOKS = 50  # at whether it was sent, so far apart
_AT_ONCE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # SO_LINGER: closing sends RST, not FIN
_NOTHING = NetworkEffects()
_CLOSE = (b"connection", b"close")


class End(Enum):
    """How a connection is left: usable, closed, reset, or never made."""

    OPEN = "open"
    CLOSED = "closed"
    RESET = "reset"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Passage:
    """How an answer crosses the connection: after `wait_s` the head (None: not even that), then the pieces, the end.

    A piece comes every `gap_s`. `lead` comes before the first one and is no part of the body, `tail` after the last.
    `is_short` when the head promises a body of which the client does not get all.
    """

    end: End
    wait_s: float = 0
    head: Headers | None = None
    lead: bytes = b""
    pieces: tuple[bytes, ...] = ()
    gap_s: float = 0
    tail: bytes = b""
    is_short: bool = False


def passage(answer: Answer, method: str) -> Passage:
    """Return how an answer crosses. Where several faults speak, the one that leaves least of the answer counts."""
    net = answer.network or _NOTHING
    if net.is_before or not answer.status:
        return Passage(End.REFUSED if net.refused else End.RESET)
    wait_s = answer.delay_ms / 1000
    if net.reset == "after":
        return Passage(End.RESET, wait_s)
    if net.hang_s:
        return Passage(End.CLOSED, wait_s + net.hang_s)
    wait_s += net.first_byte_s
    has_body = method != "HEAD" and answer.status not in (204, 304)
    body = answer.body if has_body else b""
    promised = max(len(answer.body) + net.length, 0)
    head: Headers = (*answer.headers, (b"content-length", b"%d" % promised))
    end, lead, tail = End.OPEN, b"", b""
    if net.reset == "middle":
        end, body = End.RESET, body[: len(body) // 2]
    elif net.cut_chunk:
        end, head = End.CLOSED, (*answer.headers, (b"transfer-encoding", b"chunked"), _CLOSE)
        lead, body = b"%x\r\n" % (len(body) or 1) if has_body else b"", body[: len(body) // 2]
    elif net.length:
        end, head = End.CLOSED, (*head, _CLOSE)
        body, tail = body[:promised], body[promised:]
    is_short = has_body and (net.cut_chunk or len(body) < promised)
    size = -(-len(body) // PIECES)
    if not net.dribble_s or not size:
        return Passage(end, wait_s, head, lead, (body,), 0, tail, is_short)
    pieces = tuple(body[at : at + size] for at in range(0, len(body), size))
    return Passage(end, wait_s, head, lead, pieces, net.dribble_s / len(pieces), tail, is_short)


async def carry(answer: Answer, method: str, receive: Receive, send: Send, waits: Waits) -> None:
    """Send an answer as its faults have it. A wait ends early when the client leaves or the server stops.

    Raises ConnectionError where the server gives no hold of its connections (uvicorn does): it then closes this one.
    """
    way = passage(answer, method)
    due_ms = answer.at_ms + way.wait_s * 1000
    if way.wait_s and not await _wait(receive, waits, due_ms):
        _leave(send, End.RESET)
        return
    if way.head is None:
        _leave(send, way.end)
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": list(way.head)})
    for number, piece in enumerate(way.pieces, 1):
        if way.gap_s and not await _wait(receive, waits, due_ms + number * way.gap_s * 1000):
            _leave(send, End.RESET)
            return
        if way.end is End.OPEN:
            more = number < len(way.pieces)
            await send({"type": "http.response.body", "body": piece, "more_body": more})
        else:
            lead, tail = way.lead if number == 1 else b"", way.tail if number == len(way.pieces) else b""
            _write(send, lead + piece + tail)
    if way.end is not End.OPEN:
        if way.end is End.RESET:
            await _arrived(send)
        _leave(send, way.end)


def refuses(rule: Rule, now_ms: int) -> bool:
    """Whether a rule has it that nothing listens now, whoever calls: one for all calls, every time."""
    timing, age_s = rule.timing, (now_ms - rule.armed_ms) / 1000
    return (
        rule.effects.get("refused") is True
        and rule.match == Match()
        and timing == Timing(from_s=timing.from_s, until_s=timing.until_s, ttl_s=timing.ttl_s)
        and age_s >= timing.from_s
        and not any(end is not None and age_s >= end for end in (timing.until_s, timing.ttl_s))
    )


def ends(rule: Rule) -> bool:
    """Whether a rule stops acting by itself."""
    return rule.timing.until_s is not None or rule.timing.ttl_s is not None


async def _wait(receive: Receive, waits: Waits, due_ms: float) -> bool:
    """Wait for a moment of the mock's clock; return whether there is anybody left to answer."""
    waiting, leaving = asyncio.ensure_future(waits.until(due_ms)), asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return waiting.done() and waiting.result()
    finally:
        waiting.cancel()
        leaving.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


# -- ASGI has no words for what follows, so it is done on the connection of uvicorn's request --------------------------


def _transport(send: Send) -> Any:
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionAbortedError("a fault breaks the connection off here")
    return transport


def _write(send: Send, data: bytes) -> None:
    _transport(send).write(data)


async def _arrived(send: Send) -> None:
    """Return when what was written has been sent, and has most likely been read."""
    transport = _transport(send)
    for _ in range(LOOKS):
        await asyncio.sleep(ARRIVAL_S)
        if transport.is_closing() or not transport.get_write_buffer_size():
            return


def _leave(send: Send, end: End) -> None:
    """Close the connection, or reset it; uvicorn then expects no answer."""
    transport = _transport(send)
    if end is End.CLOSED:
        transport.close()
    else:
        found = transport.get_extra_info("socket")
        if found is not None and not transport.is_closing():
            with suppress(OSError):  # the client was faster
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        transport.abort()
    send.__self__.disconnected = True  # type: ignore[attr-defined]
