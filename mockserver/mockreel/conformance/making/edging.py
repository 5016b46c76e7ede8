"""Bodies at the edges of what a model takes: each bound, each value, each combination; as few bodies as will do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mockreel.conformance.making.breaking import is_across
from mockreel.conformance.making.changes import FAR
from mockreel.conformance.making.fields import enumerated, filled, plausible, put, shapes_of
from mockreel.strategies.bounds import Bounds, bounds_of
from mockreel.strategies.shape import Shape
from mockreel.strategies.subject import Subject
from mockreel_contracts import pointer

AND = " and "  # between the edges of one body
WIDE = "\u8239"  # a letter of several bytes
_PAIRS = 8  # combinations of two fields that do not go together freely
_LONGEST = 1_048_576  # characters; a text up to a greater bound is not sent


@dataclass(frozen=True, slots=True)
class Edge:
    """Values that a body must be allowed to have. `axis` says what they are at the edge of.

    `beyond` is the next value of the first of them, which is allowed no more; None where there is none.
    """

    axis: str
    values: tuple[tuple[str, Any], ...]
    beyond: Any = None


@dataclass(frozen=True, slots=True)
class Edged:
    """A body that the contract accepts, and the edges it is at."""

    body: Any
    edges: tuple[Edge, ...]

    @property
    def axis(self) -> str:
        """The edges in words."""
        return AND.join(edge.axis for edge in self.edges)


def edges_of(subject: Subject, base: Any) -> list[Edge]:
    """Return the edges of a model, those left out that no body can be at together with what `base` has."""
    choices = enumerated(subject.valid)
    found: dict[str, Edge] = {}
    for at, parts in shapes_of(subject.valid).items():
        if at == f"/{subject.operation.discriminator}" or at.endswith("/0"):
            continue
        for part in parts:
            for what, value, beyond in _values(part):
                axis = f"{at} {what}"
                tried = Edge(axis, ((at, value),), beyond)
                edge = _possible(subject, base, choices, tried) if axis not in found else None
                if edge is not None:
                    found[axis] = edge
    return [*found.values(), *_pairs(subject, base, choices)]


def packed(subject: Subject, base: Any, edges: Sequence[Edge]) -> list[Edged]:
    """Return bodies that are together at all edges, each at as many as go together."""
    made: list[Edged] = []
    for edge in edges:
        for index, one in enumerate(made):
            taken = {at for other in one.edges for at, _ in other.values}
            body = _with(one.body, edge)
            together = (*one.edges, edge)
            is_free = not taken & {at for at, _ in edge.values}
            if is_free and subject.accepts(body) and all(_is_sharp(subject, body, each) for each in together):
                made[index] = Edged(body, together)
                break
        else:
            made.append(Edged(_with(base, edge), (edge,)))
    return made


def alone(base: Any, edged: Edged) -> list[Edged]:
    """Return a body for each edge by itself."""
    return [Edged(_with(base, edge), (edge,)) for edge in edged.edges]


def _with(body: Any, edge: Edge) -> Any:
    for at, value in edge.values:
        body = put(body, pointer.split(at), value)
    return body


def _is_sharp(subject: Subject, body: Any, edge: Edge) -> bool:
    """Whether the bound of an edge holds in a body: some hold only beside certain values of other fields."""
    return edge.beyond is None or not subject.accepts(put(body, pointer.split(edge.values[0][0]), edge.beyond))


def _possible(subject: Subject, base: Any, choices: Mapping[str, Sequence[Any]], edge: Edge) -> Edge | None:
    """Return an edge, with one other value changed where `base` does not go with it."""
    others = ((other, value) for other, values in choices.items() if other != edge.values[0][0] for value in values)
    for tried in (edge, *(replace(edge, values=(*edge.values, other)) for other in others)):
        body = _with(base, tried)
        if subject.accepts(body) and _is_sharp(subject, body, tried):
            return tried
    return None


def _pairs(subject: Subject, base: Any, choices: Mapping[str, Sequence[Any]]) -> Iterator[Edge]:
    """Go through the combinations that are allowed of fields of which others are not."""
    about = {rule.pointer for rule in subject.broken if is_across(rule)} & choices.keys()
    for one in sorted(about):
        for other in choices:
            if other == one or (other in about and other < one):
                continue
            edges = [
                Edge(f"{one} {v!r} beside {other} {w!r}", ((one, v), (other, w)))
                for v in choices[one]
                for w in choices[other]
            ]
            allowed = [edge for edge in edges if subject.accepts(_with(base, edge))]
            if len(allowed) < len({e.values[0][1] for e in allowed}) * len({e.values[1][1] for e in allowed}):
                step = max(len(allowed) // _PAIRS, 1)
                yield from allowed[::step][:_PAIRS]


def _values(shape: Shape) -> Iterator[tuple[str, Any, Any]]:
    """Go through the edges of one field: what each is, its value, and the next value that is beyond."""
    bounds = bounds_of(shape)
    among = bounds.values()
    if among is not None:
        yield from ((f"enum {value!r}", value, None) for value in among)
        return
    if bounds.kinds == {"boolean"}:
        yield from (("type true", True, None), ("type false", False, None))
    elif "array" in bounds.kinds and shape.item is not None:
        item = plausible(shape.item)
        for name, size, step in (("minItems", bounds.fewest, -1), ("maxItems", bounds.most, 1)):
            if size and size <= FAR:
                yield f"{name} {size}", [item] * size, [item] * (size + step)
    else:
        yield from _numbers(bounds)
        if "string" in bounds.kinds:
            yield from _texts(bounds)
        value = plausible(shape)
        if value is not None and not bounds.kinds & {"array", "object"}:
            yield "type", value, None


def _numbers(bounds: Bounds) -> Iterator[tuple[str, Any, Any]]:
    for name, bound, step in (("minimum", bounds.low, -1), ("maximum", bounds.high, 1)):
        if bound is not None and bounds.kinds & {"integer", "fraction"} and bounds.has(bound):
            yield f"{name} {bound}", bound, bound + step
            if "string" in bounds.kinds and bounds.fits(str(bound)):
                yield f"{name} {bound} as text", str(bound), None


def _texts(bounds: Bounds) -> Iterator[tuple[str, Any, Any]]:
    if bounds.patterns or bounds.formats:
        if bounds.fits("") and not bounds.formats:
            yield "pattern, empty", "", None
        return
    if bounds.shortest:
        yield f"minLength {bounds.shortest}", "a" * bounds.shortest, "a" * (bounds.shortest - 1)
    longest = bounds.longest
    if longest is not None and longest <= _LONGEST:
        yield f"maxLength {longest}", filled("A boat", longest), filled("A boat", longest + 1)
        if longest <= FAR:
            wide = f"maxLength {longest}, in letters of several bytes"
            yield wide, WIDE * longest, WIDE * (longest + 1)
