"""What happened to an account between two readings of its balance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from mockreel.conformance.evidence import reading, tracing
from mockreel.conformance.evidence.tracing import Sight
from mockreel.conformance.exchange import Exchange, Record, Trial
from mockreel.domain import pricing
from mockreel.domain.document import reads_document, values_of
from mockreel_client.values import read
from mockreel_contracts import Contract, Operation, Phase


@dataclass(slots=True)
class Made:
    """A task that was made on an account. `price` is None where the contract has none."""

    exchange: Exchange
    trial: Trial | None
    price: Decimal | None


@dataclass(slots=True)
class Span:
    """What lies between two readings of one account: creates that were taken and refused, and ends that were seen.

    `open_before` are the tasks that had not been seen to end when the first reading was made; what becomes of them
    cannot be told from what else happens. `is_clear` is False where an answer was lost, so that nobody knows.
    """

    first: Exchange
    last: Exchange
    before: Decimal
    after: Decimal
    made: list[Made] = field(default_factory=list)
    refused: list[Exchange] = field(default_factory=list)
    ended: list[tuple[Made, Sight]] = field(default_factory=list)
    open_before: list[Made] = field(default_factory=list)
    is_clear: bool = True

    @property
    def change(self) -> Decimal:
        """What the balance has gained."""
        return self.after - self.before

    @property
    def unfinished(self) -> list[Made]:
        """The tasks from before whose end was not seen in this span either."""
        ended = {id(made) for made, _ in self.ended}
        return [made for made in self.open_before if id(made) not in ended]


AGAIN = "the balance once more"
"""The rule of the intent of a reading that replaces the one before it: a change may take a moment."""


def spans(record: Record) -> Iterator[Span]:
    """Give the spans of every account, in order."""
    if not record.contract.by_role("balance"):
        return
    for key in dict.fromkeys(exchange.key for exchange in record.exchanges):
        yield from _of_key(record, key)


def quiet(record: Record) -> Iterator[Span]:
    """Give the spans in which nothing unknown could touch the balance."""
    for span in spans(record):
        if span.is_clear and not any(_may_move(record, made) for made in span.unfinished):
            yield span


def _may_move(record: Record, made: Made) -> bool:
    """Whether the balance may move at an end of this task that was not seen."""
    if record.contract.credits.charge != "submit":
        return True
    return not (record.is_steered and made.trial is not None and made.trial.plan is Phase.SUCCEEDED)


def is_shared(span: Span) -> bool:
    """Whether somebody else may use the account: it is the user's, not one that the run has made up."""
    return span.first.key in ("own", "other")


def hint(span: Span) -> str:
    """Return what else may have moved the balance."""
    return "make sure that nobody else uses the account meanwhile" if is_shared(span) else ""


def _of_key(record: Record, key: str) -> Iterator[Span]:
    contract, trials = record.contract, {trial.number: trial for trial in record.trials}
    ends = {trial.number: tracing.end_of(record, trial) for trial in record.trials if trial.key == key}
    at = {sight.exchange.number: number for number, sight in ends.items() if sight is not None}
    open_tasks: list[Made] = []
    span: Span | None = None
    found: list[Span] = []
    made: list[Made] = []
    refused: list[Exchange] = []
    ended: list[tuple[Made, Sight]] = []
    is_clear, carried = True, list(open_tasks)
    start: tuple[Exchange, Decimal] | None = None
    for exchange in record.exchanges:
        if exchange.key != key or exchange.operation is None:
            continue
        role = exchange.operation.role
        if role == "submit":
            if exchange.problem or exchange.status >= 500:
                is_clear = is_clear and bool(exchange.intent.refusal) and not exchange.problem
                refused.append(exchange)
            elif reading.is_good(contract, exchange):
                task = trials.get(exchange.task) if exchange.task is not None else None
                made.append(Made(exchange, task, price_of(contract, exchange.operation, exchange.sent)))
                open_tasks.append(made[-1])
            else:
                refused.append(exchange)
        elif role == "balance":
            balance = balance_of(contract, exchange)
            if balance is None:
                continue
            if exchange.intent.rule == AGAIN and span is not None and not (made or refused or ended):
                span.last, span.after = exchange, balance
                start = exchange, balance
                continue
            if start is not None:
                span = Span(start[0], exchange, start[1], balance, made, refused, ended, carried, is_clear)
                found.append(span)
            start, made, refused, ended, is_clear = (exchange, balance), [], [], [], True
            carried = list(open_tasks)
        number = at.get(exchange.number)
        if number is not None:
            sight = ends[number]
            task_made = next((m for m in open_tasks if m.trial is not None and m.trial.number == number), None)
            if sight is not None and task_made is not None:
                ended.append((task_made, sight))
                open_tasks.remove(task_made)
    yield from found


def balance_of(contract: Contract, exchange: Exchange) -> Decimal | None:
    """Return the balance that an answer tells, None where it tells none."""
    if exchange.operation is None or not reading.is_good(contract, exchange):
        return None
    return amount(read(exchange.operation.answer.get("balance"), {"body": exchange.json}))


def amount(value: Any) -> Decimal | None:
    """Return a number of JSON, or one written as text, as an amount."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        made = Decimal(str(value))
    except InvalidOperation:
        return None
    return made if made.is_finite() else None


def price_of(contract: Contract, operation: Operation, content: bytes) -> Decimal | None:
    """Return what a create costs by the contract, None where it has no price."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    name = body.get(operation.discriminator, operation.default_model) if isinstance(body, dict) else None
    model = operation.models.get(name) if isinstance(name, str) else None
    if model is None:
        return None
    values = values_of(operation, reads_document(operation, body, model, {}, {}, {}))
    return pricing.price_of(contract, model, values)


def is_refunded(contract: Contract, names: frozenset[str]) -> bool | None:
    """Whether a task that ended in one of these states is paid back, None where that cannot be told."""
    told = {contract.lifecycle.states[name].phase in contract.credits.refund for name in names}
    return told.pop() if len(told) == 1 else None


def is_success(contract: Contract, names: frozenset[str]) -> bool:
    """Whether states mean success."""
    return tracing.phases(contract, names) == {Phase.SUCCEEDED}
