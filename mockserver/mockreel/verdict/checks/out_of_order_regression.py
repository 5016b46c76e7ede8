"""An earlier state comes late, and the client goes back to it."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play
from mockreel_contracts import Phase


def look(play: Play) -> Looked:
    """Judge how the client ended after the end was told first, and an earlier state then."""
    if play.claim.result == "unknown" and not play.claim.was_stopped:
        return
    for task_id in sight.task_ids(play):
        told = sight.told_by_callback(play, task_id)
        end = next((d for d in told if sight.phase_told(play, d) is Phase.SUCCEEDED and sight.taken(d)), None)
        if end is None:
            continue
        back = [d for d in told if d.seq > end.seq and not _is_end(play, d.state)]
        if not back:
            continue
        after = [entry for entry in sight.looks(play, task_id) if entry.seq > back[0].seq]
        if play.claim.result == "success" and len(after) <= 1:
            yield None
            continue
        spoiled = [each for each in sight.downloads(play, task_id) if not sight.is_whole(play, each)]
        if spoiled or (play.claim.result == "success" and not sight.taken(back[0])):
            continue
        how = "was stopped" if play.claim.was_stopped else f"ended with {play.claim.result}"
        yield Finding(
            f"task {task_id} was told to be {end.state!r} and then {back[0].state!r}, and the client went back to "
            f"waiting: it looked {len(after)} more times and {how}",
            operation="callback",
            expected="an end is final, whatever comes after it",
            pointer="behavior.yaml#/lifecycle/states",
            cause="the last callback to come is stored as the state",
            evidence=shown(play, [end, back[0], *after]),
        )


def _is_end(play: Play, name: str) -> bool:
    state = play.contract.lifecycle.states.get(name)
    return state is None or state.phase.is_terminal


CHECK = Check(
    id="out_of_order_regression",
    title="A late callback undoes the end",
    why="A job that is done is shown as running again, and is waited for until a limit ends it.",
    known_from="One provider calls back on each change to processing, success and failed, and repeats what was not "
    "taken (its page of creating tasks; contract sources D4): a repeated callback comes after later ones.",
    hint="Order by what callbacks say, not by when they come; let nothing overwrite an end.",
    needs="a callback of an earlier state that came after that of the end, and a client that ended",
    look=look,
)
