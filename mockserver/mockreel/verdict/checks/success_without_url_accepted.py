"""Success without a result is taken for success."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play
from mockreel_contracts import Phase


def look(play: Play) -> Looked:
    """Judge the claim of a client that was told of a success without a URL."""
    if play.claim.result == "unknown":
        return
    for task_id in sight.task_ids(play):
        good = [said for said in sight.seen(play, task_id) if said.phase is Phase.SUCCEEDED]
        if not good or any(said.urls for said in good):
            continue
        has_file = any(sight.is_whole(play, entry) for entry in sight.downloads(play, task_id))
        if play.claim.result == "failure" or has_file:
            yield None
            continue
        yield Finding(
            f"task {task_id} succeeded without a URL, and the client ended with success, with no result",
            operation=good[-1].entry.operation,
            expected="an error that names the task: it was paid for",
            cause="the state alone is looked at, and an empty list is handed on",
            evidence=shown(play, [said.entry for said in good]),
            credits=sight.price_of(play, task_id),
        )


CHECK = Check(
    id="success_without_url_accepted",
    title="A success without a result is accepted",
    why="The job is marked as done, and its video was never there; it was paid for.",
    known_from="Where the URL stands differs: in JSON inside a string, in a list, in metadata.url, and in older "
    "versions of a third in fail_reason (contract sources A3, D3, C1, C2), so that it is read as empty.",
    hint="No URL is no success. Ask again a few times, then end with an error that names the task.",
    needs="a success without a URL, and a client that ended by itself",
    look=look,
    weight=3,
)
