"""Whether plays show enough of a client to be called a pass. What a client never did cannot have gone well."""

from __future__ import annotations

from collections.abc import Sequence

from mockreel.report import CheckResult, Status
from mockreel.verdict import sight
from mockreel.verdict.battery import battery
from mockreel.verdict.checks import BY_ID
from mockreel.verdict.play import Play
from mockreel_contracts import Phase

LEAST = 0.5  # of what there was to be shown


def lacking(checks: Sequence[CheckResult], plays: Sequence[Play]) -> str:
    """Return what is missing for a pass, or ''. Of a client that only receives nothing more is asked.

    There is a pass where the client came to a good end in half of the scenarios in which a careful one does, and where
    half of the checks that the scenarios are for, by weight, could be made.
    """
    if not any(play.calls for play in plays):
        return ""
    ends = {act.name: act.ends for act in battery()}
    could = [play for play in plays if ends.get(play.scenario.name) == "success"]
    well = sum(has_ended_well(play) for play in could)
    if well < LEAST * len(could):
        return (
            f"the client got its video in {well} of {len(could)} scenarios in which it can be had, so too little was "
            "seen of it: is a limit of its own too short for --speed, or does it leave the task to somebody else?"
        )
    there = to_be_made(plays)
    total = sum(BY_ID[check].weight for check in there)
    made = sum(BY_ID[c.id].weight for c in checks if c.id in there and c.status is not Status.INCONCLUSIVE)
    if made < LEAST * total:
        return f"the client gave no occasion for most of the checks that the scenarios are for ({', '.join(there)})"
    return ""


def has_ended_well(play: Play) -> bool:
    """Whether the client learned that a task of its own succeeded, and did not end with an error."""
    if play.claim.result == "failure":
        return False
    return any(
        any(said.phase is Phase.SUCCEEDED and said.urls for said in sight.seen(play, task_id))
        or any(sight.is_whole(play, entry) for entry in sight.downloads(play, task_id))
        or any(
            sight.taken(told) and sight.phase_told(play, told) is Phase.SUCCEEDED
            for told in sight.told_by_callback(play, task_id)
        )
        for task_id in sight.task_ids(play)
    )


def to_be_made(plays: Sequence[Play]) -> dict[str, None]:
    """Return the checks that the scenarios played are for, in the order of the battery."""
    played = {play.scenario.name for play in plays}
    receives = any(play.takes_callbacks for play in plays)
    acts = [act for act in battery() if act.name in played and (receives or not act.callbacks)]
    return dict.fromkeys(check for act in acts for check in act.decides)
