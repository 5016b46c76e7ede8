"""Requests that the contract accepts, varied by what its prices and its expiries look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from mockreel.conformance.bench import Bench
from mockreel.domain.document import reads_document, values_of
from mockreel_contracts import Operation, pointer
from mockreel_contracts.expressions import first_path
from mockreel_contracts.model import Rule

_SECONDS = (1, 4, 5, 8, 10)  # lengths that are tried where a price is by the second
_MOST_LEFT_OUT = 3  # fields that are left out to make room for what is asked for


def cheapest(bench: Bench) -> Any:
    """Return the plain request that costs least; one of unknown price only where there is no other.

    Discounts are not asked for: they come with waits.
    """
    return min(_candidates(bench, is_plain=True), key=lambda body: _order(bench.price(body)))


def priced(bench: Bench) -> list[tuple[Decimal, Any]]:
    """Return (price, request) for each different price of each model, the cheapest first."""
    found: dict[tuple[str, Decimal], Any] = {}
    for body in _candidates(bench):
        price = bench.price(body)
        if price is not None:
            found.setdefault((bench.model_of(body)[1].file, price), body)
    return sorted(((price, body) for (_, price), body in found.items()), key=lambda each: each[0])


def expiring(bench: Bench, index: int) -> Any | None:
    """Return a request whose task ends by the contract's expiry of this number, None where none is found."""
    expiries = bench.contract.lifecycle.expiries
    fitting = []
    for body in _candidates(bench):
        operation, model = bench.model_of(body)
        values = values_of(operation, reads_document(operation, body, model, {}, {}, {}))
        if next((i for i, expiry in enumerate(expiries) if expiry.rule.holds(values)), None) == index:
            fitting.append(body)
    return min(fitting, key=lambda body: _order(bench.price(body)), default=None)


def _candidates(bench: Bench, *, is_plain: bool = False) -> Iterator[Any]:
    contract = bench.contract
    for sample in bench.samples.values():
        operation, model = bench.model_of(sample)
        places = _places(bench, operation)
        rows: list[Rule] = [price.rule for price in (*model.prices, *contract.credits.prices)]
        adjusted = [each.rule for each in contract.credits.adjustments]
        adjusted += [each.rule for each in contract.lifecycle.expiries]
        if is_plain:
            rows = [row for row in rows if not any(row.when.items() & rule.when.items() for rule in adjusted)]
            adjusted = []
        wanted: list[Mapping[str, Any]] = [{}, *(rule.when for rule in (*rows, *adjusted))]
        wanted += [{**row.when, **other.when} for row in rows for other in adjusted]
        if "duration_s" in places:
            wanted += [{"duration_s": seconds} for seconds in _SECONDS]
        names = [name for name, other in operation.models.items() if other.file == model.file]
        for name in [model.name] if is_plain or bench.models else names:
            start = sample if name == model.name else {**sample, operation.discriminator: name}
            for values in wanted:
                body = _set(start, values, places, operation.models[name].schema)
                if body is not None:
                    yield body


def _set(start: Any, values: Mapping[str, Any], places: Mapping[str, tuple[str, ...]], schema: Any) -> Any | None:
    """Return `start` with values where the contract reads them, as the schema takes them; None where it cannot."""
    chosen = {places[name]: value for name, value in values.items() if name in places}
    for spell in (lambda value: value, str):
        body = start
        for keys, value in chosen.items():
            body = put(body, keys, spell(value))
        for _ in range(_MOST_LEFT_OUT):
            violations = [v for v in schema.violations(body) if v.pointer not in map(pointer.of, chosen)]
            if not violations:
                break
            with suppress(KeyError, ValueError):
                body = pointer.without(body, violations[0].pointer)
        if schema.is_valid(body):
            return body
    return None


def put(body: Any, keys: tuple[str, ...], value: Any) -> Any:
    """Return a body with a value at a place."""
    if not keys:
        return value
    inner = body.get(keys[0], {}) if isinstance(body, dict) else {}
    return {**body, keys[0]: put(inner, keys[1:], value)}


def _places(bench: Bench, operation: Operation) -> dict[str, tuple[str, ...]]:
    """Return where in a request the contract reads each value."""
    reads = bench.contract.behavior["operations"][operation.id].get("reads", {})
    found = {name: first_path(source, "body") for name, source in reads.items()}
    return {name: keys for name, keys in found.items() if keys and keys != (operation.discriminator,)}


def _order(price: Decimal | None) -> tuple[bool, Decimal]:
    return price is None, price or Decimal(0)
