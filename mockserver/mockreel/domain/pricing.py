"""What a task costs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from mockreel.domain.document import Lazy
from mockreel_contracts import Contract, Model


def price_of(contract: Contract, model: Model, values: Lazy) -> Decimal | None:
    """Return what a request costs: the first price row that fits, with its surcharges; None if none fits."""
    rows = (*model.prices, *contract.credits.prices)
    seen: Mapping[str, Any] = _Values(values, model.name)
    for row in rows:
        if row.rule.holds(seen):
            amount = _by_second(row.credits, values.get("duration_s")) if row.is_per_second else row.credits
            for adjustment in contract.credits.adjustments:
                if adjustment.rule.holds(seen):
                    amount = amount * adjustment.times + adjustment.plus
            return amount
    return None


class _Values(dict[str, Any]):
    """The values that rules look at, with the model's name among them."""

    def __init__(self, values: Lazy, model: str) -> None:
        super().__init__()
        self._values = values
        self._model = model

    def get(self, key: str, default: Any = None) -> Any:
        return self._model if key == "model" else self._values.get(key, default)


def _by_second(credits: Decimal, duration_s: Any) -> Decimal:
    if isinstance(duration_s, bool) or not isinstance(duration_s, int | float):
        return _product(credits, 5)
    return _product(credits, duration_s)


@lru_cache(maxsize=1024, typed=True)  # tasks of the same price share it: 100 bytes each
def _product(credits: Decimal, seconds: float) -> Decimal:
    return credits * Decimal(str(seconds))
