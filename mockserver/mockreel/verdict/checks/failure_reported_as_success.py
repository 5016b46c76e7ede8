"""Nothing was made, and the client says that all is well."""

from __future__ import annotations

from mockreel.domain.journal import Entry
from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play
from mockreel.verdict.sight import Heard
from mockreel_contracts import Phase


def look(play: Play) -> Looked:
    """Judge the claim of a client none of whose tasks it saw succeed."""
    if play.claim.result == "unknown" or not sight.creates(play):
        return
    bad, calls = _badness(play)
    if not bad:
        return
    if play.claim.result == "failure":
        yield None
        return
    yield Finding(
        f"{bad}, and the client ended with success",
        operation=calls[0].operation,
        expected="an exit status other than 0, or an exception",
        cause="errors are printed and swallowed, or the end of the loop is taken for success",
        evidence=shown(play, calls),
    )


def _badness(play: Play) -> tuple[str, list[Entry]]:
    """Return what went wrong for good, and the calls that told the client so; '' where something came of it."""
    created = sight.made(play)
    if not created:
        refused = [entry for entry in sight.creates(play) if sight.heard(play, entry) is not Heard.ANSWERED]
        return ("every create was refused", refused) if refused else ("", [])
    calls: list[Entry] = []
    words: list[str] = []
    for create in created:
        said = sight.seen(play, create.task_id)
        known = sight.facts_of(play, create.task_id)
        is_good = known is not None and known.phase is Phase.SUCCEEDED
        if is_good or not said or any(each.phase is Phase.SUCCEEDED for each in said):
            return "", []
        last = said[-1]
        words.append(f"task {create.task_id} was last seen {last.state!r}")
        calls += [create, last.entry]
    return words[0], calls


CHECK = Check(
    id="failure_reported_as_success",
    title="A failure is reported as success",
    why="What comes after builds on a video that does not exist, and nobody looks.",
    known_from="A task that fails is answered with HTTP 200 by all three providers: only the state in the body says "
    "so (their query pages; the replies of each contract).",
    hint="End with a status other than 0, or raise, whenever there is no result.",
    needs="a scenario in which nothing comes of the task, and a client that ended by itself",
    look=look,
    weight=3,
)
