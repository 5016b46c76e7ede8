"""The task has ended, the client knows it, and goes on asking."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Doubt, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play
from mockreel_contracts import Phase

_NOTHING = 1  # looks more than needed that nobody minds
_MANY = 5


def look(play: Play) -> Looked:
    """Judge the looks at each task after the one that told of its end."""
    for task_id in sight.task_ids(play):
        end = next((said for said in sight.seen(play, task_id) if said.is_end), None)
        if end is None:
            continue
        if end.phase is Phase.SUCCEEDED and not end.urls:
            continue  # asking again is right
        after = [entry for entry in sight.looks(play, task_id) if entry.seq > end.entry.seq]
        spoiled = [each for each in sight.downloads(play, task_id) if not sight.is_whole(play, each)]
        if spoiled or play.claim.result != "success":
            if not after:
                yield None
            continue  # for new URLs; a client that misses the end has a check of its own
        if len(after) <= _NOTHING:
            yield None
            continue
        finding = Finding(
            f"task {task_id} was asked for {len(after)} more times after it had ended",
            operation=end.entry.operation,
            expected="no further query: an end is final",
            cause="the loop does not stop at the end, or another part of the client asks anew",
            evidence=shown(play, [end.entry, *after]),
        )
        yield finding if len(after) >= _MANY else Doubt(finding)


CHECK = Check(
    id="polled_after_terminal",
    title="An ended task is polled on",
    why="Calls for nothing, which count against the rate; and sooner or later the task is not found any more.",
    known_from="Ended states are final in all three contracts (lifecycle); records are kept for a month or two only.",
    hint="Stop at success, failure, cancel and expiry. Store what the answer says.",
    needs="a task that was seen to end",
    look=look,
    weight=1,
)
