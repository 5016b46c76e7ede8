"""A task never ends, and neither does the client."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play


def look(play: Play) -> Looked:
    """Judge how the client ended while its task was still unfinished."""
    if play.claim.result == "unknown" and not play.claim.was_stopped:
        return
    give_up_s = play.contract.polling.give_up_s
    for create in sight.made(play):
        known = sight.facts_of(play, create.task_id)
        if play.scenario.stuck_in is None or (known is not None and known.ended_ms is not None):
            continue
        if not play.claim.was_stopped:
            if sight.looks(play, create.task_id) or play.takes_callbacks:
                yield None
            continue
        waited_s = (sight.end_ms(play) - create.at_ms) / 1000 * play.speed
        if waited_s < give_up_s:
            continue  # it was stopped before its time
        at = f" ({waited_s / play.speed:.0f} s at speed {play.speed:g})" if play.speed != 1 else ""
        looks = sight.looks(play, create.task_id)
        yield Finding(
            f"task {create.task_id} hung, and the client still waited {waited_s:.0f} s later{at}: it had to be stopped",
            operation=create.operation,
            expected=f"an end of its own; the advice is to give up after {give_up_s:g} s",
            pointer="behavior.yaml#/polling/give_up_s",
            cause="no limit on the whole wait, or one that is longer than the run: give it a shorter one with --env",
            evidence=shown(play, [create, *looks]),
        )


CHECK = Check(
    id="stuck_without_deadline",
    title="A task that hangs hangs the client",
    why="A worker is lost with each such task, and whoever asked never hears of it.",
    known_from="Providers let tasks run for a day or two: off-peak tasks of one are finished within 48 hours, the "
    "source of another times tasks out after a set number of minutes (contract sources C5, C3).",
    hint="Have a limit on the whole wait. At its end cancel the task where the provider can, and name it in the error.",
    needs="a task that never ends, and more time than the contract advises to wait",
    look=look,
    weight=3,
)
