"""How a mock is set up: what its owner chooses, as opposed to what the contracts say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from mockreel.domain.faults.kind import FaultKind
from mockreel.domain.scenario import Pace, Scenario

DEFAULT_CREDITS = Decimal(10_000)
MOST_SEED_DIGITS = 100  # as many as a capsule holds
DEFAULT_SECRET = "mock-callback-secret"  # noqa: S105 - published, so that every receiver can check


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices of one mock.

    `speed` divides the durations of the contracts; `looks` is how many looks a task stays in each state under pace
    `polls`; `credits` is what a new API key starts with (None: unlimited); `limits` turns the contracts' rate and
    concurrency limits on; `errors` says where error codes go, against the contracts; `scenario` is for every task
    that asks for none; without `markers` none can ask: API keys, prompts and headers choose no outcome;
    `callback_secret` signs callbacks (None: those are not signed); `allow_hosts` may be called beside loopback.
    """

    seed: int = 0
    pace: Pace = Pace.TIME
    looks: int = 1
    speed: float = 1.0
    credits: Decimal | None = DEFAULT_CREDITS
    limits: bool = False
    errors: Literal["body", "http"] | None = None
    scenario: str | None = None
    markers: bool = True
    callback_secret: str | None = DEFAULT_SECRET
    allow_hosts: tuple[str, ...] = ()
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    faults: Mapping[str, FaultKind] = field(default_factory=dict)

    def faults_of(self, point: str) -> frozenset[str]:
        """Return the names of the faults that act at a point."""
        return frozenset(name for name, kind in self.faults.items() if kind.point == point)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pace", Pace(self.pace))
        if self.credits is not None:
            object.__setattr__(self, "credits", Decimal(str(self.credits)))
        if self.callback_secret == "":
            raise ValueError("a callback secret is at least one character long; None turns signing off")
        if not isinstance(self.seed, int) or isinstance(self.seed, bool) or abs(self.seed) >= 10**MOST_SEED_DIGITS:
            raise ValueError(f"seed is a whole number of at most {MOST_SEED_DIGITS} digits, got {self.seed!r:.60}")
        if not isinstance(self.speed, int | float) or not 1e-6 <= self.speed <= 1e6:
            raise ValueError(f"speed is a number above 0, from 0.000001 to 1000000, got {self.speed!r}")
        if self.errors not in (None, "body", "http"):
            raise ValueError(f"errors is body or http, got {self.errors!r}")
        if self.looks < 1:
            raise ValueError(f"looks is 1 or more, got {self.looks!r}")
        if self.credits is not None and self.credits < 0:
            raise ValueError(f"credits are 0 or more, got {self.credits!r}")
