"""What a known-bad server is: what is wrong with it, and which check must find that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockreel.conformance.broken.visit import Memory, Visit
from mockreel.desk import Desk
from mockreel.domain.messages import Answer, Request
from mockreel.domain.task import Task
from mockreel_contracts import Contract

Believe = Callable[[Contract], Contract]
Hear = Callable[[Visit, Request], Request]
Say = Callable[[Visit, Answer], Answer]
Drawn = dict[str, Any]
Draw = Callable[[Drawn, Memory], None]
Tell = Callable[[Contract, Any], Any]
Bear = Callable[[Task], None]
Arm = Callable[[Desk], None]


@dataclass(frozen=True, slots=True)
class Broken:
    """One way in which a server does not keep its contract.

    `breaks` says it in one line, `caught_by` is the check that names the cause, `also` are checks that may see what
    follows from it. `needs` are what a contract must have for it (words of `needs.NEEDS`).

    How it is done: `believe` changes the contract that the server goes by; `hear` changes a request before it is
    looked at; `say` changes a finished answer; `draw` changes, by role of the operation (or `callback`, `error`), the
    document that an answer is made from, the second argument being what the server remembers; `tell` changes the body
    of callbacks; `bear` changes a new task; `arm` sets the server up, by faults for instance; `options` are Settings.
    """

    name: str
    breaks: str
    caught_by: str
    also: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    believe: Believe | None = None
    hear: Hear | None = None
    say: Say | None = None
    draw: Mapping[str, Draw] = field(default_factory=dict)
    tell: Tell | None = None
    bear: Bear | None = None
    arm: Arm | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
