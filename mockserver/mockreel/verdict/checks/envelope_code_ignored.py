"""HTTP says 200, the body says no, and the client hears yes."""

from __future__ import annotations

from mockreel.domain.journal import Entry
from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play
from mockreel.verdict.sight import Heard


def look(play: Play) -> Looked:
    """Judge what the client did after an error under HTTP 200."""
    under_200 = [
        entry
        for entry in sight.calls(play, "submit", "query")
        if entry.case and 200 <= entry.status < 300 and sight.heard(play, entry) is Heard.REFUSED
    ]
    refused = [entry for entry in under_200 if sight.role_of(play, entry) == "submit" and not entry.task_id]
    if refused:
        yield from _after_create(play, refused)
    for entry in under_200:
        if sight.role_of(play, entry) == "query" and entry.task_id:
            yield from _after_query(play, entry)


def _after_create(play: Play, refused: list[Entry]) -> Looked:
    known = set(sight.task_ids(play))
    strange = [e for e in sight.calls(play, "query") if e.task_id not in known and e.seq > refused[0].seq]
    is_claimed = play.claim.result == "success" and not sight.made(play)
    if strange or is_claimed:
        what = "a task was asked for that is not there" if strange else "the client ended with success, with no task"
        yield _finding(play, f"the create was refused under HTTP 200, and {what}", [refused[0], *strange])
    elif play.claim.result != "unknown" or sight.made(play):
        yield None


def _after_query(play: Play, entry: Entry) -> Looked:
    later = any(each.seq > entry.seq for each in sight.looks(play, entry.task_id))
    is_ended = sight.learned_end(play, entry.task_id)
    if play.claim.result == "success" and not later and not is_ended:
        yield _finding(play, "a query was refused under HTTP 200, and the client took that for a good end", [entry])
    elif later or play.claim.result == "failure":
        yield None


def _finding(play: Play, message: str, entries: list[Entry]) -> Finding:
    return Finding(
        message,
        operation=entries[0].operation,
        expected="the code in the body decides, not the status of HTTP",
        pointer="behavior.yaml#/transport",
        cause="response.ok or raise_for_status is all that is looked at",
        evidence=shown(play, entries),
        fold="envelope",
    )


CHECK = Check(
    id="envelope_code_ignored",
    title="An error under HTTP 200 is taken for success",
    why="Missing credits, a wrong key or a refused prompt pass for a task, and nobody is told.",
    known_from='One provider says of its API: "The HTTP status is 200 even when the request fails, so always check '
    'this field" (an OpenAPI page of its documentation; contract sources A1).',
    hint="Read the code in the body first, and the status of HTTP only where there is none.",
    needs="an error under HTTP 200, and a client that ended or went on",
    look=look,
    weight=3,
)
