"""A callback comes twice, and the client acts twice."""

from __future__ import annotations

from mockreel.domain.journal import Delivery, Entry
from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play


def look(play: Play) -> Looked:
    """Judge what the client does for each of several callbacks that tell the same."""
    for task_id in sight.task_ids(play):
        told = sight.told_by_callback(play, task_id)
        told = [d for d in told if (phase := sight.phase_told(play, d)) is not None and phase.is_terminal]
        taken = [d for d in told if sight.taken(d)]
        if len(told) < 2 or not taken:
            continue
        fetched = [each for each in sight.downloads(play, task_id) if _is_anew(each.request_headers)]
        whole = [each for each in fetched if sight.is_whole(play, each)]
        files = {each.path: [e for e in whole if e.path == each.path] for each in whole}
        twice = next((entries for entries in files.values() if len(entries) > 1), None)
        if twice:
            yield Finding(
                f"the end of task {task_id} was told {len(taken)} times, and its result fetched {len(twice)} times",
                operation="callback",
                expected="one reaction: copies have the same task and state",
                cause="the receiver acts on every callback, and remembers none",
                evidence=shown(play, _both(taken[:2], twice[:2])),
            )
        elif files or any(said.is_end for said in sight.seen(play, task_id)):
            yield None


def _is_anew(headers: tuple[tuple[str, str], ...]) -> bool:
    return all(name != "range" for name, _ in headers)


def _both(deliveries: list[Delivery], entries: list[Entry]) -> list[Entry | Delivery]:
    return sorted([*deliveries, *entries], key=lambda record: record.seq)


CHECK = Check(
    id="duplicate_not_deduped",
    title="Repeated callbacks are acted on twice",
    why="Two downloads, two mails, two bookings for one video.",
    known_from="One provider sends a callback again, up to three times, if the delivery seems to have failed (its page "
    "of creating tasks); whose answer came late is told twice.",
    hint="Remember which task was told to be in which state (a unique key in a database), act once, and answer the "
    "others with 2xx.",
    needs="callbacks that came twice, and a client that fetched the result",
    look=look,
)
