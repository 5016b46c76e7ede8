"""One kind of fault, as its file describes it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mockreel.domain.faults.effects import Point
from mockreel.domain.faults.fitting import unfit
from mockreel_contracts import Contract
from mockreel_contracts.near import near

ROLES = ("submit", "query", "cancel", "balance", "list", "download", "result")
_MATCHES = frozenset(("fault", "provider", "on", "key", "test", "model", "prompt", "task"))
_TIMES = frozenset(("after", "every", "times", "probability", "from_s", "until_s", "ramp_s", "ttl_s"))
RESERVED = _MATCHES | _TIMES
"""What a rule says beside the fields of its fault."""
KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", dict: "an object"}
CASES = ("case", "late_case", "error")
"""The effects that name an ErrorCase."""
MOST_TEXT = 1000  # characters of a text that is given, or of a line in a file
_MOST_NAMES = 12  # that a message lists


class Flaw(NamedTuple):
    """Something wrong in a file: a JSON pointer, and the words for it."""

    at: str
    text: str


class FaultError(ValueError):
    """A fault file, or a request for a fault, says what no fault can say. `flaws` are those of a file."""

    def __init__(self, text: str, flaws: Sequence[Flaw] = ()) -> None:
        super().__init__(text)
        self.flaws = tuple(flaws)


@dataclass(frozen=True, slots=True)
class Field:
    """A value that may be chosen. `kind` is that of its default."""

    name: str
    default: Any
    text: str
    unit: str
    least: float | None
    most: float | None
    one_of: tuple[str, ...] = ()

    def take(self, value: Any) -> Any:
        """Return a value given as text or as JSON, in the field's kind. Raises FaultError."""
        kind: type = type(self.default)
        taken: Any
        try:
            if kind is bool:
                taken = {"true": True, "false": False, True: True, False: False}[value]
            elif kind in (int, float) and not isinstance(value, bool):
                taken = kind(value)
            elif kind is str and isinstance(value, int) and not isinstance(value, bool):
                taken = str(value)  # a code written without quotes
            else:
                taken = value if isinstance(value, kind) else None
        except (KeyError, TypeError, ValueError, OverflowError):
            taken = None
        if taken is None or (kind is int and isinstance(value, float) and value != taken):
            raise FaultError(f"{self.name} is {KINDS[kind]}, got {value!r:.60}")
        if self.one_of and taken not in self.one_of:
            raise FaultError(f"{self.name} is one of {', '.join(self.one_of)}, got {value!r:.60}")
        if kind is str and not (len(taken) <= MOST_TEXT and taken.isprintable()):
            raise FaultError(f"{self.name} is a line of up to {MOST_TEXT} characters, got {value!r:.60}")
        if kind in (int, float) and not self._is_within(taken):
            raise FaultError(f"{self.name} is {self.span()}, got {taken:g}")
        return taken

    def span(self) -> str:
        """Return the bounds of a number, in words."""
        parts = []
        if self.least is not None:
            parts.append(f"from {_plain(self.least)}")
        if self.most is not None:
            parts.append(f"{'to' if parts else 'up to'} {_plain(self.most)}")
        return " ".join([*(parts or ["any number"]), *([self.unit] if self.unit else [])])

    def _is_within(self, number: float) -> bool:
        is_above = self.least is None or self.least <= number
        return math.isfinite(number) and is_above and (self.most is None or number <= self.most)


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A fault that can be asked for by name. `act` holds effects, in which "=NAME" stands for a field's value.

    `on` is the role of the calls that it is for unless another is asked for. With `breaks_contract` the answer is one
    that no contract allows.
    """

    name: str
    title: str
    point: Point
    on: str | None
    breaks_contract: bool
    fields: Mapping[str, Field]
    act: Mapping[str, Any]
    example: str
    note: str = ""

    def __repr__(self) -> str:
        return f"FaultKind({self.name!r})"

    def effects(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the fault does with these values for its fields. Raises FaultError."""
        self.check_names(values)
        chosen = {name: field.take(values.get(name, field.default)) for name, field in self.fields.items()}
        made = {effect: filled(value, chosen) for effect, value in self.act.items()}
        wrong = unfit(self.point, made)
        if wrong:
            raise FaultError("; ".join(text for _, text in wrong))
        return made

    def check_names(self, names: Iterable[str], beside: Sequence[str] = ()) -> None:
        """Raise FaultError for a name that is neither a field's nor one of `beside`."""
        for name in names:
            if name not in self.fields and name not in beside:
                alike = near(name, [*self.fields, *beside], most=2)
                known = (
                    f"did you mean {', '.join(alike)}?" if alike else f"its fields: {', '.join(self.fields) or 'none'}"
                )
                raise FaultError(f"{self.name} has no field {name!r:.60}; {known}")

    def as_json(self) -> dict[str, Any]:
        """Return the kind as the control API shows it."""
        shown = {}
        for name, f in self.fields.items():
            shown[name] = {"default": f.default, "unit": f.unit, "least": f.least, "most": f.most, "text": f.text}
            if f.one_of:
                shown[name]["one_of"] = list(f.one_of)
        return {
            "title": self.title,
            "point": self.point,
            "on": self.on,
            "breaks_contract": self.breaks_contract,
            "fields": shown,
            "example": self.example,
            "note": self.note,
        }


def near_misses(what: str, name: str, known: Mapping[str, Any]) -> str:
    """Return the words for a name that is not known, with those that are like it."""
    names = list(known)
    alike = near(name, names)
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    hint = f"did you mean {', '.join(alike)}?" if alike else f"known: {', '.join(names[:_MOST_NAMES])}{more}"
    return f"knows no {what} {name[:60]!r}; {hint}"


def unknown_case(word: str, contracts: Sequence[Contract]) -> list[str]:
    """Return the words for an ErrorCase that none of the contracts has; without contracts every word is good."""
    if not contracts or any(contract.find_error(word) is not None for contract in contracts):
        return []
    return [near_misses("error case", word, {name: None for contract in contracts for name in contract.errors})]


def filled(value: Any, chosen: Mapping[str, Any]) -> Any:
    """Return what a fault does, with the values of its fields in place of "=NAME"."""
    if isinstance(value, str) and value.startswith("="):
        return chosen[value[1:]]
    if isinstance(value, Mapping):
        return {key: filled(item, chosen) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(filled(item, chosen) for item in value)
    return value


def _plain(number: float) -> str:
    return f"{number:.10g}"
