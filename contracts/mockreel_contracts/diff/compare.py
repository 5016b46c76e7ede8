"""Two sides in, the list of changes out."""

from __future__ import annotations

from collections.abc import Sequence

from mockreel_contracts import pointer, yamlfile
from mockreel_contracts.diff import behavior, shape
from mockreel_contracts.diff.change import Change, Where
from mockreel_contracts.diff.findings import Findings, Found
from mockreel_contracts.diff.side import Place, Side
from mockreel_contracts.diff.view import keyed
from mockreel_contracts.form import BEHAVIOR


def compare(a: Side, b: Side) -> tuple[Change, ...]:
    """Return what changed from A to B, in the order of the contract; documentation is among it.

    Where one of the two is a plain OpenAPI document, only the shape is compared.
    """
    findings = Findings(a, b)
    if _shape_files(a) != _shape_files(b):  # what is the same need not be looked at, however deep it is
        shape.compare(findings)
    if a.contract is not None and b.contract is not None:
        behavior.compare(findings)
    tables: dict[tuple[str, str], dict[str, int]] = {}
    return tuple(_located(found, parts, a, b, tables) for found, parts in _merged(findings.found))


def notes(a: Side, b: Side) -> tuple[str, ...]:
    """Return what a reader should know that is no change: what was not compared."""
    if a.contract is None or b.contract is None:
        if a.contract is None and b.contract is None:
            return ()
        return ("one of the two is an OpenAPI document: only the shape is compared, not the behavior",)
    found = []
    for name in a.contract.profiles:
        if name in b.contract.profiles and name not in (a.profile, b.profile):
            patches = [_patches(side, name) for side in (a, b)]
            if patches[0] != patches[1]:
                found.append(f"the profile {name} changed too: compare it with --profile {name}")
    return tuple(found)


def _shape_files(side: Side) -> str:
    return keyed({name: value for name, value in side.files.items() if name != BEHAVIOR})


def _patches(side: Side, profile: str) -> str:
    place = side.place(BEHAVIOR, pointer.join("/profiles", profile, "patches"))
    return keyed(place.value) if place else ""


def _merged(found: Sequence[Found]) -> list[tuple[Found, list[str]]]:
    """Put together what is the same change in several parts, such as a schema that many answers share."""
    merged: dict[object, tuple[Found, list[str]]] = {}
    for one in found:
        key = (one.a and one.a.key, one.b and one.b.key, one.breaks, one.kind, _tail(one.text))
        first, parts = merged.setdefault(key, (one, []))
        other = one.part if one.part != first.part else one.text.rpartition(": ")[0].partition(": ")[0]
        if one is not first and other and other not in parts:
            parts.append(other)
    return list(merged.values())


def _tail(text: str) -> str:
    """Return a sentence without the path that leads to its subject, which differs from use to use."""
    return text.rsplit(":", 1)[-1] if ": " in text else text.partition(" ")[2]


def _located(found: Found, parts: list[str], a: Side, b: Side, tables: dict[tuple[str, str], dict[str, int]]) -> Change:
    places = [_where(side, place, tables) for side, place in ((a, found.a), (b, found.b))]
    return Change(found.part, found.text, places[0], places[1], found.breaks, found.kind, tuple(parts))


def _where(side: Side, place: Place | None, tables: dict[tuple[str, str], dict[str, int]]) -> Where | None:
    """Return where a place is written: in a profile's patch, if that is what sets it."""
    if place is None:
        return None
    patch = pointer.join("/profiles", side.profile, "patches", place.file)
    if side.contract is not None and side.place(BEHAVIOR, patch + place.pointer) is not None:
        line = _line(side, BEHAVIOR, patch + place.pointer, tables)
        return Where(str(place), _path(side, BEHAVIOR), line)
    return Where(str(place), _path(side, place.file), _line(side, place.file, place.pointer, tables))


def _path(side: Side, file: str) -> str:
    return side.paths[file].as_posix() if file in side.paths else ""


def _line(side: Side, file: str, at: str, tables: dict[tuple[str, str], dict[str, int]]) -> int:
    path = _path(side, file)
    if (path, file) not in tables:
        tables[(path, file)] = yamlfile.lines(side.paths[file]) if path else {}
    table = tables[(path, file)]
    while at and at not in table:
        at = at.rpartition("/")[0]
    return table.get(at, 0)
