"""The faults that ship with the package, one YAML file each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from mockreel.domain.faults.kind import FaultError, FaultKind, parse
from mockreel_contracts import yamlfile


@lru_cache
def shipped() -> Mapping[str, FaultKind]:
    """Return the shipped faults by name."""
    return load(Path(__file__).parent)


def load(folder: Path) -> Mapping[str, FaultKind]:
    """Return the faults of a folder by name (the file's). Raises FaultError with every problem of every file."""
    found: dict[str, FaultKind] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        data, unreadable = yamlfile.read(path, path.name)
        if unreadable:
            problems.extend(map(str, unreadable))
            continue
        try:
            found[path.stem] = parse(path.stem, data)
        except FaultError as error:
            problems.append(str(error))
    if problems:
        raise FaultError("\n".join(problems))
    return found
