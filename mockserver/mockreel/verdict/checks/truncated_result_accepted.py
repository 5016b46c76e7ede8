"""A broken file is kept as the result."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Doubt, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play


def look(play: Play) -> Looked:
    """Judge the downloads that came broken, and the file that the client left."""
    for task_id in sight.task_ids(play):
        asked = sight.downloads(play, task_id)
        broken = [e for e in asked if e.status in (200, 206) and not sight.is_whole(play, e)]
        if not broken:
            continue
        known = sight.facts_of(play, task_id)
        wanted = [content for _, content in known.results] if known is not None else []
        if play.claim.file is not None and wanted:
            is_good = play.claim.file in wanted
        elif play.claim.result == "unknown":
            continue
        else:
            is_good = any(sight.is_whole(play, entry) and entry.seq > broken[-1].seq for entry in asked)
        if is_good or play.claim.result != "success":
            yield None
            continue
        is_short = any("keep" in sight.effects(play, e, "result") or e.faults == () for e in broken) or any(
            sight.effects(play, e, "network") for e in broken
        )
        is_changed = not is_short and any("corrupt" in sight.effects(play, e, "result") for e in broken)
        what = "broke off" if is_short else "came with other bytes than the video's" if is_changed else "was no video"
        finding = Finding(
            f"the download of task {task_id} {what}, and the client ended with success",
            operation=broken[-1].operation,
            expected="a file that can be played: its head and its length are right, so only reading it through shows it"
            if is_changed
            else "as many bytes as Content-Length says, and a file that begins as its type does",
            cause="what has come is taken for a video unread"
            if is_changed
            else "what has come is written to its final place, and its length is not compared",
            evidence=shown(play, broken),
            credits=sight.price_of(play, task_id),
        )
        yield finding if is_short else Doubt(finding)


CHECK = Check(
    id="truncated_result_accepted",
    title="A broken download is kept as the result",
    why="Half a video is delivered; by the time somebody plays it, the whole one is deleted.",
    known_from="Results lie on hosts of their own, apart from the API (contract source A6), and "
    "some HTTP libraries do not complain when a body is shorter than its Content-Length.",
    hint="Write to a file beside, compare its length with Content-Length, look at its first bytes, and rename it only "
    "then. Go on with Range, or begin again.",
    needs="a download that came broken, and a client that ended by itself",
    look=look,
    weight=3,
)
