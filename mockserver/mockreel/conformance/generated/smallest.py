"""A smaller request that shows the same: Hypothesis shrinks, the server is asked again."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from mockreel.conformance.bench import TimeUp
from mockreel.conformance.budget import Withheld
from mockreel.conformance.control import ControlError
from mockreel.conformance.evidence import reading
from mockreel.conformance.exchange import Exchange
from mockreel.conformance.generated.aim import Aim, aim
from mockreel.conformance.generated.made import Made, made
from mockreel.conformance.generated.quiet import Stop, settings
from mockreel.conformance.generated.sending import Sender
from mockreel_contracts import Contract, pointer

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

MOST = 100  # requests for one finding
_TRIES = 300  # candidates, most of which are never sent
_PASSING = ("rate_limited", "maintenance", "insufficient_credits")  # say nothing about the request


def symptom(contract: Contract, exchange: Exchange) -> str:
    """Return what is wrong with an answer in one word, "" for nothing. Only to know it again: the checks judge."""
    if exchange.problem:
        return ""
    if exchange.operation is not None:
        found = reading.body_schema(contract, exchange.operation, exchange.status)
        if found is not None and not found[1].is_valid(exchange.json):
            return "schema"
    is_good = reading.is_good(contract, exchange)
    if exchange.intent.kind == "refuse":
        return "accepted" if is_good else ""
    if exchange.intent.kind == "accept" and not is_good:
        cases = reading.cases_of(contract, exchange)
        return "" if any(case.like in _PASSING for case in cases) else "refused"
    return ""


def shrink(sender: Sender, sent: Made, aimed: Aim, wrong: str) -> None:
    """Look for smaller bodies with the same aim that are answered as wrongly; all of them are in the record.

    Raises Stop with TimeUp. What the budget does not allow the server to take by mistake is not sent.
    """
    from hypothesis import find
    from hypothesis.errors import HypothesisException

    bench, contract = sender.bench, sender.bench.contract
    price = bench.price(next(iter(bench.samples.values()), None) if aimed.body is None else aimed.body)
    known: dict[bytes, bool] = {}
    largest = len(sent.content or b"")

    def is_as_wrong(body: Any) -> bool:
        one = made(contract, sent.operation, "/" if not sent.path else sent.operation.path, body, sent.about)
        if one is None or one.content is None or len(one.content) >= largest:
            return False
        if one.content not in known:
            if len(known) >= MOST:
                return False
            again = aim(contract, one, sender.probe)
            if not _is_same(again, aimed):
                return False
            known[one.content] = False
            try:
                bench.budget.check(price)  # what it costs if the server is as wrong again
                exchange = sender.send(one, again)
            except Withheld:
                return False
            except (TimeUp, ControlError) as reason:
                raise Stop(reason) from None
            known[one.content] = exchange is not None and symptom(contract, exchange) == wrong
        return known[one.content]

    try:
        find(
            _candidates(contract, aimed),
            is_as_wrong,
            settings=settings(_TRIES, phases=_phases()),
            random=Random(bench.seed),  # noqa: S311 - what is tried is no secret
        )
    except HypothesisException:
        return  # no smaller one was found


def _is_same(one: Aim, other: Aim) -> bool:
    return (one.model, one.intent) == (other.model, other.intent)


def _phases() -> tuple[Any, ...]:
    from hypothesis import Phase

    return Phase.generate, Phase.shrink


def _candidates(contract: Contract, aimed: Aim) -> SearchStrategy[Any]:
    """Return bodies that may show the same: those that break the same rule alone, or the sent one with less in it."""
    from hypothesis import strategies

    from mockreel.strategies import invalid_requests, rules

    thinned = _thinned(aimed.body)
    if aimed.model is None or aimed.intent.kind != "refuse":
        return thinned
    for rule in rules(contract, aimed.model.name):
        if str(rule) == aimed.intent.rule:
            alone = invalid_requests(contract, aimed.model.name, rule=rule)
            return strategies.one_of(alone.map(lambda found: found.body), thinned)
    return thinned


def _thinned(body: Any) -> SearchStrategy[Any]:
    """Return `body` without any choice of its fields and items."""
    from hypothesis import strategies

    places = list(_places(body, ""))

    def without(kept: list[bool]) -> Any:
        thin = body
        for at, is_kept in reversed(list(zip(places, kept, strict=True))):
            if not is_kept:
                thin = pointer.without(thin, at)
        return thin

    return strategies.tuples(*(strategies.booleans() for _ in places)).map(lambda kept: without(list(kept)))


def _places(value: Any, at: str) -> Any:
    """Give the pointers of all fields and items, each after what it stands in."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        place = pointer.join(at, str(key))
        yield place
        yield from _places(item, place)
