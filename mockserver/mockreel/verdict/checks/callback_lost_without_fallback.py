"""The callback never comes, and the client waits for it alone."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Doubt, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play
from mockreel_contracts import Phase


def look(play: Play) -> Looked:
    """Judge how the client learned of the end of a task whose callback was lost."""
    if play.claim.result == "unknown" and not play.claim.was_stopped:
        return
    for create in sight.made(play):
        task_id = create.task_id
        known = sight.facts_of(play, task_id)
        lost = sight.effects(play, create, "callback").get("lose")
        if not lost or known is None or not known.callback_url:
            continue
        if sight.learned_end(play, task_id) or (play.claim.result == "success" and sight.downloads(play, task_id)):
            yield None
            continue
        if known.phase is not Phase.SUCCEEDED and play.claim.was_stopped:
            continue  # it was stopped before there was anything to miss
        how = "had to be stopped" if play.claim.was_stopped else f"ended with {play.claim.result}"
        finding = Finding(
            f"the callback of task {task_id} was lost, the client did not see its end, and {how}",
            operation=create.operation,
            expected="a look at the task when no callback has come for a while",
            cause="callbacks are waited for, and the task is never queried",
            evidence=shown(play, [create, *sight.looks(play, task_id)]),
            credits=sight.price_of(play, task_id),
        )
        yield Doubt(finding) if sight.names(play, task_id) and not play.claim.was_stopped else finding


CHECK = Check(
    id="callback_lost_without_fallback",
    title="A lost callback loses the task",
    why="The video is made, paid for and deleted after its time, because one request did not arrive.",
    known_from="No page of one provider says that the callbacks of market tasks are repeated; another gives up after "
    "three more tries, at intervals that it does not state (contract sources A4, D4).",
    hint="Poll as well, more seldom: a callback is a hint, not a promise.",
    needs="a task whose callback was lost, and a client that ended or was stopped after the task's end",
    look=look,
    weight=3,
)
