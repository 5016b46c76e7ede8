"""The same create is sent twice, although the first was answered."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Doubt, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play
from mockreel.verdict.sight import Heard
from mockreel_contracts import Phase


def look(play: Play) -> Looked:
    """Judge each create that was answered well."""
    for group in sight.tries(play, "submit"):
        made = [entry for entry in group if entry.task_id]
        for first, second in zip(made, [*made[1:], None], strict=False):
            if sight.heard(play, first) is not Heard.ANSWERED:
                continue
            if second is None:
                yield None
                continue
            ends = [said for said in sight.seen(play, first.task_id) if said.is_end and said.entry.seq < second.seq]
            if any(said.phase is not Phase.SUCCEEDED for said in ends):
                yield None  # it failed, and another is made
                continue
            is_looked_after = bool(ends) or any(each.seq > second.seq for each in sight.looks(play, first.task_id))
            finding = Finding(
                "the same create was sent twice, and each made a task that is paid for",
                operation=first.operation,
                expected="one task for one piece of work",
                cause="two workers, a double click or a retry around the whole job send the same request",
                evidence=shown(play, [first, second]),
                credits=sight.price_of(play, second.task_id),
            )
            yield Doubt(finding) if is_looked_after else finding


CHECK = Check(
    id="create_duplicated",
    title="The same task is made twice",
    why="Each create is charged; nobody merges requests that are alike.",
    known_from="The pages of none of the three providers tell of an idempotency key; a task is charged when it is "
    "made (credits in each contract, with their sources).",
    hint="Store the id of the task under a key of your own before you wait for it, and make no other under that key. "
    "Retry the waiting, not the whole job.",
    needs="a create that was answered with a task",
    look=look,
    weight=3,
)
