"""The task is asked for more often than the contract advises."""

from __future__ import annotations

from statistics import median, quantiles

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Doubt, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play

_FEW = 5  # waits, before the middle one says something
HAMMERING_S = 0.1
_NEARLY = 0.8  # of the advice: a client that divides its waits by the speed, too, does not hammer


def look(play: Play) -> Looked:
    """Judge the waits between looks at each task that has not ended.

    A wait counts for as much as it stands for at the speed of the mock; only hammering is measured by the wall clock.
    """
    advice_s = play.contract.polling.first_s
    for task_id in sight.task_ids(play):
        looks = sight.looks(play, task_id)
        ends = [said.entry.seq for said in sight.seen(play, task_id) if said.is_end]
        before = [entry for entry in looks if not ends or entry.seq <= ends[0]]
        waits = zip(before, sight.gaps_s(before), strict=False)
        gaps = [gap for entry, gap in waits if not sight.is_failure(play, entry)]  # others are tries again
        if not gaps:
            continue
        middle_s = median(gaps)
        hasty_s = quantiles(gaps, n=4)[0] if len(gaps) >= _FEW else middle_s  # a busy machine delays some
        is_hammering = hasty_s <= HAMMERING_S and hasty_s * play.speed < advice_s * _NEARLY
        if len(gaps) < _FEW or not (is_hammering or middle_s * play.speed < advice_s / 2):
            yield None
            continue
        stands_for = f", which stands for {middle_s * play.speed:.2f} s at speed {play.speed:g}"
        finding = Finding(
            f"task {task_id} was asked for every {middle_s:.3f} s ({len(before)} times)"
            + (stands_for if play.speed != 1 else ""),
            operation=before[0].operation,
            expected=f"{advice_s:g} s at first, up to {play.contract.polling.most_s:g} s later",
            pointer="behavior.yaml#/polling",
            cause="a loop of queries without a wait" if is_hammering else "a wait that is too short",
            evidence=shown(play, before),
            fold="polls",
        )
        yield finding if is_hammering else Doubt(finding)


CHECK = Check(
    id="poll_too_fast",
    title="The task is polled too fast",
    why="Queries count against the rate of the account, and get creates refused; the task is not faster for it.",
    known_from="The query page of one provider advises 2 to 3 seconds at first, then longer waits; tasks take one to "
    "two minutes.",
    hint="Begin with the contract's first wait and let it grow to its greatest (`mockreel contracts show NAME`).",
    needs="a task that was looked at twice",
    look=look,
    weight=1,
)
