"""What a flat JSON Schema demands of a value beyond its type, in English sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from flat_schema import Data, conditions, flattened

_SAID_BY_THE_TYPE = ("const", "enum")
_NO_RULE = frozenset({"default", "description", "examples", "title", "type"})


def limits(spec: Data, root: Data) -> list[str]:
    """Return one sentence for each limit of a field; what `const` and `enum` say is left to the type."""
    said = [] if any(key in spec for key in _SAID_BY_THE_TYPE) else list(_bounds(spec))
    if "items" in spec:
        item = flattened(spec["items"], root)
        each = [*filter(None, [item.get("description")]), *limits(item, root)]
        said += [f"Each: {' '.join(map(sentence, each))}"] if each else []
    if "default" in spec:
        said.append(f"Default: {shown(spec['default'])}")
    return [sentence(text) for text in said]


def rules(spec: Data, root: Data) -> list[str]:
    """Return one sentence for each rule that ties several fields of an object together."""
    said = [
        f"{name} goes only with {_and(wanted)}" for name, wanted in spec.get("dependentRequired", {}).items() if wanted
    ]
    for rule in conditions(spec):
        condition = _and(_demands(rule["if"], root, given=True))
        for word, key in (("If", "then"), ("Unless", "else")):
            if key in rule:
                said.append(f"{word} {condition}: {_and(_demands(rule[key], root))}")
    for name, part in spec.get("dependentSchemas", {}).items():
        own = rules(part, root)
        plain = _demands({key: value for key, value in part.items() if key not in ("if", "then", "else")}, root)
        said += [*own, *([f"With {name}: {_and(plain)}"] if plain else [])]
    return [sentence(text) for text in said]


def sentence(text: str) -> str:
    """Return `text` with one full stop at its end."""
    return f"{text.strip().rstrip('.')}."


def shown(value: Any) -> str:
    """Return a value as Python has it, text in double quotes."""
    return repr(value) if value is None or isinstance(value, bool) else json.dumps(value, ensure_ascii=False)


def _bounds(spec: Data) -> Iterator[str]:
    yield from _span(spec, "minimum", "maximum", "")
    if "exclusiveMinimum" in spec:
        yield f"Above {spec['exclusiveMinimum']}"
    if "exclusiveMaximum" in spec:
        yield f"Below {spec['exclusiveMaximum']}"
    if spec.get("multipleOf", 1) != 1:  # a multiple of 1 is an integer, which the type says
        yield f"A multiple of {spec['multipleOf']}"
    yield from _span(spec, "minLength", "maxLength", "character")
    yield from _span(spec, "minItems", "maxItems", "item")
    yield from _span(spec, "minProperties", "maxProperties", "key")
    if spec.get("uniqueItems"):
        yield "No item twice"
    if "format" in spec:
        yield f"Format: {spec['format']}"
    if "pattern" in spec:
        yield f"Pattern: `{spec['pattern']}`"


def _span(spec: Data, least: str, most: str, unit: str) -> Iterator[str]:
    low, high = spec.get(least), spec.get(most)
    if low is None and high is None:
        return
    last = high if high is not None else low
    words = f" {unit}{'' if last == 1 else 's'}" if unit else ""
    if low is None:
        yield f"At most {high}{words}"
    elif high is None:
        yield f"At least {low}{words}"
    else:
        yield f"{low if low == high else f'{low} to {high}'}{words}"


def _demands(schema: Any, root: Data, *, given: bool = False) -> list[str]:
    """Say what a part of a rule asks; `given` for a condition, which needs no word on what must be present."""
    if not isinstance(schema, Mapping):
        return [shown(schema)]
    spec = flattened(schema, root)
    fields = spec.get("properties", {})
    said = [
        f"{name} is {'given' if given else 'required'}"
        for name in spec.get("required", ())
        if not given or name not in fields
    ]
    for name, value in fields.items():
        said += _said_of(name, flattened(value, root), root)
    unsaid = {key: value for key, value in spec.items() if key not in ("required", "properties", *_NO_RULE)}
    return [*said, *([shown(unsaid)] if unsaid else [])]


def _said_of(name: str, spec: Data, root: Data) -> list[str]:
    if "description" in spec:
        return [str(spec["description"]).rstrip(".")]
    for key, verb in (("const", "is"), ("enum", "is"), ("not", "is not")):
        if key in spec:
            values = spec[key] if key != "not" else spec[key].get("enum", [spec[key].get("const")])
            return [f"{name} {verb} {' or '.join(shown(value) for value in (values if key != 'const' else [values]))}"]
    said = [text.rstrip(".") for text in limits(spec, root)]
    return [f"{name} has {text[0].lower()}{text[1:]}" for text in said]


def _and(parts: list[str]) -> str:
    return " and ".join(parts)
