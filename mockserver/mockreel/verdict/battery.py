"""The scenarios that a client is played through, as data (battery.yaml)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

from mockreel import scenarios
from mockreel.domain.faults.kind import CASES
from mockreel.domain.scenario import Scenario
from mockreel.verdict.checks import BY_ID
from mockreel_contracts import Contract
from mockreel_contracts.near import near

FILE = Path(__file__).parent / "battery.yaml"
LIMIT_S = 600.0
Ends = Literal["success", "failure", "either"]


@dataclass(frozen=True, slots=True)
class Act:
    """One entry of the battery: a scenario (or an error case), the checks it is for, and how a careful client may end.

    `limit_s` is how long a client has, in seconds of the contract: divide it by the speed. With `callbacks` the client
    takes part with a receiver.
    """

    name: str
    scenario: str
    decides: tuple[str, ...] = ()
    ends: Ends = "either"
    callbacks: bool = False
    limit_s: float = LIMIT_S

    def story(self, contract: Contract) -> Scenario:
        """Return the scenario; of an error case, one that says so. Raises ValueError for what is neither."""
        found = scenarios.shipped().get(self.scenario)
        if found is not None:
            return found
        case = contract.find_error(self.scenario)
        if case is None:
            raise ValueError(f"{contract.provider} has neither a scenario nor an error case {self.scenario!r}")
        return Scenario(self.scenario, f"Every create is refused with {case.id}.", error=case.id)


@lru_cache
def battery() -> tuple[Act, ...]:
    """Return every entry, in order."""
    entries = yaml.safe_load(FILE.read_text("utf-8"))
    return tuple(_act(name, entry) for name, entry in entries.items())


def acts_for(contract: Contract, *, callbacks: bool = False, names: Sequence[str] = ()) -> tuple[Act, ...]:
    """Return what a client of a provider can be played through: all, or those that are named, in the order named.

    A name that is no entry is a scenario or an error case of its own. Without `callbacks`, and for providers that call
    nobody back, entries that need a receiver are left out. Raises ValueError for a name that is not known.
    """
    known = {act.name: act for act in battery()}
    if not names:
        can_call = callbacks and contract.callback is not None
        return tuple(act for act in battery() if (can_call or not act.callbacks) and _can_be_played(act, contract))
    chosen = [known.get(name) or Act(name, name) for name in names]
    for act in chosen:
        if act.scenario not in scenarios.shipped() and contract.find_error(act.scenario) is None:
            alike = near(act.scenario, [*known, *scenarios.shipped(), *contract.errors], most=1)
            hint = f"did you mean {alike[0]}?" if alike else f"there are {', '.join(known)}"
            raise ValueError(f"no scenario {act.scenario!r}; {hint}")
    return tuple(chosen)


def _can_be_played(act: Act, contract: Contract) -> bool:
    """Whether a provider has the errors that an entry is made of."""
    story = scenarios.shipped().get(act.scenario)
    if story is None:
        return contract.find_error(act.scenario) is not None
    words = [rule.effects.get(effect) for rule in story.faults for effect in CASES]
    return all(contract.find_error(word) is not None for word in words if isinstance(word, str))


def acts_of(check_id: str) -> tuple[Act, ...]:
    """Return the entries that are for a check."""
    return tuple(act for act in battery() if check_id in act.decides)


def _act(name: str, entry: dict[str, object]) -> Act:
    decides = tuple(str(each) for each in _list(entry.get("decides")))
    unknown = [each for each in decides if each not in BY_ID]
    ends = entry.get("ends", "either")
    if unknown or ends not in ("success", "failure", "either"):
        raise ValueError(f"battery.yaml: {name}: unknown checks {unknown} or ends {ends!r}")
    return Act(
        name,
        str(entry.get("scenario", name)),
        decides,
        "success" if ends == "success" else "failure" if ends == "failure" else "either",
        callbacks=entry.get("callbacks") is True,
        limit_s=float(str(entry.get("limit_s", LIMIT_S))),
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
