"""The calls of a client: what came back of each, and which of them are one call tried again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeVar

import orjson

from mockreel import faults
from mockreel.domain.faults.kind import FaultKind
from mockreel.domain.journal import Delivery, Entry
from mockreel.domain.masking import KEPT_BODY
from mockreel.verdict.play import Play, once
from mockreel_contracts import ErrorCase

R = TypeVar("R", Entry, Delivery)
_FORCED = ("refused: a fault ", "refused: the scenario asks ")


class Heard(Enum):
    """What came back of a call. `LATE` is an answer that a client with a time limit may not have waited for."""

    UNSENT = "unsent"
    LOST = "lost"
    LATE = "late"
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    ANSWERED = "answered"


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
    if not isinstance(body_of(entry), Mapping) and not is_cut(entry) and not is_file(play, entry):
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


def gaps_s(entries: list[Entry]) -> list[float]:
    """Return the waits between calls, in seconds of the mock's clock."""
    return [(after.at_ms - before.at_ms) / 1000 for before, after in pairwise(entries)]


def end_ms(play: Play) -> int:
    """Return when the client ended; without that, when it was last heard of."""
    return play.ended_ms or max((entry.at_ms for entry in play.entries), default=0)


def is_file(play: Play, entry: Entry) -> bool:
    """Whether a call was for a file itself, not for a link to one."""
    operation = play.contract.operations.get(entry.operation)
    return entry.operation == "result" or (operation is not None and operation.reply == "asset")


def is_cut(entry: Entry) -> bool:
    """Whether the journal has kept only the beginning of an answer."""
    return len(entry.answer_body) >= KEPT_BODY


def by_task(records: list[R]) -> dict[str, list[R]]:
    """Return records by their task."""
    found: dict[str, list[R]] = {}
    for record in records:
        found.setdefault(record.task_id, []).append(record)
    return found


@lru_cache(maxsize=1024)
def _sorted(body: bytes) -> bytes:
    """Return a body so that two which say the same are the same."""
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:
        return body
