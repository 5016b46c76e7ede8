"""What a run may spend, and what it has."""

from __future__ import annotations

from decimal import Decimal


class Withheld(Exception):  # noqa: N818 - a decision, not a mistake of the program
    """A request is not sent, for it may cost more than is left."""


class Budget:
    """Credits that may be spent; with `limit` None, as many as it takes."""

    def __init__(self, limit: Decimal | None) -> None:
        self.limit = limit
        self.spent = Decimal(0)
        self._is_closed = ""

    def check(self, price: Decimal | None) -> None:
        """Raise Withheld unless a task of this price (None: unknown) may be made."""
        if self._is_closed:
            raise Withheld(self._is_closed)
        if self.limit is None:
            return
        if price is None:
            raise Withheld("the contract has no price for the task, so it might cost more than the budget")
        if self.spent + price > self.limit:
            left = self.limit - self.spent
            raise Withheld(
                f"the task costs {_short(price)} credits and {_short(left)} of the budget are left; give --budget more"
            )

    def spend(self, price: Decimal | None) -> None:
        """Note that a task was made. One made against the contract beyond the limit ends all spending."""
        self.spent += price or 0
        if self.limit is not None and (price is None or self.spent > self.limit):
            self._is_closed = "a request that should have been refused made a task beyond the budget; no more are sent"


def _short(amount: Decimal) -> str:
    """Return an amount without zeros at its end: 14, 2.5."""
    return f"{amount.normalize():f}"
