"""Where in the files of a contract a pointer leads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mockreel_contracts import yamlfile

WHOLE = "behavior.yaml"


@dataclass(frozen=True, slots=True)
class Place:
    """A file, by its path from the provider's folder with forward slashes, and line and column from 1.

    Both are 0 where the file cannot be read.
    """

    file: str
    line: int = 0
    column: int = 0


def locate(folder: Path, pointer: str, tables: dict[str, dict[str, tuple[int, int]]] | None = None) -> Place:
    """Return where `pointer`, such as `behavior.yaml#/errors/unauthorized`, leads in a provider's `folder`.

    What is not written there leads to the nearest place above it; what names no file of the folder, to the first line
    of behavior.yaml. `tables` keeps what was read of the files for further calls.
    """
    file, _, at = pointer.partition("#")
    if not _is_inside(folder, file):
        file, at = WHOLE, ""
    tables = {} if tables is None else tables
    if file not in tables:
        tables[file] = yamlfile.places(folder / file)
    found = tables[file]
    while at and at not in found:
        at = at.rpartition("/")[0]
    return Place(file, *(found[""][0], 1) if not at and "" in found else found.get(at, (0, 0)))


def _is_inside(folder: Path, file: str) -> bool:
    if not file or "\\" in file or "\0" in file or PurePosixPath(file).is_absolute() or ".." in file.split("/"):
        return False
    try:
        return (folder / file).is_file()
    except (OSError, ValueError):
        return False
