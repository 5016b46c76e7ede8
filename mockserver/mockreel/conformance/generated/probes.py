"""The probes: what Schemathesis makes is judged by the contract, and sent where that costs nothing, or may cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any
from weakref import WeakKeyDictionary

import orjson

from mockreel.conformance.bench import Bench, TimeUp
from mockreel.conformance.budget import Withheld
from mockreel.conformance.control import ControlError
from mockreel.conformance.exchange import Exchange
from mockreel.conformance.generated.aim import Aim, aim
from mockreel.conformance.generated.alone import alone
from mockreel.conformance.generated.choosing import Aimed, chosen
from mockreel.conformance.generated.made import Made, bare
from mockreel.conformance.generated.sending import Sender

FREE = "generated"
PAID = "generated_paid"
FREE_CASES = 500  # requests of the free probe, without those that make a finding smaller
PAID_CASES = 60  # tasks of the paid one, without those by links
OWN_CASES = 10  # the same where there is only one account, whose credits others need, too
LINKED = 3  # tasks by links where credits are counted or there is only one account
SHARE = 0.3  # of the time that is left when a probe begins, the making of requests included
EACH = 2  # requests that try the same
SHRUNK = 5  # findings that are made smaller, by probe
MISSING = 'Schemathesis is not installed, so that nothing was generated; pip install "mockreel[testing]"'

_MADE: WeakKeyDictionary[Bench, list[Made]] = WeakKeyDictionary()


def probe(bench: Bench) -> None:
    """Send what the contract refuses, and what makes no task: neither costs anything where the contract is kept."""
    if not _is_installed(bench, FREE):
        return
    from mockreel.conformance.generated.quiet import quietly

    end_s = bench.time_left_s() * (1 - SHARE)
    with quietly():
        found = [one for one in _aimed(bench, FREE) if _is_free(one)]
        picked = chosen(found, _random(bench), each=EACH, most=FREE_CASES)
        sender = Sender(bench, FREE)
        _send(sender, picked, end_s)
        sender.close()


def probe_paid(bench: Bench) -> None:
    """Make tasks of what the contract accepts, the cheapest first, and follow the links of the document from them."""
    if not _is_installed(bench, PAID):
        return
    bench.budget.check(min((price for price in map(bench.price, bench.samples.values()) if price), default=None))
    from mockreel.conformance.generated.quiet import quietly

    end_s = bench.time_left_s() * (1 - SHARE)
    with quietly():
        found = [one for one in _aimed(bench, PAID) if _makes_a_task(one)]
        picked = chosen(found, _random(bench), each=EACH, most=PAID_CASES if bench.keys.can_mint else OWN_CASES)
        picked.sort(key=lambda one: (bench.price(one[1].body) is None, bench.price(one[1].body) or 0))
        sender = Sender(bench, PAID)
        _follow(bench, sender)
        _send(sender, picked, end_s)


def _aimed(bench: Bench, probe: str) -> list[Aimed]:
    """Return everything that was made, with what the contract wants of it."""
    from mockreel.conformance.generated.cases import cases

    if bench not in _MADE:
        _MADE[bench] = list(cases(bench.contract, bench.seed, bench.time_left_s))
    found: dict[Any, Aimed] = {}
    for made in _MADE[bench]:
        one = _of_chosen_model(bench, made, aim(bench.contract, made, probe))
        for each in () if one is None else (one, *_alone(bench, one)):
            found.setdefault(each[0].same, each)
    return list(found.values())


def _alone(bench: Bench, one: Aimed) -> Iterator[Aimed]:
    """Give what is wrong with a body one by one, each in a body that is otherwise accepted."""
    made, aimed = one
    if aimed.model is None or aimed.intent.kind != "refuse":
        return
    good = bare(bench.contract, made.operation, bench.samples[aimed.model.name])
    for body in alone(aimed.model.schema, aimed.body, good):
        other = replace(made, content=orjson.dumps(body))
        yield other, aim(bench.contract, other, aimed.intent.probe)


def _of_chosen_model(bench: Bench, made: Made, aimed: Aim) -> Aimed | None:
    """Return a request for a model that the run is about: another that has the same schema; None where none has."""
    model, samples = aimed.model, bench.samples
    if model is None or model.name in samples:
        return made, aimed
    name = next((name for name in samples if bench.contract.models[name].file == model.file), None)
    if name is None:
        return None
    body = {**aimed.body, made.operation.discriminator: name}
    other = replace(made, content=orjson.dumps(body))
    return other, aim(bench.contract, other, aimed.intent.probe)


def _is_free(one: Aimed) -> bool:
    made, aimed = one
    return aimed.intent.kind == "refuse" if made.operation.role == "submit" else True


def _makes_a_task(one: Aimed) -> bool:
    made, aimed = one
    return made.operation.role == "submit" and aimed.intent.kind == "accept"


def _send(sender: Sender, picked: Sequence[Aimed], end_s: float) -> None:
    """Send requests as long as more than `end_s` of the run is left, and make what is answered wrongly smaller."""
    contract = sender.bench.contract
    shrunk: set[tuple[str, ...]] = set()
    for sent, (made, aimed) in enumerate(picked):
        if sender.bench.time_left_s() < end_s:
            why = f"{sent} of {len(picked)} requests were sent, for others need time, too; give --max-time more"
            sender.bench.record.miss(sender.probe, why)
            return
        exchange = sender.send(made, aimed)
        if exchange is None or made.operation.role != "submit" or aimed.model is None or len(shrunk) >= SHRUNK:
            continue
        from mockreel.conformance.generated.smallest import shrink, symptom

        wrong = symptom(contract, exchange)
        what = (wrong, made.operation.id, aimed.intent.rule, aimed.intent.axis)
        if wrong and what not in shrunk:
            shrunk.add(what)
            shrink(sender, made, aimed, wrong)


def _follow(bench: Bench, sender: Sender) -> None:
    """Follow the links, within the number of calls that they have."""
    from mockreel.conformance.generated.cases import document
    from mockreel.conformance.generated.links import follow
    from mockreel.conformance.generated.quiet import Stop

    is_dear = bench.budget.limit is not None or not bench.keys.can_mint

    def send(made: Made) -> Exchange | None:
        aimed = aim(bench.contract, made, PAID, known=frozenset(sender.trials))
        one = _of_chosen_model(bench, made, aimed)
        is_enough = is_dear and _makes_a_task((made, aimed)) and len(sender.trials) >= LINKED
        if one is None or is_enough or (made.operation.role == "submit" and aimed.intent.kind == "any"):
            return None
        try:
            return sender.send(*one)
        except (TimeUp, Withheld, ControlError) as reason:
            raise Stop(reason) from None

    follow(bench.contract, document(bench.contract), bench.seed, send)


def _random(bench: Bench) -> Random:
    return Random(bench.seed)  # noqa: S311 - what is chosen is no secret


def _is_installed(bench: Bench, probe: str) -> bool:
    from importlib.util import find_spec

    if find_spec("schemathesis") is not None and find_spec("hypothesis") is not None:
        return True
    bench.record.miss(probe, MISSING)
    return False
