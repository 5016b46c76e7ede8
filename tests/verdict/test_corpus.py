"""Each careless client is caught by the check meant for it, and careful ones are left alone.

A test plays a batch of clients at once, as they wait more than they work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from mockreel.report import Status
from mockreel.verdict.checks import BY_ID
from tests.verdict.corpus import Run, Subject, careful, careless, missed, play_careless, run_all

CARELESS, CAREFUL = careless(), careful()
HOLDING = {"stuck", "rate_limited", "callbacks_out_of_order"}  # scenarios that hold careless clients until the limit
BATCHES = 6
SEEDS = 10
PART, PART_OF_REFERENCE = 3, 9  # of its scenarios a careful client plays one in so many; together they play all


def dealt(subjects: Sequence[Subject]) -> list[list[Subject]]:
    """Deal clients into batches, those that are held for long into one, where they wait together."""
    ordered = sorted(subjects, key=lambda subject: HOLDING.isdisjoint(subject.scenarios))
    size = -(-len(ordered) // BATCHES)
    return [ordered[number * size :][:size] for number in range(BATCHES)]


def played(batch: Sequence[Subject], runs: Sequence[Run]) -> None:
    """Skip a batch of which nothing can be run here."""
    if not runs:
        pytest.skip(f"{', '.join(sorted({subject.missing for subject in batch}))} is not installed here")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(BATCHES))
def test_careless_clients_are_caught_by_the_checks_meant_for_them(number: int) -> None:
    batch = dealt(CARELESS)[number]
    runs = play_careless(subject for subject in batch if not subject.missing)
    played(batch, runs)
    assert not missed(runs), "\n".join(
        f"{run.subject} in {run.act.name}: {run.play.claim} {[*map(str, run.play.entries)]}" for run in missed(runs)
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", range(BATCHES))
def test_careful_clients_get_no_fail_and_the_reference_client_no_warning(number: int) -> None:
    batch = dealt(CAREFUL)[number]
    runs = run_all(
        (subject, act, (place + index) % SEEDS)
        for index, subject in enumerate(CAREFUL)
        if subject in batch and not subject.missing
        for place, act in enumerate(subject.acts)
        if (place + index) % _part(subject) == 0
    )
    played(batch, runs)
    assert [
        (str(run.subject), run.act.name, run.seed, result.id, result.message)
        for run in runs
        for result in run.results
        if result.status is Status.FAIL or (result.status is Status.WARN and _is_reference(run.subject))
    ] == []
    assert {run.subject for run in runs if run.found(Status.PASS)} == {run.subject for run in runs}


def test_every_check_has_a_client_that_it_catches() -> None:
    assert sorted(BY_ID) == sorted({subject.check for subject in CARELESS})


def test_the_corpus_is_as_large_and_as_mixed_as_it_says() -> None:
    assert len(CARELESS) >= 40
    assert len({subject.name.partition(",")[0] for subject in CAREFUL}) >= 10
    styles = Counter(subject.name.rpartition(".")[2] for subject in CARELESS)
    assert min(styles[style] for style in ("py", "sh", "mjs")) >= 5
    assert len({subject.provider for subject in CARELESS}) == 3


def test_every_client_is_in_a_batch() -> None:
    for subjects in (CARELESS, CAREFUL):
        assert sorted(map(str, subjects)) == sorted(str(each) for batch in dealt(subjects) for each in batch)


def _is_reference(subject: Subject) -> bool:
    return subject.name.startswith("reference")


def _part(subject: Subject) -> int:
    return PART_OF_REFERENCE if _is_reference(subject) else PART
