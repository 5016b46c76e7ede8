"""Reading the file of a fault: all that is wrong with it at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from mockreel.domain.faults.effects import ACTS_ON, Point
from mockreel.domain.faults.fitting import unfit
from mockreel.domain.faults.kind import KINDS, RESERVED, FaultError, FaultKind, Field, Flaw, filled

_KEYS = {"title", "point", "on", "breaks_contract", "fields", "act", "example", "note"}
_NAME = re.compile("[a-z][a-z0-9_]{0,40}")
_FIELD_KEYS = ("default", "least", "most", "text", "unit", "one_of")


def parse(name: str, data: Any) -> FaultKind:
    """Make a kind of fault of a file's value. Raises FaultError with every problem."""
    if not isinstance(data, Mapping):
        text = f"expected a mapping, got {type(data).__name__}"
        raise FaultError(f"{name}: {text}", [Flaw("", text)])
    flaws = [
        Flaw(f"/{key}", f"knows no {key!r}; known: {', '.join(sorted(_KEYS))}") for key in data if key not in _KEYS
    ]
    if not isinstance(data.get("title"), str):
        flaws.append(Flaw("/title", "title is missing: a line that says what the caller sees"))
    flaws.extend(
        Flaw(f"/{key}", f"{key} is {words}, got {data[key]!r:.60}")
        for key, kind, words in (
            ("breaks_contract", bool, "true or false"),
            ("example", str, "text"),
            ("note", str, "text"),
        )
        if key in data and not isinstance(data[key], kind)
    )
    point, act, on = data.get("point"), data.get("act"), data.get("on")
    if point not in get_args(Point):
        flaws.append(Flaw("/point", f"point is one of {', '.join(get_args(Point))}, got {point!r:.60}"))
    elif on is not None and on not in sorted(ACTS_ON[str(point)]):
        roles = ", ".join(sorted(ACTS_ON[str(point)]))
        flaws.append(Flaw("/on", f"on is one of {roles} for point {point}, got {on!r:.60}"))
    named = data.get("fields", {})
    fields = _fields(named, flaws)
    if point in get_args(Point) and (not isinstance(act, Mapping) or not act):
        flaws.append(Flaw("/act", "act is missing: what the fault does"))
    elif isinstance(act, Mapping):
        flaws.extend(
            Flaw("/act", f"act says ={word}, which is not one of its fields")
            for word in _words(act)
            if not isinstance(named, Mapping) or word not in named
        )
    if not flaws:
        chosen = {field.name: field.default for field in fields.values()}
        made = {effect: filled(value, chosen) for effect, value in data["act"].items()}
        flaws.extend(Flaw("/act", text) for text in unfit(data["point"], made))
    if flaws:
        raise FaultError("\n".join(f"{name}: {flaw.text}" for flaw in flaws), flaws)
    return FaultKind(
        name,
        data["title"],
        data["point"],
        on or _usual_role(data["point"]),
        data.get("breaks_contract", False),
        fields,
        data["act"],
        data.get("example", f"X-Mock-Fault: {name}"),
        data.get("note", ""),
    )


def _fields(data: Any, flaws: list[Flaw]) -> dict[str, Field]:
    made: dict[str, Field] = {}
    if not isinstance(data, Mapping):
        flaws.append(Flaw("/fields", "fields is not a mapping"))
        return made
    for name, spec in data.items():
        at = f"/fields/{name}"
        if not isinstance(spec, Mapping) or "default" not in spec or set(spec) - set(_FIELD_KEYS):
            flaws.append(Flaw(at, f"fields.{name} needs a default, and takes {', '.join(_FIELD_KEYS)}"))
        elif not _NAME.fullmatch(name):
            flaws.append(Flaw(at, f"fields: a name is small letters, digits and underscores, got {name!r:.60}"))
        elif name in RESERVED:
            flaws.append(Flaw(at, f"fields.{name} is a word that rules have for themselves; choose another"))
        elif type(spec["default"]) not in KINDS:
            kinds = ", ".join(KINDS.values())
            flaws.append(Flaw(at, f"fields.{name}.default is {kinds}; got {spec['default']!r:.60}"))
        elif not all(_is_bound(spec.get(bound)) for bound in ("least", "most")):
            flaws.append(Flaw(at, f"fields.{name}: least and most are numbers"))
        elif not _is_texts(spec.get("one_of", [])):
            flaws.append(Flaw(at, f"fields.{name}.one_of is a list of texts"))
        else:
            field = Field(
                name,
                spec["default"],
                str(spec.get("text", "")),
                str(spec.get("unit", "")),
                spec.get("least"),
                spec.get("most"),
                tuple(spec.get("one_of", ())),
            )
            try:
                field.take(field.default)
            except FaultError as error:
                flaws.append(Flaw(at, f"fields.{name}.default: {error}"))
            made[name] = field
    return made


def _usual_role(point: Point) -> str | None:
    """Return the role that the faults of a point are for if their file does not say."""
    return {"answer": None, "network": None, "result": "result"}.get(point, "submit")


def _is_bound(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _words(value: Any) -> list[str]:
    if isinstance(value, str) and value.startswith("="):
        return [value[1:]]
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [word for item in items for word in _words(item)]
