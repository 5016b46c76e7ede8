"""Sharing the sending between receivers, so that a dead one holds up nobody else."""

from __future__ import annotations

from collections import deque

from mockreel.domain.callbacks.callback import Stream

MOST_IN_FLIGHT = 512  # attempts under way at once, to all receivers
RESERVE = 256  # beyond these, for receivers to whom nothing is under way
WIDEST = 64  # to one receiver
FIRST_WIDTH = 4  # to one that has not answered yet


class _Lane:
    __slots__ = ("in_flight", "is_ready", "waiting", "width")

    def __init__(self, width: int) -> None:
        self.width = width
        self.in_flight = 0
        self.waiting: deque[Stream] = deque()
        self.is_ready = False


class Lanes:
    """What is due, by receiver. A receiver that answers gets more attempts at once, one that hangs gets one.

    With `in_order` every receiver gets one attempt at a time.
    """

    def __init__(self, *, in_order: bool) -> None:
        self._in_order = in_order
        self._lanes: dict[str, _Lane] = {}
        self._ready: deque[_Lane] = deque()
        self._idle: deque[_Lane] = deque()  # ready, and nothing of theirs under way: these never wait for others
        self.in_flight = 0

    def __bool__(self) -> bool:
        """Whether something could be sent now."""
        if self._idle and self.in_flight < MOST_IN_FLIGHT + RESERVE:
            return True
        return bool(self._ready) and self.in_flight < MOST_IN_FLIGHT

    def put(self, stream: Stream) -> None:
        """Queue a stream for its receiver."""
        lane = self._lanes.get(stream.target.receiver)
        if lane is None:
            lane = self._lanes[stream.target.receiver] = _Lane(1 if self._in_order else FIRST_WIDTH)
        lane.waiting.append(stream)
        self._mark(lane)

    def take(self) -> Stream | None:
        """Return the next stream whose receiver has room; its place is occupied until `release`."""
        if not self:
            return None
        lane = (self._idle or self._ready).popleft()  # an idle one goes first, and into the reserve
        lane.is_ready = False
        stream = lane.waiting.popleft()
        lane.in_flight += 1
        self.in_flight += 1
        self._mark(lane)
        return stream

    def release(self, receiver: str, *, is_answered: bool | None) -> None:
        """Give a place back; `is_answered` says whether the receiver answered (None: it was not asked)."""
        lane = self._lanes.get(receiver)
        if lane is None:
            return
        lane.in_flight -= 1
        self.in_flight -= 1
        if is_answered is not None and not self._in_order:
            lane.width = min(lane.width * 2, WIDEST) if is_answered else 1
        if lane.waiting:
            self._mark(lane)
        elif not lane.in_flight:
            del self._lanes[receiver]

    def _mark(self, lane: _Lane) -> None:
        if lane.waiting and lane.in_flight < lane.width and not lane.is_ready:
            lane.is_ready = True
            (self._ready if lane.in_flight else self._idle).append(lane)
