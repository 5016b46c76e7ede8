"""Which scenarios a client is run against."""

from __future__ import annotations

from dataclasses import dataclass

from mockreel.domain.scenario import Scenario
from mockreel.scenarios import shipped
from mockreel_contracts import Contract


@dataclass(frozen=True, slots=True)
class Act:
    """A scenario that a client is run against. `limit_s` is how long it may take, in seconds of the contract."""

    name: str
    scenario: str
    callbacks: bool = False
    limit_s: float = 0.0

    def story(self, _contract: Contract) -> Scenario:
        """Return the scenario."""
        return shipped()[self.scenario]
