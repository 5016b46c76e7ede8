"""What users give where an API key or an amount of credits is meant."""

from __future__ import annotations

from decimal import Decimal

from mockreel.domain.masking import API_KEY

MOST_CREDITS = 10**12
MOST_DECIMALS = 12  # digits after the point: sums stay exact


def key_of(value: object) -> str:
    """Return an API key. Raises ValueError for what no call can have; the message does not repeat it."""
    if not isinstance(value, str) or not API_KEY.fullmatch(value):
        raise ValueError("an API key is 1 to 512 visible ASCII characters, without a scheme such as Bearer before it")
    return value


def credits_of(value: object) -> Decimal | None:
    """Return an amount of credits, None for "unlimited". Raises ValueError for anything else."""
    if value == "unlimited":
        return None
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= MOST_CREDITS or isinstance(value, bool):
        raise ValueError(f"credits are a number from 0 to {MOST_CREDITS:,}, or unlimited; got {value!r}")
    if amount and -int(amount.as_tuple().exponent) > MOST_DECIMALS:
        raise ValueError(f"credits have at most {MOST_DECIMALS} digits after the point; got {value!r:.100}")
    return amount or Decimal(0)  # which has no sign
