"""Money: at every moment balance = granted - charged + refunded, and it is never negative."""

from __future__ import annotations

from decimal import Decimal

ZERO = Decimal(0)


class Account:
    """The credits of one API key. `held` is promised to tasks that are charged only when they succeed."""

    __slots__ = ("charged", "granted", "held", "is_unlimited", "refunded")

    def __init__(self, granted: Decimal, *, is_unlimited: bool = False) -> None:
        self.granted = granted
        self.charged = ZERO
        self.refunded = ZERO
        self.held = ZERO
        self.is_unlimited = is_unlimited

    @property
    def balance(self) -> Decimal:
        """What is left, promises not counted."""
        return self.granted - self.charged + self.refunded

    def can_pay(self, amount: Decimal) -> bool:
        """Whether `amount` can be charged or held."""
        return self.is_unlimited or self.balance - self.held >= amount

    def charge(self, amount: Decimal) -> None:
        """Take `amount`. An unlimited account is granted what it lacks. Raises ValueError when it is not there."""
        if not self.can_pay(amount):
            raise ValueError(f"cannot charge {amount}: {self.balance} left, {self.held} of it held")
        if self.is_unlimited and self.balance - self.held < amount:
            self.granted += amount - (self.balance - self.held)
        self.charged += amount

    def refund(self, amount: Decimal) -> None:
        """Give back `amount`. Raises ValueError for more than was charged."""
        if self.refunded + amount > self.charged:
            raise ValueError(f"cannot refund {amount}: {self.charged} charged, {self.refunded} refunded already")
        self.refunded += amount

    def set_balance(self, balance: Decimal) -> None:
        """Grant or take back, so that exactly `balance` is left."""
        self.granted += balance - self.balance


def plain(amount: Decimal) -> int | float:
    """Return an amount as JSON shows it: 70, not 70.0."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
