"""The tasks of a client: what it was told of each, what each cost, and what came of its result."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mockreel.domain.journal import Entry
from mockreel.verdict.play import Play, TaskFacts, once
from mockreel.verdict.sight.calls import Heard, body_of, by_task, calls, effects, heard, is_cut, is_file, made
from mockreel_contracts import Phase

_PRICE = re.compile(r"^task made, ([0-9.]+) credits charged")
_PHASE = re.compile(r"^task is ([a-z]+)$")


@dataclass(frozen=True, slots=True)
class Told:
    """What the answer to a query says of a task. `phase` is None for a state that the contract does not know."""

    entry: Entry
    state: str
    phase: Phase | None
    urls: tuple[str, ...]

    @property
    def is_end(self) -> bool:
        """Whether it says that the task has ended."""
        return self.phase is not None and self.phase.is_terminal


def told(play: Play, entry: Entry) -> Told | None:
    """Return what the answer to a query says of its task, None where it says nothing that can be read."""
    operation = play.contract.operations.get(entry.operation)
    if operation is None or operation.role != "query" or heard(play, entry) not in (Heard.ANSWERED, Heard.LATE):
        return None
    if is_cut(entry):
        phase = _PHASE.match(entry.decision)
        return Told(entry, "", Phase(phase[1]), ("?",)) if phase else None
    document = {"body": body_of(entry)}
    state = _read(operation.answer, "state", document)
    if not isinstance(state, str) or not state:
        return None
    urls = _read(operation.answer, "urls", document)
    known = tuple(url for url in urls if isinstance(url, str) and url) if isinstance(urls, list) else ()
    return Told(entry, state, phases(play).get(state), known)


@once
def phases(play: Play) -> Mapping[str, Phase]:
    """Return what each state on the wire means; of those that are spelled alike, the first."""
    found: dict[str, Phase] = {}
    for state in play.contract.lifecycle.states.values():
        found.setdefault(state.wire, state.phase)
    return found


def looks(play: Play, task_id: str) -> list[Entry]:
    """Return the queries about a task."""
    return _looks(play).get(task_id, [])


def seen(play: Play, task_id: str) -> list[Told]:
    """Return what the client was told of a task by its queries."""
    return _seen(play).get(task_id, [])


@once
def task_ids(play: Play) -> list[str]:
    """Return the tasks of the client, oldest first."""
    return list(dict.fromkeys([*(task.id for task in play.tasks), *(entry.task_id for entry in made(play))]))


def facts_of(play: Play, task_id: str) -> TaskFacts | None:
    """Return the truth about a task, as far as the play has it."""
    return _facts(play).get(task_id)


def price_of(play: Play, task_id: str) -> Decimal:
    """Return what a task costs."""
    known = facts_of(play, task_id)
    if known is not None:
        return known.price
    for entry in made(play):
        said = _PRICE.match(entry.decision)
        if entry.task_id == task_id and said:
            return Decimal(said[1])
    return Decimal(0)


def is_known(play: Play, create: Entry) -> bool:
    """Whether the client heard the id of the task that a call made."""
    operation = play.contract.operations[create.operation]
    is_told = _read(operation.answer, "task_id", {"body": body_of(create)}) == create.task_id
    return is_told and heard(play, create) in (Heard.ANSWERED, Heard.LATE)


def downloads(play: Play, task_id: str | None = None) -> list[Entry]:
    """Return the calls for result files, of one task or of all."""
    found = _downloads(play)
    return found.get(task_id, []) if task_id is not None else [entry for each in found.values() for entry in each]


def is_whole(play: Play, entry: Entry) -> bool:
    """Whether a file came as it is."""
    wrong = effects(play, entry, "result")
    spoiled = {"keep", "corrupt", "media_type", "status"} & wrong.keys()
    return entry.status in (200, 206) and not spoiled and heard(play, entry) is Heard.ANSWERED


def names(play: Play, task_id: str) -> bool:
    """Whether the client says in its output which task it is about."""
    return bool(task_id) and task_id in play.claim.output


@once
def _looks(play: Play) -> dict[str, list[Entry]]:
    return by_task(calls(play, "query"))


@once
def _seen(play: Play) -> dict[str, list[Told]]:
    told_of = {task_id: [told(play, entry) for entry in entries] for task_id, entries in _looks(play).items()}
    return {task_id: [said for said in each if said is not None] for task_id, each in told_of.items()}


@once
def _downloads(play: Play) -> dict[str, list[Entry]]:
    found = [entry for entry in calls(play, "result", "download") if entry.method == "GET"]
    return by_task([entry for entry in found if is_file(play, entry)])


@once
def _facts(play: Play) -> dict[str, TaskFacts]:
    return {task.id: task for task in reversed(play.tasks)}


def _read(answer: Mapping[str, Any], name: str, document: Mapping[str, Any]) -> Any:
    expression = answer.get(name)
    if expression is None:
        return None
    try:
        return expression(document)
    except ValueError:
        return None
