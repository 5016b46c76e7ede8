"""A task that was paid for is left behind, and nobody is told which."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play


def look(play: Play) -> Looked:
    """Judge each task whose id the client heard, once the client has ended by itself."""
    if play.claim.result == "unknown" and not play.claim.was_stopped:
        return
    canceled = {entry.task_id for entry in sight.calls(play, "cancel") if not entry.case}
    fetched = {entry.task_id for entry in sight.downloads(play)}
    for create in sight.made(play):
        task_id = create.task_id
        if not sight.is_known(play, create):
            continue
        if task_id in canceled | fetched or sight.learned_end(play, task_id) or sight.names(play, task_id):
            yield None
            continue
        known = sight.facts_of(play, task_id)
        is_paid_back = known is not None and known.ended_ms is not None and not known.charged
        if play.claim.was_stopped or is_paid_back:
            continue
        calls = [create, *sight.looks(play, task_id)]
        yield Finding(
            f"task {task_id} was paid for, and the client ended without its result and without naming it",
            operation=create.operation,
            expected="the result, a cancel, or the id of the task that goes on, where a person finds it",
            cause="the id lives only in the memory of a process that ends at the first trouble",
            evidence=shown(play, [calls[0], *calls[-2:]] if len(calls) > 2 else calls),
            credits=sight.price_of(play, task_id),
        )


CHECK = Check(
    id="orphaned_paid_task",
    title="A paid task is left behind without a trace",
    why="The task goes on and ends, its video is made, paid for, and deleted after its time: nobody has the id.",
    known_from="Results are kept for a day to two weeks and task records for a month or two (lifecycle in each "
    "contract, with sources); two of the three providers have no call that lists tasks, so an id that is lost stays "
    "lost.",
    hint="Write the id down as soon as the create answers, and put it into every error about the task.",
    needs="a client that ended by itself after its create was answered",
    look=look,
    weight=3,
)
