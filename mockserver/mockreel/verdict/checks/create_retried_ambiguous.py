"""A create whose answer was lost is sent again: paid twice."""

from __future__ import annotations

from decimal import Decimal

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play
from mockreel.verdict.sight import Heard


def look(play: Play) -> Looked:
    """Judge each create that made a task without the client hearing of it."""
    for group in sight.tries(play, "submit"):
        for index, entry in enumerate(group):
            if not entry.task_id or sight.heard(play, entry) is Heard.ANSWERED:
                continue
            again = [later for later in group[index + 1 :] if later.task_id]
            if not again:
                yield None
                continue
            credits = sum((sight.price_of(play, each.task_id) for each in again), Decimal(0))
            yield Finding(
                f"the create whose answer was lost was sent again: {1 + len(again)} tasks were made and paid for",
                operation=entry.operation,
                expected="one task: it is not known whether the first was made, so it must not be made again blindly",
                cause="a create is repeated after a timeout, a broken connection or an error of the server",
                evidence=shown(play, [entry, *again]),
                credits=credits,
            )
            break  # the others of the group are those that were sent again


CHECK = Check(
    id="create_retried_ambiguous",
    title="A create that may have been carried out is sent again",
    why="The first task was made and paid for, too: the same video is paid for twice.",
    known_from="The pages of none of the three providers tell of an idempotency key for creating a task, and "
    "all charge when the task is made; HTTP libraries that retry after a timeout do so for POST as well when told to "
    "retry everything.",
    hint="Send a create again only where it certainly was not carried out (connection refused, 429, maintenance). "
    "Otherwise look into the list of tasks or the balance, or stop and tell a person.",
    needs="a create that made a task, and whose answer did not arrive",
    look=look,
    weight=3,
)
