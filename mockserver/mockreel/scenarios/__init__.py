"""The scenarios that ship with the package, one YAML file each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from mockreel import faults
from mockreel.domain.faults.kind import FaultKind
from mockreel.domain.scenario import Scenario, ScenarioError, parse
from mockreel.faults.folder import gather, told
from mockreel_contracts import Contract, Problem


@lru_cache
def shipped() -> Mapping[str, Scenario]:
    """Return the shipped scenarios by name."""
    return load(Path(__file__).parent, faults.shipped())


def load(folder: Path, kinds: Mapping[str, FaultKind], contracts: Sequence[Contract] = ()) -> Mapping[str, Scenario]:
    """Return the scenarios of a folder by name (the file's). Raises ScenarioError with every problem of every file."""
    found, problems = examine(folder, kinds, contracts)
    if problems:
        raise ScenarioError(told(problems))
    return found


def examine(
    folder: Path, kinds: Mapping[str, FaultKind], contracts: Sequence[Contract] = ()
) -> tuple[Mapping[str, Scenario], list[Problem]]:
    """Return the good scenarios of a folder by name, and everything that is wrong with the others.

    With `contracts`, errors and operations that none of them has are wrong, too.
    """
    return gather(folder, lambda name, data: parse(name, data, kinds, contracts))
