"""How often and how long to try again.

The waits are a flow's effects, so that one test clock rules them. Libraries of retries sleep or call back by
themselves, which a generator cannot hand on; what is left of them here is one formula.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retries:
    """At most `times` tries again of one call, all within `budget_s` seconds.

    The wait before the n-th is drawn evenly from 0 to `first_s` doubled n - 1 times, at most `most_s` ("full jitter",
    AWS Architecture Blog, 2015), and no less than the provider asks for in Retry-After; where that is longer than what
    is left of the budget, the error is raised at once, and says how long to wait.
    """

    times: int = 4
    first_s: float = 0.5
    most_s: float = 20.0
    budget_s: float = 60.0

    def __post_init__(self) -> None:
        """Raises ValueError for a number below 0."""
        for name in ("times", "first_s", "most_s", "budget_s"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
                raise ValueError(f"{name} is a number from 0; got {value!r}")
        if not isinstance(self.times, int):
            raise ValueError(f"times is a whole number; got {self.times!r}")

    def wait_s(self, number: int, retry_after_s: float | None, chance: Callable[[], float]) -> float:
        """Return how long to wait before try again `number` (from 1). `chance` gives numbers from 0 to 1."""
        jittered = chance() * min(self.most_s, self.first_s * 2.0 ** min(number - 1, 60))
        return jittered if retry_after_s is None else max(jittered, retry_after_s + min(jittered, 1.0))
