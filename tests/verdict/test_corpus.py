"""Each careless client is caught by the check that is meant for it, and careful ones are left alone."""

from __future__ import annotations

from collections import Counter

import pytest

from mockreel.report import Status
from mockreel.verdict.checks import BY_ID
from tests.verdict.corpus import Run, Subject, careful, careless, run_all

pytestmark = pytest.mark.slow
CARELESS, CAREFUL = careless(), careful()
SEEDS = range(10)
PART = 3  # of the scenarios of each careful client, one in so many; scripts/make_confusion_table.py plays them all


@pytest.fixture(scope="module")
def caught() -> dict[str, list[Run]]:
    """The runs of the careless clients, in the scenarios that they are for."""
    return _by_name(run_all((s, act, 0) for s in CARELESS if not s.missing for act in s.acts))


@pytest.fixture(scope="module")
def spared() -> dict[str, list[Run]]:
    """The runs of the careful clients: another part of the battery for each, over ten seeds."""
    return _by_name(
        run_all(
            (subject, act, SEEDS[(place // PART) % len(SEEDS)])
            for number, subject in enumerate(CAREFUL)
            if not subject.missing
            for place, act in enumerate(subject.acts)
            if place % PART == number % PART
        )
    )


@pytest.mark.parametrize("subject", CARELESS, ids=str)
def test_a_careless_client_is_caught_by_the_check_meant_for_it(subject: Subject, caught: dict[str, list[Run]]) -> None:
    _skip_without_its_program(subject)
    wanted = Status.WARN if subject.is_warned else Status.FAIL
    told = {
        run.act.name: (run.found(wanted), run.play.claim, *map(str, run.play.entries)) for run in caught[str(subject)]
    }
    assert any(subject.check in run.found(wanted) for run in caught[str(subject)]), told


@pytest.mark.parametrize("subject", CAREFUL, ids=str)
def test_a_careful_client_gets_no_fail(subject: Subject, spared: dict[str, list[Run]]) -> None:
    _skip_without_its_program(subject)
    runs = spared[str(subject)]
    assert {run.act.name: run.found(Status.FAIL) for run in runs if run.found(Status.FAIL)} == {}
    assert any(run.found(Status.PASS) for run in runs)


def test_every_check_has_a_client_that_it_catches() -> None:
    assert sorted(BY_ID) == sorted({subject.check for subject in CARELESS})


def test_the_corpus_is_as_large_and_as_mixed_as_it_says() -> None:
    assert len(CARELESS) >= 40
    assert len({subject.name.partition(",")[0] for subject in CAREFUL}) >= 10
    styles = Counter(subject.name.rpartition(".")[2] for subject in CARELESS)
    assert min(styles[style] for style in ("py", "sh", "mjs")) >= 5
    assert len({subject.provider for subject in CARELESS}) == 3


def _by_name(runs: list[Run]) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(str(run.subject), []).append(run)
    return found


def _skip_without_its_program(subject: Subject) -> None:
    if subject.missing:
        pytest.skip(f"{subject.missing} is not installed here")
