"""Whether the balance moves as the contract says, and only then. Each cause has a check of its own."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from mockreel.conformance.check import check
from mockreel.conformance.evidence import findings, money, reading
from mockreel.conformance.evidence.money import Made, Span
from mockreel.conformance.exchange import Record
from mockreel.report import Finding
from mockreel_contracts import Phase

CREDITS = "behavior.yaml#/credits"
READERS = ("credits", "lifecycle", "cancel")
"""The probes that read balances."""
NO_BALANCE = "the balance was not read around anything of the kind"


@check(
    layer="credits",
    why="A create that is refused costs nothing.",
    pointer=CREDITS,
    needs=NO_BALANCE,
    probes=READERS,
    role="balance",
)
def charged_on_refusal(record: Record) -> Iterator[Finding | None]:
    """Between two readings with nothing but refused creates between them the balance does not fall."""
    for span in money.quiet(record):
        if span.made or span.ended or not span.refused:
            continue
        if span.change >= 0:
            yield None
            continue
        shown = span.refused[-1]
        rule = shown.intent.rule or "something that is refused"
        one = f"a create with {rule} was" if len(span.refused) == 1 else f"{len(span.refused)} creates were"
        yield findings.of(
            record,
            shown,
            f"{one} refused, and {-span.change:f} credits were taken",
            expected="a refused create costs nothing",
            cause="the charge is made before the request is checked, and is not taken back",
            pointer=CREDITS,
            hint=money.hint(span),
            also=(span.first, span.last),
            fold="a create was refused and charged",
        )


@check(
    layer="credits",
    why="A task costs what the price table says.",
    pointer=f"{CREDITS}/prices",
    needs=NO_BALANCE,
    probes=READERS,
    role="balance",
)
def charge_wrong(record: Record) -> Iterator[Finding | None]:
    """A task that is made costs its price; where success is what is paid for, its success does."""
    for span, made, taken in _charges(record):
        price = made.price or Decimal(0)
        if taken == price:
            yield None
        elif not _is_twice(made, taken):
            yield findings.of(
                record,
                made.exchange,
                f"a task that costs {price:f} credits was charged {taken:f}",
                expected=f"{price:f} credits, charged on {record.contract.credits.charge}",
                cause="nothing is charged"
                if taken == 0
                else "a row of the price table is wrong, or another row was taken",
                pointer=_price_pointer(made),
                hint=money.hint(span),
                also=(span.first, span.last),
                fold=f"a task of {made.trial.model.file if made.trial else 'some model'} was charged wrongly",
            )


@check(
    layer="credits",
    why="A task is paid for once.",
    pointer=f"{CREDITS}/charge",
    needs=NO_BALANCE,
    probes=READERS,
    role="balance",
)
def charged_twice(record: Record) -> Iterator[Finding | None]:
    """A task that is made is not charged twice its price."""
    for span, made, taken in _charges(record):
        if not made.price:
            continue
        if not _is_twice(made, taken):
            yield None
            continue
        yield findings.of(
            record,
            made.exchange,
            f"a task that costs {made.price:f} credits was charged twice: {taken:f}",
            expected=f"{made.price:f} credits, charged once",
            cause="the charge is made twice",
            pointer=f"{CREDITS}/charge",
            hint=money.hint(span),
            also=(span.first, span.last),
            fold="a task was charged twice",
        )


@check(
    layer="credits",
    why="An answer tells what the task really cost.",
    pointer=CREDITS,
    needs=NO_BALANCE,
    probes=READERS,
    role="balance",
)
def credits_misreported(record: Record) -> Iterator[Finding | None]:
    """Where answers tell what a task costs, it is its price; what has not succeeded may have cost nothing."""
    for trial in record.trials:
        for exchange in ([trial.submit] if trial.submit else []) + record.looks(trial):
            seen = reading.seen(record.contract, exchange)
            if seen is None or trial.price is None or seen.credits is None:
                continue
            told = money.amount(seen.credits)
            is_final = exchange is trial.submit or seen.phase is Phase.SUCCEEDED
            if told == trial.price or (told == 0 and not is_final):
                yield None
                continue
            yield findings.of(
                record,
                exchange,
                f"an answer says that the task costs {seen.credits} credits, the price table {trial.price:f}",
                expected=f"{trial.price:f} credits",
                cause="what is told is not what is charged",
                pointer=f"{CREDITS}/prices",
                fold="an answer tells other credits than the price table",
            )


@check(
    layer="credits",
    why="Looking costs nothing, and neither does time.",
    pointer=CREDITS,
    needs="no account was the run's own",
    probes=READERS,
    role="balance",
)
def balance_moves_by_itself(record: Record) -> Iterator[Finding | None]:
    """Between two readings with nothing between them that costs or pays the balance stays."""
    for span in money.quiet(record):
        if span.made or span.refused or span.ended or (span.change and money.is_shared(span)):
            continue
        if span.change == 0:
            yield None
            continue
        yield findings.of(
            record,
            span.last,
            f"the balance changed by {span.change:f} credits though no task was made and none ended",
            expected="a balance moves when a task is made or ends",
            cause="queries are charged, a charge comes late, or accounts share a balance",
            pointer=CREDITS,
            also=(span.first,),
            fold="the balance moves by itself",
        )


@check(
    layer="credits",
    why="Who cannot pay gets no task.",
    pointer="behavior.yaml#/errors/insufficient_credits",
    needs="no account could be given too few credits; that takes a control",
    probes=("credits",),
)
def insufficient_credits_accepted(record: Record) -> Iterator[Finding | None]:
    """A create on an account with too few credits makes no task."""
    for exchange in record.exchanges:
        if exchange.intent.refusal != "insufficient_credits" or exchange.problem:
            continue
        if not reading.is_good(record.contract, exchange):
            yield None
            continue
        yield findings.of(
            record,
            exchange,
            f"a task was made on an account with {exchange.intent.rule}",
            cause="the balance is not looked at before a task is made, or the comparison is off by one",
            fold="a task was made on an account that cannot pay",
        )


def _charges(record: Record) -> Iterator[tuple[Span, Made, Decimal]]:
    """Give each charge that can be told: the span, the task, and what was taken."""
    is_at_submit = record.contract.credits.charge == "submit"
    for span in money.quiet(record):
        if is_at_submit and len(span.made) == 1 and not span.ended and not span.refused:
            if span.made[0].price is not None:
                yield span, span.made[0], -span.change
        elif not is_at_submit and len(span.ended) == 1 and not span.made:
            made, sight = span.ended[0]
            if made.price is not None and money.is_success(record.contract, sight.names):
                yield span, made, -span.change


def _is_twice(made: Made, taken: Decimal) -> bool:
    return bool(made.price) and made.price is not None and taken == 2 * made.price


def _price_pointer(made: Made) -> str:
    has_own = made.trial is not None and bool(made.trial.model.prices)
    return f"{made.trial.model.file}#/x-mockreel/credits" if has_own and made.trial else f"{CREDITS}/prices"
