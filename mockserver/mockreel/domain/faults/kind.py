"""One kind of fault, as its file describes it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args

from mockreel.domain.faults.effects import EFFECTS, Point

ROLES = ("submit", "query", "cancel", "balance", "list", "download", "result")
_KEYS = {"title", "point", "on", "breaks_contract", "fields", "act", "example", "note"}
_FIELD_KEYS = {"default", "least", "most", "unit", "text"}


class FaultError(ValueError):
    """A fault file, or a request for a fault, says what no fault can say."""


@dataclass(frozen=True, slots=True)
class Field:
    """A value that may be chosen. `kind` is that of its default."""

    name: str
    default: Any
    text: str
    unit: str
    least: float | None
    most: float | None

    def take(self, value: Any) -> Any:
        """Return a value given as text or as JSON, in the field's kind. Raises FaultError."""
        kind: type = type(self.default)
        taken: Any
        wanted = {bool: "true or false", int: "a whole number", float: "a number", str: "text", dict: "an object"}[kind]
        try:
            if kind is bool:
                taken = {"true": True, "false": False, True: True, False: False}[value]
            elif kind in (int, float) and not isinstance(value, bool):
                taken = kind(value)
            else:
                taken = value if isinstance(value, kind) else None
        except (KeyError, TypeError, ValueError, OverflowError):
            taken = None
        if taken is None or (kind is int and isinstance(value, float) and value != taken):
            raise FaultError(f"{self.name} is {wanted}, got {value!r:.60}")
        low, high = self.least, self.most
        if kind in (int, float) and not ((low is None or low <= taken) and (high is None or taken <= high)):
            raise FaultError(f"{self.name} is from {low:g} to {high:g}{self.unit and ' '}{self.unit}, got {taken:g}")
        return taken


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

    def effects(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the fault does with these values for its fields. Raises FaultError."""
        unknown = [name for name in values if name not in self.fields]
        if unknown:
            known = ", ".join(self.fields) or "none"
            raise FaultError(f"{self.name} has no field {unknown[0]!r:.60}; its fields: {known}")
        chosen = {name: field.take(values.get(name, field.default)) for name, field in self.fields.items()}
        return {effect: _filled(value, chosen) for effect, value in self.act.items()}

    def as_json(self) -> dict[str, Any]:
        """Return the kind as the control API shows it."""
        shown = {
            name: {"default": f.default, "unit": f.unit, "least": f.least, "most": f.most, "text": f.text}
            for name, f in self.fields.items()
        }
        return {
            "title": self.title,
            "point": self.point,
            "on": self.on,
            "breaks_contract": self.breaks_contract,
            "fields": shown,
            "example": self.example,
        }


def parse(name: str, data: Any) -> FaultKind:
    """Make a kind of fault of a file's value. Raises FaultError with every problem."""
    if not isinstance(data, Mapping):
        raise FaultError(f"{name}: expected a mapping, got {type(data).__name__}")
    problems = [f"knows no {key!r}; known: {', '.join(sorted(_KEYS))}" for key in data if key not in _KEYS]
    if not isinstance(data.get("title"), str):
        problems.append("title is missing: a line that says what the caller sees")
    point, act, chosen = data.get("point"), data.get("act"), data.get("fields", {})
    if point not in get_args(Point):
        problems.append(f"point is one of {', '.join(get_args(Point))}, got {point!r}")
    elif not isinstance(act, Mapping) or not act:
        problems.append("act is missing: what the fault does")
    else:
        known = {field.name for field in fields(EFFECTS[str(point)])}
        problems.extend(
            f"point {point} has no effect {effect!r}; known: {', '.join(sorted(known))}"
            for effect in act
            if effect not in known
        )
    made: dict[str, Field] = {}
    if not isinstance(chosen, Mapping):
        problems.append("fields is not a mapping")
    else:
        for key, spec in chosen.items():
            if not isinstance(spec, Mapping) or "default" not in spec or set(spec) - _FIELD_KEYS:
                problems.append(f"fields.{key} needs a default, and takes {', '.join(sorted(_FIELD_KEYS))}")
                continue
            made[str(key)] = Field(
                str(key),
                spec["default"],
                spec.get("text", ""),
                spec.get("unit", ""),
                spec.get("least"),
                spec.get("most"),
            )
    on = data.get("on")
    if on is not None and on not in ROLES:
        problems.append(f"on is one of {', '.join(ROLES)}, got {on!r}")
    problems.extend(f"act says ={word}, which is not one of its fields" for word in _words(act) if word not in made)
    if problems:
        raise FaultError("\n".join(f"{name}: {problem}" for problem in problems))
    example = data.get("example", f"X-Mock-Fault: {name}")
    breaks = bool(data.get("breaks_contract", False))
    return FaultKind(name, data["title"], data["point"], on, breaks, made, data["act"], example)


def near_misses(what: str, name: str, known: Mapping[str, Any]) -> str:
    """Return the words for a name that is not known, with those that are like it."""
    near = difflib.get_close_matches(name[:64], list(known), n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else f"known: {', '.join(known)}"
    return f"knows no {what} {name[:60]!r}; {hint}"


def _filled(value: Any, chosen: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and value.startswith("="):
        return chosen[value[1:]]
    if isinstance(value, Mapping):
        return {key: _filled(item, chosen) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(_filled(item, chosen) for item in value)
    return value


def _words(value: Any) -> list[str]:
    if isinstance(value, str) and value.startswith("="):
        return [value[1:]]
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [word for item in items for word in _words(item)]
