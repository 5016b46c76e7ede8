"""The callback has told of the end, and the client polls on."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Doubt, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play
from mockreel_contracts import Phase

_CONFIRMING = 2  # looks after it, one to confirm and one that was on its way


def look(play: Play) -> Looked:
    """Judge the looks that confirmed a success which a callback had told of, and which the client took."""
    for task_id in sight.task_ids(play):
        told = sight.told_by_callback(play, task_id)
        end = next((d for d in told if sight.phase_told(play, d) is Phase.SUCCEEDED and sight.taken(d)), None)
        if end is None:
            continue
        spoiled = [each for each in sight.downloads(play, task_id) if not sight.is_whole(play, each)]
        said = [each for each in sight.seen(play, task_id) if each.entry.seq > end.seq]
        after = [each.entry for each in said if each.is_end and each.urls]  # what does not confirm it is asked again
        if len(after) <= _CONFIRMING or spoiled:
            yield None
            continue
        yield Doubt(
            Finding(
                f"the end of task {task_id} was told by a callback, and it was asked for {len(after)} more times",
                operation=after[0].operation,
                expected="at most one look, to confirm",
                cause="the part that polls does not know what the part that receives knows",
                evidence=shown(play, [end, *after]),
            )
        )


CHECK = Check(
    id="polled_after_callback",
    title="Polling goes on after the callback",
    why="Calls for nothing, which count against the rate of the account.",
    known_from="Two of the providers call back at the end of a task (their pages of creating tasks); the callback has "
    "the same body as the query (contract sources A4, D4).",
    hint="Let the receiver stop the polling; confirm with one query, since the body is not signed.",
    needs="a callback of the end that was taken",
    look=look,
    weight=1,
)
