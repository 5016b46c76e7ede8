"""Whether what the contract refuses is refused, and what it accepts accepted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mockreel.conformance.check import check
from mockreel.conformance.evidence import blame, causes, findings, reading
from mockreel.conformance.exchange import Exchange, Record
from mockreel.report import Finding


def _wanted_refused(record: Record, kinds: Sequence[str]) -> Iterator[tuple[Exchange, bool]]:
    """Go through the answered requests that were to be refused for one of these reasons, and whether they were not."""
    for exchange in record.exchanges:
        intent = exchange.intent
        if intent.kind == "refuse" and intent.refusal in kinds and not exchange.problem:
            yield exchange, reading.is_good(record.contract, exchange)


@check(
    layer="refusals",
    why="What the contract's schema forbids is refused before it costs anything.",
    pointer="openapi.yaml#/paths",
    probes=("rules", "refusals"),
)
def invalid_accepted(record: Record) -> Iterator[Finding | None]:
    """No request is accepted that breaks a rule of its schema."""
    for exchange, is_accepted in _wanted_refused(record, ("invalid",)):
        if not is_accepted:
            yield None
            continue
        cause = causes.of_accepted(record, exchange)
        how = f" ({exchange.intent.axis})" if exchange.intent.axis else ""
        yield findings.of(
            record,
            exchange,
            f"a request is accepted that breaks {exchange.intent.rule}{how}",
            cause=cause,
            fold=f"{exchange.intent.pointer} {exchange.intent.rule}",
        )


@check(
    layer="refusals",
    why="What is no JSON object, or too large, cannot be a request.",
    pointer="openapi.yaml#/paths",
    probes=("refusals",),
)
def malformed_accepted(record: Record) -> Iterator[Finding | None]:
    """No body is accepted that cannot be read."""
    for exchange, is_accepted in _wanted_refused(record, ("malformed", "too_large")):
        cause = "the size of the body is not looked at"
        if exchange.intent.refusal == "malformed":
            cause = "the body is not read, or what cannot be read counts as empty"
        yield _taken(record, exchange, f"a call with {exchange.intent.rule}", cause) if is_accepted else None


@check(
    layer="refusals",
    why="A model that is not there makes no task.",
    pointer="behavior.yaml#/refusals",
    probes=("refusals",),
)
def unknown_model_accepted(record: Record) -> Iterator[Finding | None]:
    """No task is made for a model that the contract does not have."""
    for exchange, is_accepted in _wanted_refused(record, ("unknown_model",)):
        cause = "the name of the model is not looked at, or another model is taken instead"
        yield _taken(record, exchange, f"a request for {exchange.intent.rule}", cause) if is_accepted else None


@check(
    layer="refusals",
    why="Who asks for a task that was never made must be told so.",
    pointer="behavior.yaml#/refusals",
    probes=("refusals",),
)
def unknown_task_found(record: Record) -> Iterator[Finding | None]:
    """Nothing is answered for a task, or for a result, that there is not."""
    for exchange, is_accepted in _wanted_refused(record, ("unknown_task", "foreign_url")):
        if exchange.task is not None:  # one that was made, by somebody else
            continue
        cause = "the id is not looked up, or an empty task is answered for one that is not found"
        yield _taken(record, exchange, f"a call with {exchange.intent.rule}", cause) if is_accepted else None


@check(
    layer="refusals",
    why="A path that the API does not have must not look like one that it has.",
    pointer="behavior.yaml#/refusals",
    probes=("refusals",),
)
def unknown_route_answered(record: Record) -> Iterator[Finding | None]:
    """No path is answered that the document does not have."""
    for exchange, is_accepted in _wanted_refused(record, ("unknown_route",)):
        cause = "every path is answered, as by the catch-all route of a web page"
        yield _taken(record, exchange, exchange.intent.rule, cause) if is_accepted else None


@check(
    layer="refusals",
    why="A method that an operation does not have must do nothing.",
    pointer="behavior.yaml#/refusals",
    probes=("refusals",),
)
def wrong_method_answered(record: Record) -> Iterator[Finding | None]:
    """No path is answered to a method that the document does not give it."""
    for exchange, is_accepted in _wanted_refused(record, ("wrong_method",)):
        yield _taken(record, exchange, exchange.intent.rule, "the method is not looked at") if is_accepted else None


@check(
    layer="refusals",
    why="What the contract allows must be possible, up to its bounds.",
    pointer="openapi.yaml#/paths",
    needs="no request was sent that must be accepted; tasks cost credits: give --budget",
    probes=("edges",),
)
def valid_refused(record: Record) -> Iterator[Finding | None]:
    """Every request is accepted that keeps the contract; what is refused for lack of credits is not judged."""
    good = blame.good_keys(record)
    for exchange in record.exchanges:
        intent, operation = exchange.intent, exchange.operation
        if intent.kind != "accept" or operation is None or not (operation.role == "submit" or intent.axis):
            continue
        if exchange.problem or blame.is_asked_for(exchange):
            continue
        if reading.is_good(record.contract, exchange):
            yield None
        elif 200 <= exchange.status < 300 and exchange.json is None:
            continue  # `answer_not_json` tells
        elif not (
            blame.is_passing(record, exchange)
            or blame.is_internal(record, exchange)
            or (exchange.key not in good and blame.is_shut_out(record, exchange))
        ):
            where = f" at the edge of {intent.axis}" if intent.axis else ""
            if intent.axis and causes.is_told_alone(record, exchange):
                continue  # each of its edges was tried by itself
            yield findings.of(
                record,
                exchange,
                f"a request that the contract accepts{where} is refused",
                cause=causes.of_refused(exchange),
                fold=f"{intent.pointer} {intent.axis}",
            )


def _taken(record: Record, exchange: Exchange, what: str, cause: str) -> Finding:
    return findings.of(record, exchange, f"{what} is answered as if all were well", cause=cause)
