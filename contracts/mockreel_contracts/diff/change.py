"""One difference between two contracts, and whom it breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["breaking", "safe", "unknown"]
Kind = Literal["behavior", "documentation"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to one side, and why."""

    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Breaks:
    """`callers`: an integration written against A meets B. `servers`: a server written for A is judged by B."""

    callers: Effect
    servers: Effect


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a contract: `pointer` is FILE#/JSON/POINTER. `path` and `line` (from 1; 0: not known) locate it."""

    pointer: str
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """What changed, in a sentence; where in A and in B (None: it is not there); whom it breaks.

    `part` is what it belongs to: a request such as "POST /films", or a part of the behavior such as "credits".
    """

    part: str
    text: str
    a: Where | None
    b: Where | None
    breaks: Breaks
    kind: Kind = "behavior"
    also: tuple[str, ...] = field(default=(), compare=False)
    """Other parts in which the same change counts, such as further requests that use the same schema."""


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of many: breaking before unknown before safe."""
    found = set(verdicts)
    return "breaking" if "breaking" in found else "unknown" if "unknown" in found else "safe"


def breaking(why: str) -> Effect:
    """Make an effect that breaks."""
    return Effect("breaking", why)


def safe(why: str) -> Effect:
    """Make an effect that breaks nothing."""
    return Effect("safe", why)


def unknown(why: str) -> Effect:
    """Make an effect that cannot be decided."""
    return Effect("unknown", why)


def both(effect: Effect) -> Breaks:
    """Make the effects of what concerns callers and servers in the same way."""
    return Breaks(effect, effect)


NOT_ON_THE_WIRE = safe("nothing of it is on the wire")
ONLY_TEXT = both(safe("a text for readers"))
UNDECIDED = both(unknown("the two cannot be compared by their meaning: look at both"))
EVERYBODY = both(breaking("what the one sends is not what the other expects"))
"""Both sides must change together."""
GIVEN = Breaks(safe("callers need not use it"), breaking("a server written for A does not have it"))
"""Something that B has and A has not."""
TAKEN = Breaks(breaking("callers that use it find it no longer"), safe("a server may have more than B asks for"))
"""Something that A has and B has not."""
