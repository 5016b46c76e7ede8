"""Money that goes astray: the account still adds up, is never negative, and shows exactly what the fault says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.domain.ledger import Account
from mockreel_contracts import Contract, Phase
from tests.calling import first_body
from tests.faults.watched import CONTRACTS, Watched, by_provider

GRANTED = 10_000


def account(caller: Watched) -> Account:
    caller.engine.settle()
    return caller.engine.services[caller.contract.provider].sandbox(caller.key).account


def check(caller: Watched) -> Account:
    """The three sums that hold at every moment."""
    found = account(caller)
    assert found.balance == found.granted - found.charged + found.refunded
    assert found.balance >= 0
    assert 0 <= found.refunded <= found.charged
    return found


def failing(contract: Contract, header: str) -> Watched:
    """Return a caller whose task is to fail, made with a fault."""
    caller = Watched(contract)
    caller.submit(headers={"X-Mock-Scenario": "generation_failed", "X-Mock-Fault": header})
    return caller


@by_provider
@pytest.mark.parametrize(
    "header", ["answer_lost", "answer_lost_by_timeout; seconds=30", "answer_lost_by_truncation", "error_after_commit"]
)
def test_a_task_whose_answer_is_lost_is_made_and_paid_for(contract: Contract, header: str) -> None:
    caller = Watched(contract)
    caller.asking("submit", header)
    assert len(caller.tasks) == 1
    assert caller.entry.task_id == caller.task.id
    assert caller.entry.faults == (header.partition(";")[0],)
    assert check(caller).charged == caller.task.price > 0
    caller.finish()
    assert caller.phase() is Phase.SUCCEEDED
    assert check(caller).refunded == 0


@by_provider
def test_a_client_that_tries_again_after_a_lost_answer_pays_twice(contract: Contract) -> None:
    caller = Watched(contract)
    caller.engine.board.arm("answer_lost", {"times": 1}, 0)
    caller.submit()
    assert caller.last.network is not None
    caller.submit()
    assert caller.last.network is None
    assert len(caller.tasks) == 2
    assert check(caller).charged == 2 * caller.task.price


@by_provider
def test_charged_twice_takes_the_price_twice_and_gives_it_back_once(contract: Contract) -> None:
    caller = failing(contract, "charged_twice")
    price = caller.task.price
    assert check(caller).balance == GRANTED - 2 * price
    caller.finish()
    assert check(caller).balance == GRANTED - price
    caller.submit()
    assert check(caller).balance == GRANTED - 2 * price


@by_provider
def test_charged_twice_takes_no_more_than_there_is(contract: Contract) -> None:
    price = _price(contract)
    caller = Watched(contract, credits=price + Decimal("0.5"))
    caller.asking("submit", "charged_twice")
    assert check(caller).balance == Decimal("0.5")


@by_provider
def test_a_missing_refund_is_missing_for_ever(contract: Contract) -> None:
    caller = failing(contract, "refund_missing")
    caller.finish()
    assert caller.phase() is Phase.FAILED
    for seconds in (0, 3600, 10**6):
        caller.clock.advance(seconds)
        assert check(caller).balance == GRANTED - caller.task.price


@by_provider
@pytest.mark.parametrize(("header", "seconds"), [("refund_late", 3600), ("refund_late; seconds=600", 600)])
def test_a_late_refund_comes_at_its_time(contract: Contract, header: str, seconds: int) -> None:
    caller = failing(contract, header)
    caller.finish()
    assert check(caller).balance == GRANTED - caller.task.price
    caller.clock.advance(seconds - 0.001)
    assert check(caller).balance == GRANTED - caller.task.price
    caller.clock.advance(0.001)
    assert check(caller).balance == GRANTED
    caller.clock.advance(10**6)
    assert check(caller).balance == GRANTED


def test_a_late_refund_of_a_canceled_task_does_not_come_when_the_task_would_have_ended() -> None:
    for contract in CONTRACTS:
        if not contract.by_role("cancel") or Phase.CANCELED not in contract.credits.refund:
            continue
        caller = failing(contract, "refund_late; seconds=6000")
        end_ms = caller.task.timeline(0)[-1].start_ms
        caller.clock.advance(1)
        assert caller.on_task("cancel").status == 200
        assert end_ms < caller.clock.now_ms() + 6_000_000
        caller.clock.advance(5999)
        assert check(caller).balance == GRANTED - caller.task.price
        caller.clock.advance(1)
        assert check(caller).balance == GRANTED


@by_provider
def test_a_task_that_is_looked_at_to_its_end_is_paid_back_late_too(contract: Contract) -> None:
    caller = Watched(contract, pace="polls")
    caller.submit(headers={"X-Mock-Scenario": "generation_failed", "X-Mock-Fault": "refund_late; seconds=60"})
    for _ in range(len(contract.lifecycle.way(Phase.FAILED))):
        caller.query()
    assert caller.phase() is Phase.FAILED
    assert check(caller).balance == GRANTED - caller.task.price
    caller.clock.advance(60)
    assert check(caller).balance == GRANTED


@by_provider
def test_the_credits_of_an_account_run_out_in_mid_run(contract: Contract) -> None:
    caller = Watched(contract)
    caller.engine.board.arm("credits_run_out", {"after": 2}, 0)
    cases = []
    for _ in range(4):
        caller.submit()
        cases.append(caller.entry.case)
    case = contract.errors["insufficient_credits"].id
    assert cases == ["", "", case, case]
    assert check(caller).balance == GRANTED - sum(task.price for task in caller.tasks)
    assert caller.query().status == 200


FAULTS = [
    "charged_twice",
    "refund_missing",
    "refund_late; seconds=30",
    "answer_lost",
    "error_after_commit",
    "credits_run_out",
    "network_refused",
    "task_fails",
    "task_fails_early",
    "task_stuck",
    "success_without_url",
    "",
]
moves = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.lists(st.sampled_from(FAULTS), max_size=3).map(", ".join)),
        st.tuples(st.just("advance"), st.integers(0, 200)),
        st.tuples(st.just("query"), st.integers(0, 5)),
        st.tuples(st.just("cancel"), st.integers(0, 5)),
    ),
    max_size=20,
)


@by_provider
@pytest.mark.parametrize("pace", ["time", "polls"])
@given(moves=moves, credits=st.integers(0, 300))
def test_whatever_goes_astray_the_account_adds_up_after_every_step(
    contract: Contract, pace: str, moves: list[tuple[str, Any]], credits: int
) -> None:
    caller = Watched(contract, credits=Decimal(credits), pace=pace)
    for kind, value in moves:
        if kind == "submit":
            caller.submit(headers={"X-Mock-Fault": value or None})
        elif kind == "advance":
            caller.clock.advance(value)
        elif caller.tasks and (kind == "query" or contract.by_role("cancel")):
            caller.on_task(kind, caller.tasks[value % len(caller.tasks)].id)
        check(caller)
    caller.clock.advance(10**6)
    check(caller)


def _price(contract: Contract) -> Decimal:
    caller = Watched(contract)
    caller.submit(first_body(contract))
    return caller.task.price
