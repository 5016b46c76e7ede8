"""What a test should not leave behind: requests nobody knew, callbacks nobody took, faults nobody met."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from mockreel import MockProvider
from mockreel.domain.callbacks.callback import Status
from mockreel.domain.journal import Entry
from mockreel.unexpected import hints, plain

HINT = "(mark the test with mockreel(strict=False), or name the checks that it keeps)"
_LISTED = 5


def complaints(mock: MockProvider, strict: frozenset[str]) -> list[str]:
    """Return what is left behind, a line for each, by the checks that are wanted."""
    lines: list[str] = []
    for name, check in CHECKS.items():
        if name in strict:
            found = list(check(mock))
            lines += [f"- {line}" for line in found[:_LISTED]]
            if len(found) > _LISTED:
                lines.append(f"- and {len(found) - _LISTED} more of {name}")
    return lines


def _unexpected_requests(mock: MockProvider) -> Iterator[str]:
    for entry in mock.journal:
        if isinstance(entry, Entry) and entry.is_unexpected:
            said = [plain(entry.decision), *hints(mock.engine, entry.method, entry.path)]
            yield f"a request that no contract knows: {entry.method} {entry.path}: {'; '.join(said)}"


def _undelivered_callbacks(mock: MockProvider) -> Iterator[str]:
    for callback in mock.callbacks:
        if callback.status in (Status.UNDELIVERED, Status.REFUSED):
            url = callback.stream.target.url
            said = f"a callback that was not delivered: {callback.id} to {url}: {callback.note or callback.status}"
            yield f"{said} {_instead(url)}" if callback.status is Status.REFUSED else said


def _instead(url: str) -> str:
    allowed = f", or mark it with mockreel(allow_hosts=[{host!r}])" if (host := urlsplit(url).hostname) else ""
    return f"(in a test: give the task callback_receiver.url{allowed})"


def _unused_faults(mock: MockProvider) -> Iterator[str]:
    for rule in mock.faults:
        if not rule.fired:
            yield f"a fault that no call met: {rule}"


CHECKS: dict[str, Callable[[MockProvider], Iterator[str]]] = {
    "unexpected_requests": _unexpected_requests,
    "undelivered_callbacks": _undelivered_callbacks,
    "unused_faults": _unused_faults,
}
