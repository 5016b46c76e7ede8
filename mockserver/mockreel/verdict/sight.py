"""What a client could see, and what was true: a play, read with the contract alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeVar

import orjson

from mockreel import faults
from mockreel.domain.faults.kind import FaultKind
from mockreel.domain.journal import Delivery, Entry
from mockreel.domain.masking import KEPT_BODY
from mockreel.verdict.play import Play, TaskFacts, once
from mockreel_contracts import ErrorCase, Phase

R = TypeVar("R", Entry, Delivery)
_FORCED = ("refused: a fault ", "refused: the scenario asks ")
_PRICE = re.compile(r"^task made, ([0-9.]+) credits charged")
_PHASE = re.compile(r"^task is ([a-z]+)$")


class Heard(Enum):
    """What came back of a call. `LATE` is an answer that a client with a time limit may not have waited for."""

    UNSENT = "unsent"
    LOST = "lost"
    LATE = "late"
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    ANSWERED = "answered"


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


# -- calls -------------------------------------------------------------------------------------------------------------


def role_of(play: Play, entry: Entry) -> str:
    """Return the role of a call; `result` for a file of a task, '' for what no contract knows."""
    if entry.operation == "result":
        return "result"
    operation = play.contract.operations.get(entry.operation)
    return operation.role if operation is not None else ""


def calls(play: Play, *roles: str) -> list[Entry]:
    """Return the calls of these roles, oldest first."""
    return [entry for entry in play.calls if role_of(play, entry) in roles]


@once
def creates(play: Play) -> list[Entry]:
    """Return the calls that were to make a task."""
    return calls(play, "submit")


@once
def made(play: Play) -> list[Entry]:
    """Return the calls that made a task, whatever the client heard of it."""
    return [entry for entry in creates(play) if entry.task_id]


def effects(play: Play, entry: Entry | Delivery, point: str) -> Mapping[str, Any]:
    """Return what the faults that a call met do at a point, their fields not filled in."""
    own = {rule.kind.name: rule.kind for rule in play.scenario.faults}
    found: dict[str, Any] = {}
    for name in entry.faults:
        kind: FaultKind | None = own.get(name) or faults.shipped().get(name)
        if kind is not None and kind.point == point:
            found.update(kind.act)
    return found


def heard(play: Play, entry: Entry) -> Heard:
    """Return what came back of a call."""
    network, answer = effects(play, entry, "network"), effects(play, entry, "answer")
    if not entry.status or network.get("refused") or network.get("reset") == "before":
        return Heard.UNSENT
    if network.get("reset") or {"hang_s", "cut_chunk", "length"} & network.keys():
        return Heard.LOST
    if role_of(play, entry) == "result":
        return Heard.REFUSED if entry.status >= 400 else Heard.ANSWERED
    if not isinstance(body_of(entry), Mapping) and not _is_cut(entry) and not _is_file(play, entry):
        return Heard.UNREADABLE
    if entry.case or entry.status >= 400:
        return Heard.REFUSED
    return Heard.LATE if {"delay_s"} & answer.keys() or network else Heard.ANSWERED


def is_failure(play: Play, entry: Entry) -> bool:
    """Whether a call failed in a way that may pass: no answer, none that can be read, or an error of that kind."""
    came = heard(play, entry)
    if came is Heard.REFUSED:
        case = case_of(play, entry)
        return case.retryable if case is not None else entry.status >= 500
    return came in (Heard.UNSENT, Heard.LOST, Heard.UNREADABLE)


def case_of(play: Play, entry: Entry) -> ErrorCase | None:
    """Return the ErrorCase that a call was answered with."""
    return play.contract.errors.get(entry.case)


def is_forced(entry: Entry) -> bool:
    """Whether a fault or the scenario refused a call, not what is in it."""
    return entry.decision.startswith(_FORCED) or ", and then a fault answers " in entry.decision


def body_of(entry: Entry) -> Any:
    """Return the body of an answer, None where it is no JSON."""
    try:
        return orjson.loads(entry.answer_body)
    except orjson.JSONDecodeError:
        return None


def tries(play: Play, *roles: str) -> list[list[Entry]]:
    """Return the calls of these roles, those that ask for the same together."""
    found: dict[tuple[str, str, bytes, bytes], list[Entry]] = {}
    for entry in calls(play, *roles):
        asked = (entry.operation, entry.path, entry.query, _sorted(entry.request_body))
        found.setdefault(asked, []).append(entry)
    return list(found.values())


def failing_runs(play: Play, *roles: str) -> Iterator[list[Entry]]:
    """Yield each row of failed tries of one call, with the try that came after it, where one did."""
    for group in tries(play, *roles):
        row: list[Entry] = []
        for entry in group:
            row.append(entry)
            if not is_failure(play, entry):
                if len(row) > 1:
                    yield row
                row = []
        if len(row) > 1:
            yield row


# -- tasks -------------------------------------------------------------------------------------------------------------


def told(play: Play, entry: Entry) -> Told | None:
    """Return what the answer to a query says of its task, None where it says nothing that can be read."""
    operation = play.contract.operations.get(entry.operation)
    if operation is None or operation.role != "query" or heard(play, entry) not in (Heard.ANSWERED, Heard.LATE):
        return None
    if _is_cut(entry):
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


# -- callbacks ---------------------------------------------------------------------------------------------------------


def taken(delivery: Delivery) -> bool:
    """Whether the receiver took a callback."""
    return delivery.outcome == "ok"


def told_by_callback(play: Play, task_id: str) -> list[Delivery]:
    """Return the genuine callbacks about a task that came while the client was there."""
    return _told_by_callback(play).get(task_id, [])


@once
def in_time(play: Play) -> list[Delivery]:
    """Return the deliveries that were made while the client was there."""
    end_ms = play.ended_ms or float("inf")
    return [each for each in play.deliveries if each.at_ms + each.latency_ms <= end_ms]


def is_genuine(play: Play, delivery: Delivery) -> bool:
    """Whether a callback is signed as it should be, now, and its body is whole."""
    twist = effects(play, delivery, "callback")
    return not {"wrong_key", "unsigned", "age_s", "cut", "state"} & twist.keys()


def phase_told(play: Play, delivery: Delivery) -> Phase | None:
    """Return the phase of the state that a callback tells of."""
    state = play.contract.lifecycle.states.get(delivery.state)
    return state.phase if state is not None else None


def learned_end(play: Play, task_id: str) -> bool:
    """Whether the client was told that a task has ended, by a query or by a genuine callback that it took."""
    if any(said.is_end for said in seen(play, task_id)):
        return True
    told_of = [delivery for delivery in told_by_callback(play, task_id) if taken(delivery)]
    return any((phase := phase_told(play, d)) is not None and phase.is_terminal for d in told_of)


# -- time --------------------------------------------------------------------------------------------------------------


def gaps_s(entries: list[Entry]) -> list[float]:
    """Return the waits between calls, in seconds of the mock's clock."""
    return [(after.at_ms - before.at_ms) / 1000 for before, after in pairwise(entries)]


