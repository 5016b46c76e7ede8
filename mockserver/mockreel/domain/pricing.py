"""What a task costs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mockreel.domain.document import Lazy
from mockreel_contracts import Contract, Model


def price_of(contract: Contract, model: Model, values: Lazy) -> Decimal | None:
    """Return what a request costs: the first price row that fits, with its surcharges; None if none fits."""
    rows = (*model.prices, *contract.credits.prices)
    seen: Mapping[str, Any] = _Values(values, model.name)
    for row in rows:
        if row.rule.holds(seen):
            amount = row.credits * _seconds(values.get("duration_s")) if row.is_per_second else row.credits
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


def _seconds(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Decimal(5)
    return Decimal(str(value))
