"""The client stops at the first error that would have passed."""

from __future__ import annotations

from mockreel.domain.journal import Entry
from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Doubt, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play
from mockreel.verdict.sight import Heard

_FOR_NOW = ("rate_limited", "maintenance")  # of a create: nothing was made
PATIENT = 3  # tries after which nobody is blamed for stopping


def look(play: Play) -> Looked:
    """Judge the last tries of creates and of looks at tasks."""
    if play.claim.result == "unknown":
        return
    for group in sight.tries(play, "submit"):
        yield from _create(play, group)
    for task_id in sight.task_ids(play):
        yield from _task(play, task_id)


def _create(play: Play, group: list[Entry]) -> Looked:
    passing = [entry for entry in group if _is_for_now(play, entry) and not entry.task_id]
    if not passing:
        return
    if len(group) > 1 or play.claim.result != "failure":
        yield None
        return
    (only,) = group
    finding = _finding(play, f"the create was refused for now ({only.case or 'unreached'}) and not tried again", [only])
    yield finding if sight.heard(play, only) is Heard.REFUSED else Doubt(finding)


def _is_for_now(play: Play, entry: Entry) -> bool:
    case = sight.case_of(play, entry)
    if case is None:
        return sight.heard(play, entry) is Heard.UNSENT
    return case.retryable and not case.billed and case.like in _FOR_NOW


def _task(play: Play, task_id: str) -> Looked:
    looks = sight.looks(play, task_id)
    failed = [entry for entry in looks if sight.is_failure(play, entry)]
    if not failed:
        return
    tail = 0
    while tail < len(looks) and sight.is_failure(play, looks[-1 - tail]):
        tail += 1
    if not tail or tail > PATIENT or play.claim.result != "failure" or sight.learned_end(play, task_id):
        if not play.claim.was_stopped:
            yield None
        return
    finding = _finding(
        play,
        f"task {task_id} was given up after {tail} failed {'look' if tail == 1 else 'looks'}, though it goes on",
        looks[-tail:],
    )
    yield Doubt(finding) if sight.names(play, task_id) or tail > 1 else finding


def _finding(play: Play, message: str, entries: list[Entry]) -> Finding:
    case = entries[-1].case
    return Finding(
        message,
        operation=entries[-1].operation,
        expected="further tries, with waits that grow: the contract says retryable: true" if case else "further tries",
        pointer=f"behavior.yaml#/errors/{case}" if case else "",
        cause="any answer that is not the good one ends the client",
        evidence=shown(play, entries),
    )


CHECK = Check(
    id="gave_up_on_retryable",
    title="An error that passes ends the client",
    why="The task that was paid for goes on, and its result is thrown away for one bad answer.",
    known_from="A rate page of one provider says that excess requests get 429 and are not queued; its pages list 455 "
    "for maintenance and 500; another says TooManyRequests, SystemThrottling and InternalServiceFailure, which a "
    "client of it treats as retryable (contract sources A1, D1).",
    hint="Try again after 429, maintenance and 500 of a query, later each time, and within a limit of your own. After "
    "a 500 of a create look first whether the task was made.",
    needs="an error that passes, and a client that ended",
    look=look,
)
