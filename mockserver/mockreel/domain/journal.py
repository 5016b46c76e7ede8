"""What happened and why: a bounded ring of exchanges and deliveries, secrets left out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

_MARK = "\x1f"  # in no API key


class Entry(NamedTuple):
    """One exchange. `key` is a fingerprint of the API key; `decision` says in words what the engine decided and why."""

    seq: int
    at_ms: int
    provider: str
    operation: str
    key: str
    method: str
    path: str
    query: bytes
    request_body: bytes
    status: int
    case: str
    task_id: str
    decision: str
    answer_body: bytes
    faults: tuple[str, ...] = ()
    request_headers: tuple[tuple[str, str], ...] = ()

    @property
    def outcome(self) -> str:
        """What came of it: ok, the ErrorCase, `unreached` (the connection broke before), or of a file, `refused`."""
        if self.case or not self.status:
            return self.case or "unreached"
        return "refused" if self.operation == "result" and self.status >= 400 else "ok"

    @property
    def is_unexpected(self) -> bool:
        """Whether it was for no operation of any contract: its path or its method is wrong."""
        return not self.operation

    def __str__(self) -> str:
        return f"{self.seq} {self.method} {self.path} -> {self.status}: {self.decision}"

    def as_json(self) -> dict[str, Any]:
        """Return the entry with its bodies as text."""
        return {"kind": "call", **_textual(self._asdict()), "is_unexpected": self.is_unexpected}


class Delivery(NamedTuple):
    """One attempt to deliver a callback: what was sent, and what the receiver answered (`status` 0: nothing)."""

    seq: int
    at_ms: int
    provider: str
    callback_id: str
    key: str
    task_id: str
    state: str
    url: str
    attempt: int
    request_body: bytes
    status: int
    problem: str
    latency_ms: int
    answer_body: bytes
    faults: tuple[str, ...] = ()
    request_headers: tuple[tuple[str, str], ...] = ()

    @property
    def method(self) -> str:
        """How callbacks are sent."""
        return "POST"

    @property
    def path(self) -> str:
        """Where to: the URL."""
        return self.url

    @property
    def decision(self) -> str:
        """What was done and what came of it, in words."""
        what = self.problem or f"the receiver answered {self.status}"
        return f"callback {self.callback_id} ({self.state}), attempt {self.attempt}: {what}"

    def __str__(self) -> str:
        return f"{self.seq} POST {self.url} -> {self.status}: {self.decision}"

    @property
    def outcome(self) -> str:
        """What came of it: ok, or the word for a callback that was not taken."""
        return "ok" if not self.problem and 200 <= self.status < 300 else "undelivered"

    @property
    def operation(self) -> str:
        """The word that stands for deliveries among the operations."""
        return "callback"

    def as_json(self) -> dict[str, Any]:
        """Return the delivery with its bodies as text."""
        return {"kind": "callback", **_textual(self._asdict())}


def _textual(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.decode("utf-8", "replace") if isinstance(value, bytes) else value for name, value in fields.items()
    }


class Journal:
    """The last `size` exchanges and deliveries, oldest first; older ones are dropped and counted."""

    __slots__ = ("_entries", "dropped", "on_add", "seq", "size")

    def __init__(self, size: int = 10_000) -> None:
        self._entries: deque[Entry | Delivery] = deque(maxlen=size)
        self.seq = 0
        self.size = size
        self.dropped = 0
        self.on_add: list[Callable[[Entry | Delivery], None]] = []

    def add(self, entry: Entry | Delivery) -> None:
        """Append an entry."""
        self.dropped += len(self._entries) == self._entries.maxlen
        self._entries.append(entry)
        for tell in tuple(self.on_add):
            tell(entry)

    def next_seq(self) -> int:
        """Return the number of the next entry, from 1."""
        self.seq += 1
        return self.seq

    def clear(self, key: str | None = None) -> None:
        """Forget everything, or the entries of one key's fingerprint."""
        if key is None:
            self._entries.clear()
            self.dropped = 0
        else:
            kept = [entry for entry in self._entries if entry.key != key]
            self._entries.clear()
            self._entries.extend(kept)

    @property
    def last(self) -> Entry | Delivery | None:
        """The newest of them."""
        return self._entries[-1] if self._entries else None

    def __iter__(self) -> Iterator[Entry | Delivery]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)


@lru_cache(maxsize=1024)
def fingerprint(key: str) -> str:
    """Return a name for an API key that does not give it away."""
    if key.startswith(_MARK):
        return key[1:]
    return (
        f"key-{blake2b(key.encode(errors='surrogatepass'), digest_size=4, person=b'mockreel').hexdigest()}"
        if key
        else ""
    )


def placeholder(name: str) -> str:
    """Return what stands for an API key of which only the fingerprint is known; no API key is like it."""
    return _MARK + name
