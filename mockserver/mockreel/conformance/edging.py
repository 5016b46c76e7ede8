"""Bodies at the edges of what a model takes: each bound, each value, each combination; as few bodies as will do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockreel.conformance.breaking import is_across
from mockreel.conformance.changes import FAR
from mockreel.conformance.fields import enumerated, filled, plausible, put, shapes_of
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
    """Values that a body must be allowed to have. `axis` says what they are at the edge of."""

    axis: str
    values: tuple[tuple[str, Any], ...]


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
            for what, value in _values(part):
                axis = f"{at} {what}"
                edge = _possible(subject, base, choices, axis, (at, value)) if axis not in found else None
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
            if not taken & {at for at, _ in edge.values} and subject.accepts(body):
                made[index] = Edged(body, (*one.edges, edge))
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


def _possible(
    subject: Subject, base: Any, choices: Mapping[str, Sequence[Any]], axis: str, own: tuple[str, Any]
) -> Edge | None:
    """Return an edge, with one other value changed where `base` does not go with it."""
    edge = Edge(axis, (own,))
    if subject.accepts(_with(base, edge)):
        return edge
    for other, values in choices.items():
        for value in values if other != own[0] else ():
            edge = Edge(axis, (own, (other, value)))
            if subject.accepts(_with(base, edge)):
                return edge
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


def _values(shape: Shape) -> Iterator[tuple[str, Any]]:
    """Go through the edges of one field: what each is, and its value."""
    bounds = bounds_of(shape)
    among = bounds.values()
    if among is not None:
        yield from ((f"enum {value!r}", value) for value in among)
        return
    if bounds.kinds == {"boolean"}:
        yield from (("type true", True), ("type false", False))
    elif "array" in bounds.kinds and shape.item is not None:
        item = plausible(shape.item)
        sizes = {"minItems": bounds.fewest, "maxItems": bounds.most}
        yield from ((f"{name} {size}", [item] * size) for name, size in sizes.items() if size and size <= FAR)
    else:
        yield from _numbers(bounds)
        if "string" in bounds.kinds:
            yield from _texts(bounds)
        value = plausible(shape)
        if value is not None and not bounds.kinds & {"array", "object"}:
            yield "type", value


def _numbers(bounds: Bounds) -> Iterator[tuple[str, Any]]:
    for name, bound in (("minimum", bounds.low), ("maximum", bounds.high)):
        if bound is not None and bounds.kinds & {"integer", "fraction"} and bounds.has(bound):
            yield f"{name} {bound}", bound
            if "string" in bounds.kinds and bounds.fits(str(bound)):
                yield f"{name} {bound} as text", str(bound)


def _texts(bounds: Bounds) -> Iterator[tuple[str, Any]]:
    if bounds.patterns or bounds.formats:
        if bounds.fits("") and not bounds.formats:
            yield "pattern, empty", ""
        return
    if bounds.shortest:
        yield f"minLength {bounds.shortest}", "a" * bounds.shortest
    if bounds.longest is not None and bounds.longest <= _LONGEST:
        yield f"maxLength {bounds.longest}", filled("A boat", bounds.longest)
        if bounds.longest <= FAR:
            yield f"maxLength {bounds.longest}, in letters of several bytes", WIDE * bounds.longest
