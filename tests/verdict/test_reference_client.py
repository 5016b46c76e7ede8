"""The reference client passes the whole battery, sync and async, with every provider; callbacks where there are any."""

from __future__ import annotations

import pytest

from mockreel.report import Status
from mockreel.verdict import CHECKS, acts_for, assert_resilient, judge_plays
from mockreel.verdict.stage import played
from mockreel_contracts import load, providers
from tests.verdict.small import Careful

OF_CALLBACKS = {
    "signature_unverified",
    "stale_accepted",
    "duplicate_not_deduped",
    "out_of_order_regression",
    "callback_slow_or_non_2xx",
    "callback_lost_without_fallback",
    "polled_after_callback",
}


@pytest.mark.parametrize("form", ["sync", "async"])
@pytest.mark.parametrize("provider", providers())
def test_the_reference_client_passes_the_whole_battery(provider: str, form: str) -> None:
    careful, contract = Careful(), load(provider)
    run = careful.run if form == "sync" else careful.run_async
    judgement = assert_resilient(provider, run, receive=careful.receive, warnings=True)
    assert (judgement.verdict, judgement.score) == ("pass", 100)
    not_shown = {check.id for check in judgement.checks if check.status is Status.INCONCLUSIVE}
    assert not_shown == (OF_CALLBACKS if contract.callback is None else set())
    assert {check.status for check in judgement.checks if check.id not in not_shown} == {Status.PASS}
    assert len(judgement.checks) == len(CHECKS)
    acts = acts_for(contract, callbacks=True)
    for act, verdict in zip(acts, judgement.verdicts, strict=True):
        assert act.ends in ("either", verdict.play.claim.result), act.name
        assert verdict.play.takes_callbacks == (contract.callback is not None)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("provider", providers())
def test_another_seed_accuses_it_no_more(provider: str, seed: int) -> None:
    acts = acts_for(load(provider))
    judgement = judge_plays([played(act, Careful().run, provider, seed=seed) for act in acts])
    assert [(c.id, c.message) for c in judgement.checks if c.status in (Status.FAIL, Status.WARN)] == []
