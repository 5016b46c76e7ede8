"""What a comparison found, before places have lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mockreel_contracts.diff.change import ONLY_TEXT, UNDECIDED, Breaks, Kind
from mockreel_contracts.diff.direction import TABLE, Direction
from mockreel_contracts.diff.schemas import Walk
from mockreel_contracts.diff.side import Place, Side
from mockreel_contracts.diff.view import keyed

_SHOWN = 100  # characters of a value


@dataclass(frozen=True, slots=True)
class Found:
    """A change whose places have no lines yet."""

    part: str
    text: str
    a: Place | None
    b: Place | None
    breaks: Breaks
    kind: Kind = "behavior"


@dataclass(slots=True)
class Findings:
    """Collects what is found. `part` is what is being compared."""

    a: Side
    b: Side
    part: str = ""
    found: list[Found] = field(default_factory=list)

    def models(self) -> Iterator[tuple[str, str]]:
        """Yield the model files of A, each with that of B: of the same name, or a new one with a model of the old."""
        names = [_models(side) for side in (self.a, self.b)]
        for file in self.a.files:
            if not file.startswith("models/"):
                continue
            new = (other for other, held in names[1].items() if other not in self.a.files and held & names[0][file])
            other = file if file in self.b.files else next(new, None) if file in names[0] else None
            if other is not None:
                yield file, other

    def add(self, text: str, a: Place | None, b: Place | None, breaks: Breaks, kind: Kind = "behavior") -> None:
        """Note a change."""
        self.found.append(Found(self.part, text, a, b, breaks, kind))

    def document(self, text: str, a: Place | None, b: Place | None) -> None:
        """Note a change of a text for readers."""
        self.add(text, a, b, ONLY_TEXT, "documentation")

    def schemas(self, a: Place, b: Place, at: str, direction: Direction) -> None:
        """Compare two JSON Schemas."""
        walk = Walk(self.a, self.b)
        walk.places(a, b, at)
        for delta in walk.found:
            if delta.relation is None:
                self.document(delta.text, delta.a, delta.b)
            else:
                self.add(delta.text, delta.a, delta.b, TABLE[direction][delta.relation])

    def maybe_schemas(self, a: Place | None, b: Place | None, at: str, direction: Direction) -> None:
        """Compare two JSON Schemas of which either may be missing, and then asks for nothing."""
        if a and b:
            self.schemas(a, b, at, direction)
        elif a:
            self.add(f"{at} has a schema no longer", a, None, TABLE[direction]["wider"])
        elif b:
            self.add(f"{at} has a schema now", None, b, TABLE[direction]["narrower"])

    def sets(
        self,
        a: Place | None,
        b: Place | None,
        *,
        gone: Callable[[str], tuple[str, Breaks]],
        come: Callable[[str], tuple[str, Breaks]],
    ) -> list[tuple[str, Place, Place]]:
        """Note the keys that only one of two objects has, and return the keys and places that both have."""
        olds, news = dict(a.children() if a else ()), dict(b.children() if b else ())
        for key in [key for key in olds if key not in news]:
            text, breaks = gone(key)
            self.add(text, olds[key], None, breaks)
        for key in [key for key in news if key not in olds]:
            text, breaks = come(key)
            self.add(text, None, news[key], breaks)
        return [(key, olds[key], news[key]) for key in olds if key in news]

    def plain(self, a: Place, b: Place, key: str, text: str, breaks: Breaks, default: Any = None) -> None:
        """Note that the value of a key changed; `text` says what it is."""
        old, new = a.get(key, default=default), b.get(key, default=default)
        if keyed(old) != keyed(new):
            self.add(f"{text} {shown(old)} became {shown(new)}", a.child(key) or a, b.child(key) or b, breaks)

    def number(
        self, a: Place, b: Place, key: str, text: str, *, more: Breaks, less: Breaks, default: Any = None
    ) -> None:
        """Note that a number rose or fell; one that comes or goes cannot be compared."""
        old, new = a.get(key, default=default), b.get(key, default=default)
        if keyed(old) != keyed(new):
            is_known = isinstance(old, int | float) and isinstance(new, int | float)
            breaks = (more if new > old else less) if is_known else UNDECIDED
            self.add(f"{text} {shown(old)} became {shown(new)}", a.child(key) or a, b.child(key) or b, breaks)


def shown(value: Any) -> str:
    """Return a value as a sentence says it, cut where it is long."""
    text = "none" if value is None else value if isinstance(value, str) and value else keyed(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _models(side: Side) -> dict[str, set[str]]:
    """Return the names of the models of each model file."""
    found: dict[str, set[str]] = {}
    for name, model in side.contract.models.items() if side.contract else ():
        found.setdefault(model.file, set()).add(name)
    return found
