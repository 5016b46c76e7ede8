"""The faults that ship with the package, one YAML file each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from mockreel.domain.faults.kind import FaultError, FaultKind
from mockreel.domain.faults.parsing import parse
from mockreel.faults.folder import gather, told
from mockreel_contracts import Contract


@lru_cache
def shipped() -> Mapping[str, FaultKind]:
    """Return the shipped faults by name."""
    return load(Path(__file__).parent)


def load(folder: Path, contracts: Sequence[Contract] = ()) -> Mapping[str, FaultKind]:
    """Return the faults of a folder by name (the file's). Raises FaultError with every problem of every file.

    With `contracts`, errors that none of them has are problems, and so are files named like one of their errors.
    """
    found, problems = gather(folder, lambda name, data: parse(name, data, contracts))
    if problems:
        raise FaultError(told(problems))
    return found
