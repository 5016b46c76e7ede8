"""A check of a client: what it is about, and a pure function over one play."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from mockreel.report import Finding, Status
from mockreel.verdict.play import Play


@dataclass(frozen=True, slots=True)
class Doubt:
    """A finding whose harm is not certain: a warning."""

    finding: Finding


Looked = Iterator[Finding | Doubt | None]
"""What a check has looked at, one by one; None is one thing that is good. Nothing at all: the play does not show it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question about a client.

    `why` is the harm in one line, `known_from` what shows that it happens to real users, with its source, `hint` what
    to do. `needs` says in words what must have happened for an answer, `minimum` how often before "good" is said.
    `weight` is its part in the score: 3 where money or results are lost, 2 where others are, 1 for manners.
    """

    id: str
    title: str
    why: str
    known_from: str
    hint: str
    needs: str
    look: Callable[[Play], Looked]
    weight: Literal[1, 2, 3] = 2
    minimum: int = 1
    severity: Status = Status.FAIL
