"""Folders of YAML files that are known by the names of the files: faults, scenarios."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from mockreel.domain.faults.kind import FaultError, Flaw
from mockreel.domain.scenario import ScenarioError
from mockreel_contracts import Contract, Problem, load, providers, yamlfile

NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
Made = TypeVar("Made")


def vocabulary(served: Sequence[Contract] = (), *, root: Path | None = None) -> list[Contract]:
    """Return the contracts whose errors and operations files may name: `served`, those of `root`, and the shipped.

    Raises ContractError.
    """
    found = {contract.provider: contract for contract in served}
    for folder in (root, None) if root is not None else (None,):
        for name in providers(folder):
            if name not in found:
                found[name] = load(name, root=folder)
    return list(found.values())


def gather(folder: Path, make: Callable[[str, Any], Made]) -> tuple[dict[str, Made], list[Problem]]:
    """Return what `make` makes of the name and the value of each file, and everything that is wrong with them."""
    found: dict[str, Made] = {}
    problems: list[Problem] = []
    reason = unusable(folder)
    if reason:
        return found, [Problem(str(folder), 0, "", reason)]
    for path in sorted(folder.iterdir()):
        if path.suffix == ".yml":
            problems.append(Problem(path.name, 0, "", f"is not read: name it {path.stem}.yaml"))
        if path.suffix != ".yaml":
            continue
        if not NAME.fullmatch(path.stem):
            text = "is not read: a name is 1 to 64 letters, digits, dots, dashes and underscores"
            problems.append(Problem(path.name, 0, "", text))
            continue
        data, unreadable = yamlfile.read(path, path.name)
        if unreadable:
            problems.extend(unreadable)
            continue
        try:
            found[path.stem] = make(path.stem, data)
        except (FaultError, ScenarioError) as error:
            problems.extend(located(path, error.flaws))
    return found, problems


def unusable(folder: Path) -> str:
    """Return what keeps a folder from being read, to stand after its name; '' for nothing."""
    if not folder.exists():
        return "does not exist"
    if not folder.is_dir():
        return "is a file; give its folder"
    is_empty = not any(path.suffix in (".yaml", ".yml") for path in folder.iterdir())
    return "holds no YAML files" if is_empty else ""


def located(path: Path, flaws: Sequence[Flaw]) -> list[Problem]:
    """Return the flaws of a file with their lines."""
    lines = yamlfile.lines(path)
    return [Problem(path.name, _line(lines, flaw.at), flaw.at or "/", flaw.text) for flaw in flaws]


def told(problems: Sequence[Problem]) -> str:
    """Return problems for a reader, a line each: the name of the fault or scenario, what is wrong, and where."""
    return "\n".join(map(_told, problems))


def _told(problem: Problem) -> str:
    if problem.pointer:
        return (
            f"{problem.file.removesuffix('.yaml')}: {problem.message} ({problem.file}:{problem.line} {problem.pointer})"
        )
    return str(problem) if problem.line else f"{problem.file} {problem.message}"


def _line(lines: dict[str, int], at: str) -> int:
    """Return the line of a pointer, or of the nearest thing around it."""
    while at and at not in lines:
        at = at.rpartition("/")[0]
    return lines.get(at, 1)
