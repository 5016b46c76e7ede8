"""The answer says that the task has ended, and the client does not notice."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play
from mockreel_contracts import Phase

_FEW = 2


def look(play: Play) -> Looked:
    """Judge what came after the answer that told of the end of each task."""
    if play.claim.result == "unknown" and not play.claim.was_stopped:
        return
    for task_id in sight.task_ids(play):
        end = next((said for said in sight.seen(play, task_id) if said.is_end), None)
        if end is None or (end.phase is Phase.SUCCEEDED and not end.urls):
            continue
        after = [entry for entry in sight.looks(play, task_id) if entry.seq > end.entry.seq]
        spoiled = [each for each in sight.downloads(play, task_id) if not sight.is_whole(play, each)]
        is_missed = len(after) > _FEW and (play.claim.was_stopped or play.claim.result == "failure")
        is_hanging = play.claim.was_stopped and not sight.downloads(play, task_id)
        if spoiled or not (is_missed or is_hanging):
            yield None
            continue
        how = "was stopped" if play.claim.was_stopped else "gave up"
        yield Finding(
            f"task {task_id} was told to be {end.state!r}, and the client {how} after {len(after)} more looks",
            operation=end.entry.operation,
            expected=f"{end.state!r} is an end ({end.phase})",
            pointer="behavior.yaml#/lifecycle/states",
            cause="the client waits for another word, or for success alone",
            evidence=shown(play, [end.entry, *after]),
        )


CHECK = Check(
    id="terminal_missed",
    title="The end of a task is not noticed",
    why="A job that failed or is done looks as if it were running, until a limit ends it; its result may be gone then.",
    known_from="The words differ: success and fail with one provider, success and failed with another, completed and "
    "failed with a third, SUCCESS and FAILURE with the software that the third is made from (contract source C2).",
    hint="Take every ended state of the contract for an end: success, failure, cancel, expiry.",
    needs="a task that was told to have ended, and a client that ended",
    look=look,
)
