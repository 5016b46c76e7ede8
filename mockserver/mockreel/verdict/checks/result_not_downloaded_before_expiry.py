"""The result is fetched when it is gone."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play


def look(play: Play) -> Looked:
    """Judge the downloads of each task, where the client tried any."""
    for task_id in sight.task_ids(play):
        asked = sight.downloads(play, task_id)
        if not asked:
            continue
        if any(sight.is_whole(play, entry) for entry in asked):
            yield None
            continue
        known = sight.facts_of(play, task_id)
        expires_ms = known.expires_ms if known is not None else None
        late = [entry for entry in asked if expires_ms is not None and entry.at_ms >= expires_ms]
        late = late or [entry for entry in asked if " expired " in entry.decision]
        refused = [entry for entry in asked if entry.status >= 400]
        if late:
            message = f"the result of task {task_id} was fetched after its time was over"
        elif play.claim.result == "success" and len(refused) == len(asked) and not play.claim.file:
            message = f"every download of task {task_id} was refused, and the client ended with success"
        else:
            if play.claim.result == "failure":
                yield None
            continue
        life_h = play.contract.lifecycle.asset_life_ms / 3_600_000
        yield Finding(
            message,
            operation=asked[0].operation,
            expected=f"a download soon after the end: results live {life_h:g} hours",
            pointer="behavior.yaml#/lifecycle/asset_life_s",
            cause="the URL is stored instead of the file" if late else "the status of the download is not looked at",
            evidence=shown(play, late or refused),
            credits=sight.price_of(play, task_id),
        )


CHECK = Check(
    id="result_not_downloaded_before_expiry",
    title="The result is lost because it was not fetched in time",
    why="The video was paid for and is deleted; the URL in the database leads nowhere.",
    known_from="Result URLs expire after 24 hours with two providers (older text of one says one hour), and the pages "
    "of one contradict each other: 24 hours or 14 days (contract sources A7, D3).",
    hint="Download as soon as the task has ended, and store the file. Where it is refused, ask for the task again for "
    "a new URL, and say so if there is none.",
    needs="a client that downloads its results",
    look=look,
    weight=3,
)
