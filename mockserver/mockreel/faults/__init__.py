"""The faults that ship with the package, one YAML file each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from mockreel.domain.faults.kind import FaultError, FaultKind
from mockreel.domain.faults.parsing import parse
from mockreel.faults.folder import gather, told


@lru_cache
def shipped() -> Mapping[str, FaultKind]:
    """Return the shipped faults by name."""
    return load(Path(__file__).parent)


def load(folder: Path) -> Mapping[str, FaultKind]:
    """Return the faults of a folder by name (the file's). Raises FaultError with every problem of every file."""
    found, problems = gather(folder, parse)
    if problems:
        raise FaultError(told(problems))
    return found