def end_ms(play: Play) -> int:
    """Return when the client ended; without that, when it was last heard of."""
    return play.ended_ms or max((entry.at_ms for entry in play.entries), default=0)


def names(play: Play, task_id: str) -> bool:
    """Whether the client says in its output which task it is about."""
    return bool(task_id) and task_id in play.claim.output


# -- reading -----------------------------------------------------------------------------------------------------------


def _read(answer: Mapping[str, Any], name: str, document: Mapping[str, Any]) -> Any:
    expression = answer.get(name)
    if expression is None:
        return None
    try:
        return expression(document)
    except ValueError:
        return None


def _is_file(play: Play, entry: Entry) -> bool:
    """Whether a call was for a file itself, not for a link to one."""
    operation = play.contract.operations.get(entry.operation)
    return entry.operation == "result" or (operation is not None and operation.reply == "asset")


def _is_cut(entry: Entry) -> bool:
    return len(entry.answer_body) >= KEPT_BODY


@lru_cache(maxsize=1024)
def _sorted(body: bytes) -> bytes:
    """Return a body so that two which say the same are the same."""
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:
        return body


@once
def _looks(play: Play) -> dict[str, list[Entry]]:
    return _by_task(calls(play, "query"))


@once
def _seen(play: Play) -> dict[str, list[Told]]:
    told_of = {task_id: [told(play, entry) for entry in entries] for task_id, entries in _looks(play).items()}
    return {task_id: [said for said in each if said is not None] for task_id, each in told_of.items()}


@once
def _downloads(play: Play) -> dict[str, list[Entry]]:
    found = [entry for entry in calls(play, "result", "download") if entry.method == "GET"]
    return _by_task([entry for entry in found if _is_file(play, entry)])


@once
def _told_by_callback(play: Play) -> dict[str, list[Delivery]]:
    return _by_task([delivery for delivery in in_time(play) if is_genuine(play, delivery)])


@once
def _facts(play: Play) -> dict[str, TaskFacts]:
    return {task.id: task for task in reversed(play.tasks)}


def _by_task(records: list[R]) -> dict[str, list[R]]:
    found: dict[str, list[R]] = {}
    for record in records:
        found.setdefault(record.task_id, []).append(record)
    return found
