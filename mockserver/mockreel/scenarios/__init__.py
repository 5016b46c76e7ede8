"""The scenarios that ship with the package, one YAML file each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from mockreel import faults
from mockreel.domain.faults.kind import FaultKind
from mockreel.domain.scenario import Scenario, ScenarioError, parse
from mockreel_contracts import yamlfile


@lru_cache
def shipped() -> Mapping[str, Scenario]:
    """Return the shipped scenarios by name."""
    return load(Path(__file__).parent, faults.shipped())


def load(folder: Path, kinds: Mapping[str, FaultKind]) -> Mapping[str, Scenario]:
    """Return the scenarios of a folder by name (the file's). Raises ScenarioError with every problem of every file."""
    found: dict[str, Scenario] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        data, unreadable = yamlfile.read(path, path.name)
        if unreadable:
            problems.extend(map(str, unreadable))
            continue
        try:
            found[path.stem] = parse(path.stem, data, kinds)
        except ScenarioError as error:
            problems.append(str(error))
    if problems:
        raise ScenarioError("\n".join(problems))
    return found
