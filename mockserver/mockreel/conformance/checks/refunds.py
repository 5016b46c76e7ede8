"""Whether what comes to nothing is paid back, and exactly that."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from mockreel.conformance.check import check
from mockreel.conformance.checks.credits import CREDITS, NO_BALANCE, READERS
from mockreel.conformance.evidence import findings, money, tracing
from mockreel.conformance.evidence.money import Made, Span
from mockreel.conformance.exchange import Record
from mockreel.report import Finding


@check(
    layer="credits",
    why="A task that comes to nothing is paid back where the contract says so.",
    pointer=f"{CREDITS}/refund",
    needs="no task that is to be paid back was seen to end between two readings of the balance",
    probes=READERS,
    role="balance",
)
def refund_missing(record: Record) -> Iterator[Finding | None]:
    """After the end of a task that is to be paid back the balance is higher."""
    for span, made, phase in _refunds(record):
        if span.change != 0 or not made.price:
            yield None
            continue
        yield findings.of(
            record,
            span.last,
            f"a task that costs {made.price:f} credits ended as {phase}, and nothing was paid back",
            expected=f"{made.price:f} credits are paid back when a task ends as {phase}",
            cause="the refund is not made, or comes much later",
            pointer=f"{CREDITS}/refund",
            hint=money.hint(span),
            also=(made.exchange, span.first),
            fold=f"a task that ended as {phase} was not paid back",
        )


@check(
    layer="credits",
    why="What is paid back is what was paid.",
    pointer=f"{CREDITS}/refund",
    needs=NO_BALANCE,
    probes=READERS,
    role="balance",
)
def refund_wrong(record: Record) -> Iterator[Finding | None]:
    """After an end exactly the price is paid back, or nothing where the contract says nothing."""
    for span, made, phase in _refunds(record):
        if span.change == 0:
            continue
        if span.change == made.price:
            yield None
        else:
            yield _refunded_wrongly(record, span, made, phase, made.price or Decimal(0))
    for span, made in _ends(record):
        if (
            record.contract.credits.charge == "submit"
            and money.is_refunded(record.contract, span.ended[0][1].names) is False
        ):
            if span.change <= 0:
                yield None
            else:
                yield _refunded_wrongly(record, span, made, str(span.ended[0][1].seen.phase), Decimal(0))


def _ends(record: Record) -> Iterator[tuple[Span, Made]]:
    """Give the spans in which nothing happened but that one task ended."""
    for span in money.quiet(record):
        if len(span.ended) == 1 and not span.made and not span.refused:
            yield span, span.ended[0][0]


def _refunds(record: Record) -> Iterator[tuple[Span, Made, str]]:
    """Give the ends after which the contract pays back."""
    contract = record.contract
    for span, made in _ends(record):
        names = span.ended[0][1].names
        if contract.credits.charge == "submit" and made.price is not None and money.is_refunded(contract, names):
            yield span, made, " or ".join(sorted(tracing.phases(contract, names)))


def _refunded_wrongly(record: Record, span: Span, made: Made, phase: str, owed: Decimal) -> Finding:
    return findings.of(
        record,
        span.last,
        f"a task that costs {made.price:f} credits ended as {phase}, and {span.change:f} were paid back",
        expected=f"{owed:f} credits are paid back when a task ends as {phase}",
        cause="the refund is of another amount than the charge",
        pointer=f"{CREDITS}/refund",
        hint=money.hint(span),
        also=(made.exchange, span.first),
        fold=f"a task that ended as {phase} was paid back wrongly",
    )
