"""The reference client passes the whole battery, sync and async, with every provider."""

from __future__ import annotations

from typing import Any

import pytest

from mockreel.report import Status
from mockreel.verdict import acts_for, judge_plays
from mockreel.verdict.stage import played
from mockreel_contracts import load, providers
from tests.verdict.small import Careful


@pytest.mark.parametrize("form", ["sync", "async"])
@pytest.mark.parametrize("provider", providers())
def test_the_reference_client_passes_the_whole_battery(provider: str, form: str) -> None:
    plays = []
    for act in acts_for(load(provider), callbacks=True):
        careful = Careful()
        run: Any = careful.run if form == "sync" else careful.run_async
        plays.append(played(act, run, provider, receive=careful.receive))
        assert plays[-1].claim.result in (("success", "failure") if act.ends == "either" else (act.ends,)), act.name
    judgement = judge_plays(plays)
    wrong = [(c.id, c.message) for c in judgement.checks if c.status in (Status.FAIL, Status.WARN)]
    assert wrong == []
    assert judgement.verdict == "pass"
    assert judgement.score is not None
    assert judgement.score >= 90
    shown = {check.id for check in judgement.checks if check.status is Status.PASS}
    assert len(shown) == 23 if load(provider).callback is None else len(shown) >= 28


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("provider", providers())
def test_another_seed_accuses_it_no_more(provider: str, seed: int) -> None:
    acts = acts_for(load(provider))
    judgement = judge_plays([played(act, Careful().run, provider, seed=seed) for act in acts])
    assert [(c.id, c.message) for c in judgement.checks if c.status in (Status.FAIL, Status.WARN)] == []
