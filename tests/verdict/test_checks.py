"""Each check catches the client that it is meant for, and lets the careful one pass."""

from __future__ import annotations

import pytest

from mockreel.report import Status
from mockreel.verdict import CHECKS, acts_for, judge
from mockreel.verdict.stage import played
from mockreel_contracts import load, providers
from tests.verdict.careless import CARELESS, Careless
from tests.verdict.small import Careful

CALLING = [name for name in providers() if load(name).callback is not None]
CASES = [
    (careless, provider)
    for careless in CARELESS
    for provider in (providers() if careless.receive is None else CALLING)
    if careless.only in ("", provider)
]


@pytest.mark.parametrize(("careless", "provider"), CASES, ids=[f"{c}-{p}" for c, p in CASES])
def test_a_careless_client_is_caught_by_the_check_that_is_meant_for_it(careless: Careless, provider: str) -> None:
    (act,) = acts_for(load(provider), names=[careless.act])
    play = played(act, careless.run, provider, receive=careless.receive, most_calls=250)
    (found,) = [result for result in judge(play) if result.id == careless.check]
    assert found.status is careless.status, (found.message, play.claim, [str(entry) for entry in play.entries][:20])
    assert found.message == found.findings[0].message
    for finding in found.findings:
        assert finding.hint
        assert len(finding.evidence) <= 5
        assert all(piece.curl.startswith("curl") or "| curl" in piece.curl for piece in finding.evidence)
        assert play.key not in str(finding)


@pytest.mark.parametrize("provider", providers())
@pytest.mark.parametrize("check", [check.id for check in CHECKS])
def test_the_careful_client_passes_in_the_scenarios_that_a_careless_one_fails(check: str, provider: str) -> None:
    acts = dict.fromkeys(each.act for each in CARELESS if each.check == check and each.only in ("", provider))
    statuses = set()
    for act in acts_for(load(provider), callbacks=True, names=list(acts)) if acts else ():
        careful = Careful()
        if act.callbacks and load(provider).callback is None:
            continue
        play = played(act, careful.run, provider, receive=careful.receive)
        statuses |= {result.status for result in judge(play) if result.id == check}
    assert statuses <= {Status.PASS, Status.INCONCLUSIVE}
    if check not in NOT_SHOWN.get(provider, ()) and acts:
        assert Status.PASS in statuses


_CALLBACKS = (
    "signature_unverified",
    "stale_accepted",
    "duplicate_not_deduped",
    "out_of_order_regression",
    "callback_slow_or_non_2xx",
    "callback_lost_without_fallback",
    "polled_after_callback",
)
NOT_SHOWN = {name: _CALLBACKS for name in providers() if name not in CALLING} | {"kie": ("out_of_order_regression",)}


def test_every_check_has_a_client_that_it_catches() -> None:
    assert {each.check for each in CARELESS} == {check.id for check in CHECKS}
