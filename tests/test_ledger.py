"""At every step balance = granted - charged + refunded, it is never negative, and nothing is paid that was refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.domain.ledger import Account
from mockreel_contracts import Contract, Phase, load, providers
from tests.calling import Caller, first_body

CONTRACTS = [load(name) for name in providers()]
SCENARIOS = ["success", "generation_failed", "stuck", "fast", "insufficient_credits", "no-such-scenario"]

steps = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.sampled_from(SCENARIOS)),
        st.tuples(st.just("break"), st.just("")),
        st.tuples(st.just("advance"), st.integers(0, 200)),
        st.tuples(st.just("cancel"), st.integers(0, 5)),
        st.tuples(st.just("query"), st.integers(0, 5)),
        st.tuples(st.just("grant"), st.integers(0, 300)),
    ),
    max_size=25,
)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
@pytest.mark.parametrize("pace", ["time", "polls"])
@given(steps=steps, credits=st.integers(0, 200))
def test_the_ledger_adds_up_after_every_step(
    contract: Contract, pace: str, steps: list[tuple[str, object]], credits: int
) -> None:
    caller = Caller(contract, credits=Decimal(credits), pace=pace)
    service = caller.engine.services[contract.provider]
    ids: list[str] = []
    for kind, value in steps:
        before = len(service.tasks)
        if kind == "submit":
            caller.submit(headers={"X-Mock-Scenario": str(value)})
            ids += list(service.tasks)[before:]
        elif kind == "break":
            balance = caller.balance()
            caller.submit([])
            assert (len(service.tasks), caller.balance()) == (before, balance)
        elif kind == "advance":
            caller.clock.advance(int(str(value)))
        elif kind == "cancel" and ids and contract.by_role("cancel"):
            caller.on_task("cancel", ids[int(str(value)) % len(ids)])
        elif kind == "query" and ids:
            caller.query(ids[int(str(value)) % len(ids)])
        elif kind == "grant":
            caller.engine.set_credits(caller.key, Decimal(int(str(value))))
        balance = caller.balance()
        account = service.sandbox(caller.key).account
        assert balance == account.granted - account.charged + account.refunded
        assert balance >= 0
        now_ms = caller.clock.now_ms()
        spent = sum(
            (
                task.price
                for task in service.tasks.values()
                if task.moment(now_ms).state.phase not in contract.credits.refund
            ),
            Decimal(0),
        )
        assert account.charged - account.refunded == spent


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
def test_a_failed_task_is_paid_back(contract: Contract) -> None:
    caller = Caller(contract)
    caller.submit(headers={"X-Mock-Scenario": "generation_failed"})
    assert caller.balance() < 10_000
    caller.clock.advance(3600)
    assert Phase.FAILED in contract.credits.refund
    assert caller.balance() == 10_000


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
def test_without_enough_credits_nothing_is_made_or_charged(contract: Contract) -> None:
    caller = Caller(contract, credits=Decimal(1))
    reply = caller.submit()
    case = contract.refusal("insufficient_credits")
    assert reply.status == case.status
    assert list(caller.engine.journal)[-1].case == case.id
    assert caller.balance() == 1
    assert not caller.engine.services[contract.provider].tasks


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
def test_an_unlimited_key_never_runs_out(contract: Contract) -> None:
    caller = Caller(contract, credits=None)
    for _ in range(5):
        caller.submit()
    assert len(caller.engine.services[contract.provider].tasks) == 5
    assert caller.balance() >= 0


def test_a_change_of_prices_in_the_example_request_changes_the_charge() -> None:
    for contract in CONTRACTS:
        caller = Caller(contract)
        caller.submit(first_body(contract))
        task = next(iter(caller.engine.services[contract.provider].tasks.values()))
        assert task.price > 0
        assert caller.balance() == 10_000 - task.price


@given(st.lists(st.tuples(st.sampled_from(["charge", "refund"]), st.integers(0, 100)), max_size=40))
def test_an_account_refuses_what_would_break_it(moves: list[tuple[str, int]]) -> None:
    account = Account(Decimal(100))
    for kind, amount in moves:
        before = account.balance
        try:
            getattr(account, kind)(Decimal(amount))
        except ValueError:
            assert account.balance == before
        assert account.balance == account.granted - account.charged + account.refunded
        assert 0 <= account.refunded <= account.charged
        assert account.balance >= 0
