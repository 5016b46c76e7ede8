"""What the journal of a mock shows of a client that has ended."""

from __future__ import annotations

from mockreel.domain.journal import Delivery, Entry
from mockreel.provider import MockProvider

LAST_MS = 1000  # in which a client shuts its receiver down


def entries_of(mock: MockProvider, ended_ms: int, *, has_own_calls: bool) -> tuple[Entry | Delivery, ...]:
    """Return the journal up to the client's end, with calls only where they are the client's own.

    Left out are deliveries that met nobody because the client was about to end.
    """
    found: list[Entry | Delivery] = []
    for entry in mock.journal:
        if entry.at_ms > ended_ms:
            continue
        if isinstance(entry, Entry):
            if has_own_calls:
                found.append(entry)
        elif entry.status > 0 or entry.at_ms < ended_ms - LAST_MS:
            found.append(entry)
    return tuple(found)
