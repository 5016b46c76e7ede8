"""What shows a finding: entries of the journal, as a report has them."""

from __future__ import annotations

from collections.abc import Iterable

from mockreel.domain.export import curl
from mockreel.domain.journal import Delivery, Entry
from mockreel.report import Evidence
from mockreel.verdict.play import Play

MOST = 5  # pieces of evidence of one finding
_SHOWN = 1500  # characters of a body


def shown(play: Play, records: Iterable[Entry | Delivery]) -> tuple[Evidence, ...]:
    """Return entries as evidence: of many, the first and the last ones."""
    known = list(records)
    if len(known) > MOST:
        known = [*known[:3], *known[-2:]]
    return tuple(_evidence(play, record) for record in known)


def _evidence(play: Play, record: Entry | Delivery) -> Evidence:
    answer = _text(record.answer_body)
    at_s = max(record.at_ms - play.started_ms, 0) / 1000 if play.started_ms else 0.0
    when = f"at {at_s:.1f} s: " if play.started_ms else ""
    return Evidence(
        title=f"{when}{_clean(play, str(record))}",
        curl=_clean(play, curl(record, play.origin)),
        sent=_clean(play, _text(record.request_body)),
        received=_clean(play, f"HTTP {record.status}" + (f"\n{answer}" if answer else "")),
        seq=record.seq,
        at_ms=record.at_ms,
    )


def _text(body: bytes) -> str:
    return body[:_SHOWN].decode("utf-8", "replace")


def _clean(play: Play, text: str) -> str:
    """Return a text without what must show up nowhere."""
    for secret in (play.key, play.callback_secret, *play.secrets):
        if secret and len(secret) >= 6:
            text = text.replace(secret, "***")
    return text
