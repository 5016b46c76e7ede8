"""What tasks cost: balances are read at quiet moments, on accounts of their own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mockreel.conformance import watching
from mockreel.conformance.bench import Bench
from mockreel.conformance.evidence.money import AGAIN, balance_of
from mockreel.conformance.exchange import Intent
from mockreel.conformance.making import bodies
from mockreel_contracts import Phase

NAME = "credits"
POINTER = "behavior.yaml#/credits"
INTENT = Intent(NAME, "accept", pointer=POINTER)
LOOK = Intent(NAME, pointer=POINTER)
READ_AGAIN = Intent(NAME, rule=AGAIN, pointer=POINTER)
_MOST = 100  # prices that are tried
_MOST_UNSTEERED = 4
_MOST_WAITS = 8  # for a balance that should change
_SPARE = Decimal(1000)


def probe(bench: Bench) -> None:
    """Read the balance before and after whatever costs something, or should not."""
    _poor(bench)
    if not bench.contract.by_role("balance"):
        return
    _refused(bench)
    _ends(bench)
    _prices(bench)


def _refused(bench: Bench) -> None:
    """Creates that are refused, one by one."""
    operation = bench.contract.by_role("submit")[0]
    body, key = bodies.cheapest(bench), bench.role("credits-refused")
    bench.balance(LOOK, key=key)
    bench.balance(LOOK, key=key)

    def refuse(kind: str, rule: str, **sent: Any) -> None:
        case = bench.contract.refusal(kind, operation, "required" if kind == "invalid" else "")
        bench.call(operation, Intent(NAME, "refuse", kind, case.id, rule, pointer=POINTER), key=key, **sent)
        bench.balance(LOOK, key=key)

    refuse("malformed", "a body that is no JSON", raw=b"{")
    if operation.discriminator:
        refuse("unknown_model", "a model that nobody has", body={**body, operation.discriminator: "mockreel/no-model"})
    for name in body:
        rest = {other: value for other, value in body.items() if other != name}
        _, model = bench.model_of(body)
        if name != operation.discriminator and [v.keyword for v in model.schema.violations(rest)] == ["required"]:
            refuse("invalid", f"a body without {name}", body=rest)
    if bench.has_control:
        for case in bench.contract.errors.values():
            if "submit" in case.stages and not case.billed:
                intent = Intent(NAME, "refuse", "error", case.id, f"the error {case.id}", pointer=POINTER)
                bench.call(operation, intent, body=body, key=key, headers=bench.fault(case.id))
        bench.balance(LOOK, key=key)


def _poor(bench: Bench) -> None:
    """Accounts that cannot pay: one with nothing, one with almost enough."""
    body = bodies.cheapest(bench)
    price = bench.price(body)
    if not bench.has_control or not bench.keys.can_mint or price is None or price <= 0:
        bench.record.miss(NAME, "no account could be given too few credits")
        return
    operation, _ = bench.model_of(body)
    case = bench.contract.refusal("insufficient_credits", operation)
    for key, left in (("credits-none", Decimal(0)), ("credits-few", price - min(Decimal(1), price / 2))):
        bench.control.set_credits(bench.key(key), float(left))
        bench.balance(LOOK, key=key)
        rule = f"{left:f} credits, and a task that costs {price:f}"
        intent = Intent(
            NAME, "refuse", "insufficient_credits", case.id, rule, pointer=f"behavior.yaml#/errors/{case.id}"
        )
        bench.call(operation, intent, body=body, key=key)
        bench.balance(LOOK, key=key)


def _ends(bench: Bench) -> None:
    """Tasks that succeed and that fail, each on an account of its own."""
    if not bench.has_control:
        return
    body = bodies.cheapest(bench)
    plans = [("fast", Phase.SUCCEEDED), ("generation_failed", Phase.FAILED)]
    trials = []
    for scenario, plan in plans:
        key = bench.role(f"credits-{plan}")
        bench.balance(LOOK, key=key)
        trials.append(bench.submit(body, INTENT, key=key, plan=plan, scenario=scenario))
        bench.balance(LOOK, key=key)
    watching.watch(bench, trials, LOOK)
    for trial in trials:
        trial.is_over = True
        settle(bench, trial.key, expects=trial.plan in bench.contract.credits.refund)


def settle(bench: Bench, key: str, *, expects: bool) -> None:
    """Read a balance after a task's end, again for a while where it is expected to change."""
    if not bench.contract.by_role("balance"):
        return
    known = [e for e in bench.record.exchanges if e.key == key and balance_of(bench.contract, e) is not None]
    before = balance_of(bench.contract, known[-1]) if known else None
    exchange = bench.balance(LOOK, key=key)
    for turn in range(_MOST_WAITS if expects else 0):
        if exchange is None or balance_of(bench.contract, exchange) != before:
            break
        bench.wait((30 if bench.control.is_manual else 0.05) * (turn + 1))
        exchange = bench.balance(READ_AGAIN, key=key)
    bench.balance(LOOK, key=key)


def _prices(bench: Bench) -> None:
    """Tasks of many prices, one after the other, so that each charge can be told."""
    found = bodies.priced(bench)
    if not found:
        return
    if not bench.has_control:
        limit = bench.budget.limit
        found = found[:_MOST_UNSTEERED] if limit is not None and limit > 0 else []
    found = found[:: -(-len(found) // _MOST)] if found else []
    key = bench.role("credits-prices")
    if bench.has_control and key != "own":
        bench.control.set_credits(bench.key(key), float(sum((price for price, _ in found), _SPARE)))
    bench.balance(LOOK, key=key)
    for _, body in found:
        trial = bench.submit(body, INTENT, key=key, plan=Phase.SUCCEEDED, scenario="fast")
        bench.balance(LOOK, key=key)
        if trial.task_id and bench.contract.credits.charge == "success":
            watching.watch(bench, [trial], LOOK)
            bench.balance(LOOK, key=key)
