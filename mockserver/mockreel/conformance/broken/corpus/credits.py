"""Servers that take, give back or tell of other amounts than the contract has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from mockreel.conformance.broken.broken import Believe, Broken, Drawn, Hear
from mockreel.conformance.broken.turns import armed, hear, refused
from mockreel.conformance.broken.visit import Memory, Visit
from mockreel.domain.ledger import Account
from mockreel.domain.messages import Answer, Request
from mockreel_contracts import Phase
from mockreel_contracts.model import Adjustment, Credits, Rule


def broken() -> Iterator[Broken]:
    """Yield each."""
    yield Broken(
        "refusals_cost",
        "a create that is refused is charged",
        "charged_on_refusal",
        needs=("balance",),
        say=_charge_refused,
    )
    for name, breaks, times, plus in (
        ("price_doubled", "a task costs twice what the contract says", 2, 0),
        ("price_halved", "a task costs half of what the contract says", Decimal("0.5"), 0),
        ("price_plus_one", "a task costs one credit more than the contract says", 1, 1),
    ):
        yield Broken(name, breaks, "charge_wrong", needs=("balance",), believe=_priced(times, plus))
    yield Broken(
        "nothing_charged",
        "a task costs nothing",
        "charge_wrong",
        needs=("balance",),
        believe=_priced(0, 0),
    )
    yield Broken(
        "charged_twice",
        "a task is charged twice",
        "charged_twice",
        needs=("balance",),
        arm=armed("charged_twice"),
    )
    yield Broken(
        "no_refund",
        "a task that comes to nothing is not paid back",
        "refund_missing",
        needs=("balance", "refund"),
        arm=armed("refund_missing"),
    )
    yield Broken(
        "refund_halved",
        "a task that comes to nothing is paid back by half",
        "refund_wrong",
        needs=("balance", "refund"),
        hear=_on_refund(lambda amount: -amount / 2),
    )
    yield Broken(
        "refund_doubled",
        "a task that comes to nothing is paid back twice",
        "refund_wrong",
        needs=("balance", "refund"),
        hear=_on_refund(lambda amount: amount),
    )
    yield Broken(
        "success_paid_back",
        "a task that has succeeded is paid back",
        "refund_wrong",
        needs=("balance", "refund"),
        believe=_credits(lambda credits: replace(credits, refund=(*credits.refund, Phase.SUCCEEDED))),
    )
    yield Broken(
        "credits_told_wrong",
        "a query tells of one credit more than the task has cost",
        "credits_misreported",
        needs=("told credits",),
        draw={"query": _more},
    )
    yield Broken(
        "looks_cost",
        "each look at the balance costs a credit",
        "balance_moves_by_itself",
        needs=("balance",),
        hear=hear(("balance",), _take_one),
    )
    yield Broken(
        "credit_without_end",
        "a task is made that the account cannot pay",
        "insufficient_credits_accepted",
        hear=hear(("submit",), _lend),
    )


def _credits(change: Callable[[Credits], Credits]) -> Believe:
    return lambda contract: replace(contract, credits=change(contract.credits))


def _priced(times: Decimal | int, plus: int) -> Believe:
    """Return a belief in other prices; applied last, as an adjustment for all."""
    more = Adjustment(Rule({}), Decimal(plus), Decimal(times))
    return _credits(lambda credits: replace(credits, adjustments=(*credits.adjustments, more)))


def _charge_refused(visit: Visit, answer: Answer) -> Answer:
    if refused("submit")(visit, answer) and visit.key and isinstance(visit.body, dict):
        account = visit.sandbox.account
        if account.can_pay(Decimal(1)):
            account.charge(Decimal(1))
    return answer


def _on_refund(more: Callable[[Decimal], Decimal]) -> Hear:
    """Return what corrects a refund by an amount as soon as it is made."""

    def change(visit: Visit, request: Request) -> Request:
        for key, sandbox in visit.service.sandboxes.items():
            sandbox.settle(visit.now_ms)
            account: Account = sandbox.account
            known = visit.memory.get(key, Decimal(0))
            if account.refunded > known:
                account.granted += more(account.refunded - known)
            visit.memory[key] = account.refunded
        return request

    return change


def _more(task: Drawn, _memory: Memory) -> None:
    task["credits"] = (task.get("credits") or 0) + 1


def _take_one(visit: Visit, request: Request) -> Request:
    if visit.key:
        visit.sandbox.account.granted -= 1
    return request


def _lend(visit: Visit, request: Request) -> Request:
    if visit.key:
        visit.sandbox.account.is_unlimited = True
    return request
