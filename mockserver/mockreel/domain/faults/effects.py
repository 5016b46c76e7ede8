"""What faults can do, by the point at which they act. A fault file sets some of these fields; none is set by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mockreel.domain.callbacks.twist import Twist

Place = Literal[
    "task_id", "state", "progress", "urls", "error_code", "error_message", "credits", "balance", "url", "tasks"
]
"""What a contract says where it stands in an answer."""
Waiting = Literal["queued", "running"]


@dataclass(frozen=True, slots=True)
class AnswerEffects:
    """Changes to the answer of a call.

    case: refused with this ErrorCase, before anything is done. late_case: answered with it after everything was done.
    delay_s: the answer is held back so long; up to delay_to_s, evenly, if that is more; with delay_sigma log-normally,
    delay_s being the median. status, media_type, text: another HTTP status, Content-Type, body. spoken: the state of
    the task is told with another word; neutral: with the provider-neutral one; capitals: in capitals. progress: told
    so. drop, null, retype, garble: what is left out, null, of another JSON type, or no longer readable, where the
    answer holds it. add: fields added. wrap: the body is put into a field of this name. keep: only this part of the
    body, 0 to 1.
    """

    case: str | None = None
    late_case: str | None = None
    delay_s: float = 0
    delay_to_s: float = 0
    delay_sigma: float = 0
    status: int | None = None
    media_type: str | None = None
    text: str | None = None
    spoken: str | None = None
    neutral: bool = False
    capitals: bool = False
    progress: int | None = None
    drop: tuple[Place, ...] = ()
    null: tuple[Place, ...] = ()
    retype: tuple[Place, ...] = ()
    garble: tuple[Place, ...] = ()
    add: Mapping[str, Any] = field(default_factory=dict)
    wrap: str | None = None
    keep: float = 1.0


@dataclass(frozen=True, slots=True)
class NetworkEffects:
    """What becomes of the connection.

    refused: nothing listens. reset: the connection is reset `before` the request is read (nothing is done), `after`
    it was carried out and instead of the answer, or in the `middle` of the answer. hang_s: no answer for so long, then
    the connection is closed. first_byte_s: the first byte comes so late. dribble_s: the body comes in pieces over so
    long. length: Content-Length is off by so much. cut_chunk: the answer comes in chunks, and the last one is short.
    """

    refused: bool = False
    reset: Literal["before", "after", "middle"] | None = None
    hang_s: float = 0
    first_byte_s: float = 0
    dribble_s: float = 0
    length: int = 0
    cut_chunk: bool = False

    @property
    def is_before(self) -> bool:
        """Whether the request is never carried out."""
        return self.refused or self.reset == "before"


@dataclass(frozen=True, slots=True)
class MoneyEffects:
    """What goes wrong with the money of a task.

    twice: it is charged twice. no_refund: what it cost is not given back. refund_late_s: it is given back so late.
    """

    twice: bool = False
    no_refund: bool = False
    refund_late_s: float = 0


@dataclass(frozen=True, slots=True)
class TaskEffects:
    """How a task goes wrong.

    outcome, error, stuck_in, stretch: as in a scenario. wait_s: it is queued so much longer. skip: phases that it does
    not go through. again: it goes back to an earlier state once. unknown: a state with this word comes in before the
    last. falling: its progress falls. result: `none`, `empty`, `partial` or `unreadable` on success. hidden_looks,
    hidden_s: at first it is not found. gone_s: so long after its end it is not found any more.
    """

    outcome: Literal["succeeded", "failed"] | None = None
    error: str | None = None
    stuck_in: Waiting | None = None
    stretch: float | None = None
    wait_s: float = 0
    skip: tuple[Waiting, ...] = ()
    again: bool = False
    unknown: str | None = None
    falling: bool = False
    result: Literal["none", "empty", "partial", "unreadable"] | None = None
    hidden_looks: int = 0
    hidden_s: float = 0
    gone_s: float | None = None


@dataclass(frozen=True, slots=True)
class ResultEffects:
    """What goes wrong with a result file.

    status: this HTTP status instead of the file. delay_s: it comes so late. keep: only this part of it, 0 to 1, though
    its length is given whole. corrupt: its bytes are changed. media_type: another Content-Type, and no video. no_range:
    Range is ignored.
    """

    status: int | None = None
    delay_s: float = 0
    keep: float = 1.0
    corrupt: bool = False
    media_type: str | None = None
    no_range: bool = False


Point = Literal["answer", "network", "money", "task", "result", "callback"]
EFFECTS: Mapping[str, type] = {
    "answer": AnswerEffects,
    "network": NetworkEffects,
    "money": MoneyEffects,
    "task": TaskEffects,
    "result": ResultEffects,
    "callback": Twist,
}
"""The effects of each point at which a fault can act."""

_CALLS = frozenset({"submit", "query", "cancel", "balance", "list", "download"})
ACTS_ON: Mapping[str, frozenset[str]] = {
    "answer": _CALLS,
    "network": _CALLS | {"result"},
    "money": frozenset({"submit"}),
    "task": frozenset({"submit"}),
    "result": frozenset({"submit", "result"}),
    "callback": frozenset({"submit"}),
}
"""The roles of the calls on which the faults of each point act. On a submit they stay with the task for life."""

Effects = Mapping[str, Mapping[str, Any]]
"""By point: the effects of all faults that a call meets."""


QUESTIONS: Mapping[str, tuple[tuple[tuple[str, ...], ...], ...]] = {
    "answer": (
        (("case",), ("late_case",)),
        (("delay_s",), ("delay_to_s",), ("delay_sigma",)),
        (("spoken",), ("neutral",)),
    ),
    "network": ((("refused",), ("reset",), ("hang_s",), ("length",), ("cut_chunk",)),),
    "money": ((("no_refund",), ("refund_late_s",)),),
    "task": ((("outcome",), ("error",), ("stuck_in",)),),
    "result": ((("status",), ("keep", "corrupt", "media_type", "no_range")),),
    "callback": ((("unsigned",), ("wrong_key", "age_s")),),
}
"""By point: the questions to which effects of several names are answers. Those that stand together go together; the
others exclude each other, and a later fault takes them away from an earlier one."""


def merged(first: Effects | None, second: Effects | None) -> Effects | None:
    """Return the effects of both. Lists and objects add up; otherwise, where both say something, `second` counts.

    So it does where they say it with effects of other names that exclude each other (`QUESTIONS`).
    """
    if not first or not second:
        return first or second
    return {
        point: both(point, first[point], second[point]) if point in first and point in second else one
        for point, one in {**first, **second}.items()
    }


def both(point: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the effects of two faults of one point, as `merged` does."""
    answered = {
        name
        for question in QUESTIONS[point]
        for said in question
        if not second.keys().isdisjoint(said)
        for other in question
        if other is not said
        for name in other
    }
    kept = {name: value for name, value in first.items() if name not in answered}
    return {**kept, **{name: _summed(kept.get(name), value) for name, value in second.items()}}


def _summed(first: Any, second: Any) -> Any:
    if isinstance(first, tuple) and isinstance(second, tuple):
        return (*first, *(each for each in second if each not in first))
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return {**first, **second}
    return second
