"""Reading the file of a fault: all that is wrong with it at once."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from mockreel.domain.faults.effects import ACTS_ON, Point
from mockreel.domain.faults.fitting import unfit
from mockreel.domain.faults.kind import (
    CASES,
    KINDS,
    MOST_TEXT,
    RESERVED,
    FaultError,
    FaultKind,
    Field,
    Flaw,
    filled,
    unknown_case,
)
from mockreel_contracts import Contract, pointer

_KEYS = {"title", "point", "on", "breaks_contract", "fields", "act", "example", "note"}
_NAME = re.compile("[a-z][a-z0-9_]{0,40}")
_FIELD_KEYS = ("default", "least", "most", "text", "unit", "one_of")


def parse(name: str, data: Any, contracts: Sequence[Contract] = ()) -> FaultKind:
    """Make a kind of fault of a file's value. Raises FaultError with every problem.

    With `contracts`, errors that none of them has are problems, and so is a name that is an error of one of them.
    """
    if not isinstance(data, Mapping):
        text = f"expected a mapping, got {type(data).__name__}"
        raise FaultError(f"{name}: {text}", [Flaw("", text)])
    flaws = [
        Flaw(pointer.join("", str(key)), f"knows no {key!r:.60}; known: {', '.join(sorted(_KEYS))}")
        for key in data
        if key not in _KEYS
    ]
    if not _is_line(data.get("title")):
        flaws.append(Flaw("/title", "title is missing: a line that says what the caller sees"))
    if not isinstance(data.get("breaks_contract", False), bool):
        text = f"breaks_contract is true or false, got {data['breaks_contract']!r:.60}"
        flaws.append(Flaw("/breaks_contract", text))
    flaws.extend(
        Flaw(f"/{key}", f"{key} is a line of text, got {data[key]!r:.60}")
        for key in ("example", "note")
        if key in data and not _is_line(data[key])
    )
    flaws.extend(_named(name, contracts))
    point, on = data.get("point"), data.get("on")
    is_point = point in get_args(Point)
    if not is_point:
        flaws.append(Flaw("/point", f"point is one of {', '.join(get_args(Point))}, got {point!r:.60}"))
    elif on is not None and on not in sorted(ACTS_ON[str(point)]):
        roles = ", ".join(sorted(ACTS_ON[str(point)]))
        flaws.append(Flaw("/on", f"on is one of {roles} for point {point}, got {on!r:.60}"))
    named = data.get("fields", {})
    fields = _fields(named, flaws)
    act = data.get("act")
    if isinstance(act, Mapping) and act:
        flaws.extend(_acts(str(point) if is_point else None, act, named, fields, contracts))
    elif is_point:
        flaws.append(Flaw("/act", "act is missing: what the fault does"))
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


def _named(name: str, contracts: Sequence[Contract]) -> list[Flaw]:
    """Return what is wrong with the name: one of an error, which the error would be asked for by."""
    owners = ((contract.provider, contract.find_error(name)) for contract in contracts)
    text = "is the name of the error {} of {}, which X-Mock-Fault takes for the error; choose another for the file"
    return [Flaw("", text.format(case.id, owner)) for owner, case in owners if case is not None][:1]


def _acts(
    point: str | None,
    act: Mapping[str, Any],
    named: Any,
    fields: Mapping[str, Field],
    contracts: Sequence[Contract],
) -> Iterator[Flaw]:
    """Return what is wrong with what a fault does; `named` are the fields of its file, `fields` the good ones."""
    chosen = {field.name: field.default for field in fields.values()}
    known = named if isinstance(named, Mapping) else {}
    made = {}
    for effect, value in act.items():
        words = _words(value)
        at = pointer.join("/act", str(effect))
        yield from (
            Flaw(at, f"act says ={word}, which is not one of its fields") for word in words if word not in known
        )
        if all(word in chosen for word in words):
            made[str(effect)] = filled(value, chosen)
    if point is None:
        return
    wrong = unfit(point, made)
    yield from (Flaw(pointer.join("/act", effect), text) for effect, text in wrong)
    for effect in set(CASES) & made.keys() - {effect for effect, _ in wrong}:
        if made[effect] is not None:
            yield from (Flaw(f"/act/{effect}", text) for text in unknown_case(made[effect], contracts))


def _fields(data: Any, flaws: list[Flaw]) -> dict[str, Field]:
    made: dict[str, Field] = {}
    if not isinstance(data, Mapping):
        flaws.append(Flaw("/fields", "fields is not a mapping"))
        return made
    for name, spec in data.items():
        at = pointer.join("/fields", str(name))
        text = _unfit_field(str(name), spec)
        if text:
            flaws.append(Flaw(at, text))
            continue
        field = Field(
            name,
            spec["default"],
            spec.get("text", ""),
            spec.get("unit", ""),
            spec.get("least"),
            spec.get("most"),
            tuple(spec.get("one_of", ())),
        )
        try:
            field.take(field.default)
        except FaultError as error:
            flaws.append(Flaw(at, f"fields.{name}.default: {error}"))
        else:
            made[name] = field
    return made


def _unfit_field(name: str, spec: Any) -> str:
    """Return what is wrong with a field of a file, or ''."""
    if not isinstance(spec, Mapping) or "default" not in spec or set(spec) - set(_FIELD_KEYS):
        return f"fields.{name} needs a default, and takes {', '.join(_FIELD_KEYS)}"
    if not _NAME.fullmatch(name):
        return f"fields: a name is small letters, digits and underscores, got {name!r:.60}"
    if name in RESERVED:
        return f"fields.{name} is a word that rules have for themselves; choose another"
    if type(spec["default"]) not in KINDS:
        return f"fields.{name}.default is {', '.join(KINDS.values())}; got {spec['default']!r:.60}"
    if not all(_is_bound(spec.get(bound)) for bound in ("least", "most")):
        return f"fields.{name}: least and most are numbers"
    if not all(_is_line(spec.get(words, "")) for words in ("text", "unit")):
        return f"fields.{name}: text and unit are lines of text"
    if not _is_texts(spec.get("one_of", [])):
        return f"fields.{name}.one_of is a list of texts"
    if spec.get("one_of") and not isinstance(spec["default"], str):
        return f"fields.{name}.one_of is for a field that is text"
    return ""


def _usual_role(point: Point) -> str | None:
    """Return the role that the faults of a point are for if their file does not say."""
    return {"answer": None, "network": None, "result": "result"}.get(point, "submit")


def _is_bound(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value))


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MOST_TEXT and value.isprintable()


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _words(value: Any) -> list[str]:
    if isinstance(value, str) and value.startswith("="):
        return [value[1:]]
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [word for item in items for word in _words(item)]
