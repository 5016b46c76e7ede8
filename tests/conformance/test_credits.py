"""Checks of money: each way of taking too much or giving back too little has its own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from mockreel import MockProvider
from mockreel.domain import pricing, service
from mockreel.domain.ledger import Account
from mockreel.domain.sandbox import Sandbox, _end
from mockreel.report import Status
from mockreel_contracts import load, providers
from tests.conformance.running import PROFILES, failed, run

PAID = [name for name in providers() if load(name).by_role("balance")]
MONEY = [
    "charged_on_refusal",
    "charge_wrong",
    "charged_twice",
    "refund_missing",
    "refund_wrong",
    "balance_moves_by_itself",
    "insufficient_credits_accepted",
]


@pytest.mark.parametrize(("provider", "profile"), [each for each in PROFILES if each[0] in PAID])
def test_the_mock_is_honest_with_money(provider: str, profile: str) -> None:
    _, results = run(MockProvider(provider, profile=profile), ["credits"])
    assert failed(results) == []
    assert {name for name in MONEY if results[name].status is not Status.PASS} == set()


@pytest.mark.parametrize("provider", PAID)
@pytest.mark.parametrize("fault", ["charged_twice", "refund_missing"])
def test_money_taken_by_a_fault_has_its_own_cause(provider: str, fault: str) -> None:
    mock = MockProvider(provider)
    mock.add_fault(fault)
    _, results = run(mock, ["credits"])
    assert failed(results) == [fault]


@pytest.mark.parametrize("provider", PAID)
def test_a_late_refund_is_none(provider: str) -> None:
    mock = MockProvider(provider)
    mock.add_fault("refund_late", seconds=3600)
    assert failed(run(mock, ["credits"])[1]) == ["refund_missing"]


@pytest.mark.parametrize("provider", PAID)
def test_a_refund_within_minutes_is_one(provider: str) -> None:
    mock = MockProvider(provider)
    mock.add_fault("refund_late", seconds=120)
    assert failed(run(mock, ["credits"])[1]) == []


@pytest.mark.parametrize("provider", PAID)
def test_half_a_refund_is_wrong(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refund = Account.refund
    monkeypatch.setattr(Account, "refund", lambda self, amount: refund(self, amount / 2))
    assert failed(run(MockProvider(provider), ["credits"])[1]) == ["refund_wrong"]


@pytest.mark.parametrize("provider", PAID)
def test_a_refund_of_what_succeeded_is_wrong(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    add = Sandbox.add

    def generous(self: Sandbox, task: Any, now_ms: int) -> None:
        add(self, task, now_ms)
        task.sandbox._await(task, *_end(task, now_ms))

    monkeypatch.setattr(Sandbox, "add", generous)
    finish = Sandbox.finish

    def give_back(self: Sandbox, task: Any, phase: Any, at_ms: int) -> None:
        finish(self, task, phase, at_ms)
        if phase not in self._refund:
            self.account.refund(task.price)

    monkeypatch.setattr(Sandbox, "finish", give_back)
    assert "refund_wrong" in failed(run(MockProvider(provider), ["credits"])[1])


@pytest.mark.parametrize("provider", PAID)
def test_one_wrong_row_of_the_price_table_is_found(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = load(provider)
    dearest = max(
        (m for m in contract.models.values()), key=lambda m: max((p.credits for p in m.prices), default=Decimal(0))
    )
    rows = (*dearest.prices[:-1], replace(dearest.prices[-1], credits=dearest.prices[-1].credits + 1))
    price_of = pricing.price_of

    def wrong(contract: Any, model: Any, values: Any) -> Decimal | None:
        return price_of(contract, replace(model, prices=rows) if model.file == dearest.file else model, values)

    class Wrong:
        price_of = staticmethod(wrong)

    monkeypatch.setattr(service, "pricing", Wrong)
    _, results = run(MockProvider(provider), ["credits"])
    assert "charge_wrong" in failed(results)
    assert {finding.pointer for finding in results["charge_wrong"].findings} == {f"{dearest.file}#/x-mockreel/credits"}


@pytest.mark.parametrize("provider", PAID)
def test_who_cannot_pay_is_found_to_get_a_task(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Account, "can_pay", lambda self, amount: True)
    assert "insufficient_credits_accepted" in failed(run(MockProvider(provider), ["credits"])[1])


@pytest.mark.parametrize("provider", PAID)
def test_a_charge_for_what_is_refused_is_found(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:

    class Greedy:
        def __getattr__(self, name: str) -> Any:
            return getattr(gate, name)

        def body_of(self, contract: Any, call: Any) -> Any:
            try:
                return gate.body_of(contract, call)
            except service.Refusal:
                _charge(call)
                raise

    gate = service.gate
    mock = MockProvider(provider)
    books = mock.engine.services[provider]

    def _charge(call: Any) -> None:
        sandbox = books.sandboxes.setdefault(call.key, books.sandbox(call.key))
        sandbox.account.charge(Decimal(1))

    monkeypatch.setattr(service, "gate", Greedy())
    assert failed(run(mock, ["credits"])[1]) == ["charged_on_refusal"]


@pytest.mark.parametrize("provider", PAID)
def test_a_charge_for_looking_is_found(provider: str) -> None:
    mock = MockProvider(provider)
    books = mock.engine.services[provider]
    balance = books._balance

    def dear(call: Any) -> Any:
        answer = balance(call)
        books.sandboxes.setdefault(call.key, books.sandbox(call.key)).account.granted -= 1
        return answer

    books._roles["balance"] = dear
    assert "balance_moves_by_itself" in failed(run(mock, ["credits"])[1])
