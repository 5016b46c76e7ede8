"""One of the two contracts that are compared: its files as values, and places in them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockreel_contracts import pointer
from mockreel_contracts.model import Contract

MAX_HOPS = 100  # of a chain of $ref


@dataclass(frozen=True, slots=True)
class Place:
    """A value and where it stands: the file, as named in the contract, and the JSON pointer."""

    file: str
    pointer: str
    value: Any

    @property
    def key(self) -> tuple[str, str]:
        """What tells places of one side apart."""
        return self.file, self.pointer

    def __str__(self) -> str:
        return f"{self.file}#{self.pointer}"

    def child(self, *keys: str) -> Place | None:
        """Return the place below, through objects only; None where there is none."""
        value = self.value
        for key in keys:
            if not isinstance(value, Mapping) or key not in value:
                return None
            value = value[key]
        return Place(self.file, pointer.join(self.pointer, *keys), value)

    def get(self, *keys: str, default: Any = None) -> Any:
        """Return the value below, or `default`."""
        found = self.child(*keys)
        return default if found is None else found.value

    def children(self) -> Iterator[tuple[str, Place]]:
        """Yield the keys and places of an object; nothing for anything else."""
        if isinstance(self.value, Mapping):
            for key, value in self.value.items():
                yield str(key), Place(self.file, pointer.join(self.pointer, str(key)), value)

    def items(self) -> list[Place]:
        """Return the places of a list; nothing for anything else."""
        if not isinstance(self.value, list):
            return []
        return [Place(self.file, pointer.join(self.pointer, str(i)), item) for i, item in enumerate(self.value)]


@dataclass(frozen=True, slots=True)
class Side:
    """A contract, or an OpenAPI document, as it is compared.

    `files` maps names to values, under the profile; `main` names the OpenAPI document among them; `paths` says where
    the files lie. `contract` is None for a document, which has a shape and no behavior.
    """

    name: str
    main: str
    files: Mapping[str, Any]
    paths: Mapping[str, Path]
    contract: Contract | None = None
    profile: str = ""

    @property
    def document(self) -> Place:
        """The OpenAPI document."""
        return Place(self.main, "", self.files[self.main])

    def place(self, file: str, at: str = "") -> Place | None:
        """Return the place at a pointer; None where there is nothing."""
        try:
            return Place(file, at, pointer.get(self.files[file], at))
        except (KeyError, ValueError):
            return None

    def target(self, reference: str, file: str) -> Place | None:
        """Return what a $ref in `file` leads to; None where it leads nowhere."""
        name, _, fragment = reference.partition("#")
        other = posixpath.normpath(posixpath.join(posixpath.dirname(file), name)) if name else file
        if other not in self.files:
            return None
        if fragment and not fragment.startswith("/"):
            return _anchored(Place(other, "", self.files[other]), fragment)
        return self.place(other, fragment)

    def follow(self, place: Place) -> Place:
        """Return what a place stands for, through its $ref; an empty object where references go in circles."""
        for _ in range(MAX_HOPS):
            reference = place.get("$ref")
            if not isinstance(reference, str):
                return place
            found = self.target(reference, place.file)
            if found is None:
                break
            place = found
        return Place(place.file, place.pointer, {})


def _anchored(root: Place, name: str) -> Place | None:
    pending = [root]
    while pending:
        place = pending.pop()
        if name in (place.get("$anchor"), place.get("$dynamicAnchor")):
            return place
        pending.extend(child for _, child in place.children())
        pending.extend(place.items())
    return None
