"""The client polls beyond any reasonable time."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Doubt, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play

_MOST = 5  # looks after the time is up


def look(play: Play) -> Looked:
    """Judge the time over which each task is looked at that was not seen to end."""
    give_up_s = play.contract.polling.give_up_s
    for create in sight.made(play):
        looks = sight.looks(play, create.task_id)
        if not looks:
            continue
        late = [entry for entry in looks if (entry.at_ms - create.at_ms) / 1000 * play.speed > give_up_s]
        waited_s = (looks[-1].at_ms - create.at_ms) / 1000 * play.speed
        is_endless = len(late) >= _MOST and play.claim.was_stopped
        is_long = len(late) >= _MOST and play.speed == 1 and waited_s > 2 * give_up_s
        if not (is_endless or is_long):
            if not play.claim.was_stopped or late or any(said.is_end for said in sight.seen(play, create.task_id)):
                yield None
            continue
        finding = Finding(
            f"task {create.task_id} was still polled {waited_s:.0f} s after its create ({len(looks)} times)",
            operation=looks[0].operation,
            expected=f"an end after {give_up_s:g} s, and an error that names the task",
            pointer="behavior.yaml#/polling/give_up_s",
            cause="while True around the query",
            evidence=shown(play, looks),
        )
        yield finding if is_endless else Doubt(finding)


CHECK = Check(
    id="poll_unbounded",
    title="Polling has no end",
    why="One task that hangs at the provider keeps a worker and the account's rate busy for ever.",
    known_from="The query page of one provider advises to stop after 10 to 15 minutes; its newer pages have a code for "
    "tasks without a result for over 10 minutes (contract sources A1, A3).",
    hint="Give the whole wait a limit, and end with an error that names the task, so that it can be asked for later.",
    needs="a task that was looked at until its end or the client's",
    look=look,
)
