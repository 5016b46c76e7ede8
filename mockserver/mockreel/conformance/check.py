"""What a check is: a pure function over the record of a run, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mockreel.conformance.exchange import Record
from mockreel.report import Finding
from mockreel_contracts import Contract
from mockreel_contracts.model import Role

Look = Callable[[Record], Iterator[Finding | None]]

LAYERS = {
    "schema": "The form of every answer.",
    "refusals": "What must be refused, how it is refused, and what must not be.",
    "auth": "Who may call, and see what.",
    "lifecycle": "How a task goes from its create to its end, and what is left of it.",
    "credits": "What is charged and paid back.",
    "ids": "The names of tasks.",
    "idempotence": "Looking changes nothing.",
    "list": "The list of tasks.",
    "download": "Links to results.",
    "callbacks": "What is sent when a task changes.",
}
"""What each layer of checks is about, in the order in which they are reported."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question that is asked of a record.

    `why` is its rationale in one line and `pointer` the place in the contract that it rests on. `look` yields for each
    thing that it judges a Finding, or None where that is as it should be; where it yields nothing, the check could not
    be made, and `needs` says what was missing. `probes` are those whose exchanges it looks at. A contract without an
    operation of `role` has nothing that the check could be made of.
    """

    id: str
    layer: str
    why: str
    pointer: str
    needs: str
    probes: tuple[str, ...]
    look: Look
    role: Role | None = None

    def lacking(self, contract: Contract) -> str:
        """Return what the check is about that the contract has none of, '' where it has."""
        if self.layer == "callbacks" and contract.callback is None:
            return "the contract has no callbacks"
        if self.role is not None and not contract.by_role(self.role):
            return f"the contract has no {self.role} operation"
        return ""


_CHECKS: dict[str, Check] = {}


def check(
    *, layer: str, why: str, pointer: str, needs: str = "", probes: tuple[str, ...] = (), role: Role | None = None
) -> Callable[[Look], Check]:
    """Make a check of a function, whose name is its id. `layer` is one of LAYERS."""
    if layer not in LAYERS:
        raise ValueError(f"a layer is one of {', '.join(LAYERS)}, got {layer!r}")

    def make(look: Look) -> Check:
        name = look.__name__
        if name in _CHECKS and _CHECKS[name].look.__module__ != look.__module__:  # a module may be imported anew
            raise ValueError(f"there are two checks {name!r}")
        made = Check(name, layer, why, pointer, needs or "nothing of the kind happened in this run", probes, look, role)
        _CHECKS[name] = made
        return made

    return make


def all_checks() -> dict[str, Check]:
    """Return every check by its id, in the order of their layers."""
    import mockreel.conformance.checks  # noqa: F401 - which fills the table

    order = list(LAYERS)
    return dict(sorted(_CHECKS.items(), key=lambda item: order.index(item[1].layer)))
