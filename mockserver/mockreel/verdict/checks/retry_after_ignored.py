"""The answer says how long to wait, and the client does not."""

from __future__ import annotations

from mockreel.domain.journal import Entry
from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play
from mockreel.verdict.sight import Heard

_LEAST_S = 1.0  # what the mock asks for where the contract leaves it open; a rate limit may ask for more
_SLACK = 0.9  # of the time asked for: clocks differ


def look(play: Play) -> Looked:
    """Judge the wait after each answer with Retry-After. It is not divided by the speed: nor is the header."""
    for group in sight.tries(play, "submit", "query", "balance", "list"):
        for index, entry in enumerate(group[:-1]):
            asked_s = _asked_s(play, entry)
            if asked_s is None:
                continue
            after = group[index + 1]
            waited_s = (after.at_ms - entry.at_ms) / 1000
            if waited_s >= asked_s * _SLACK:
                yield None
                continue
            yield Finding(
                f"the answer asked to wait {asked_s:g} s, and the same call came after {waited_s:.2f} s",
                operation=entry.operation,
                expected=f"at least {asked_s:g} s, as Retry-After says",
                pointer=f"behavior.yaml#/errors/{entry.case}/headers",
                cause="the client has a wait of its own and does not read the header",
                evidence=shown(play, [entry, after]),
                fold="waited",
            )


def _asked_s(play: Play, entry: Entry) -> float | None:
    """Return the least that the answer's Retry-After can have said, None without one."""
    case = sight.case_of(play, entry)
    if case is None or sight.heard(play, entry) is not Heard.REFUSED:
        return None
    text = next((value for name, value in case.headers.items() if name.lower() == "retry-after"), None)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return _LEAST_S


CHECK = Check(
    id="retry_after_ignored",
    title="Retry-After is not heeded",
    why="Calls within the window are refused and may count: the client keeps itself locked out.",
    known_from="One provider limits an account to 20 new requests in 10 seconds and rejects the excess with HTTP 429 "
    "(its Getting Started page); RFC 9110, section 10.2.3, says what Retry-After means.",
    hint="Wait at least as long as Retry-After says, in seconds or until its date, before the same call again.",
    needs="an answer with Retry-After, and the same call after it",
    look=look,
    weight=1,
)
