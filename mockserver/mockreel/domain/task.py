"""One task as stored: small, and enough to know its state at any time."""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import TYPE_CHECKING, Any

import orjson

from mockreel.domain import timeline
from mockreel.domain.faults.effects import Effects, Point
from mockreel.domain.scenario import Pace
from mockreel.domain.timeline import Course, Moment, Timeline
from mockreel_contracts import Model, Operation

if TYPE_CHECKING:
    from decimal import Decimal

    from mockreel.domain.sandbox import Sandbox

STATES_ROLLED = 16
_ROLL_TOP = (1 << 32) - 1
_ROLLED = Struct(f">{STATES_ROLLED}I")


class Looks:
    """The looks at one task so far, and the moments at which they moved it into each state."""

    __slots__ = ("count", "marks")

    def __init__(self, created_ms: int) -> None:
        self.count = 0
        self.marks = [created_ms]


class Lasting(dict[str, Mapping[str, Any]]):
    """The effects, by point, of the faults that go with a task for life, and the `names` of all that its create met."""

    __slots__ = ("names",)

    def __init__(self, effects: Effects, names: tuple[str, ...]) -> None:
        super().__init__(effects)
        self.names = names


class Task:
    """A task. The request is kept as the bytes that came; everything else that can be derived is derived.

    `effects` are those of the faults that go with it for life.
    """

    __slots__ = (
        "body",
        "course",
        "created_ms",
        "cut",
        "effects",
        "id",
        "looks",
        "model",
        "ordinal",
        "price",
        "sandbox",
    )

    def __init__(
        self,
        task_id: str,
        sandbox: Sandbox,
        model: Model,
        body: bytes,
        course: Course,
        created_ms: int,
        ordinal: int,
        price: Decimal,
    ) -> None:
        self.id = task_id
        self.sandbox = sandbox
        self.model = model
        self.body = body
        self.course = course
        self.created_ms = created_ms
        self.ordinal = ordinal
        self.price = price
        self.cut: tuple[int, Any, str | None] | None = None
        self.effects: Lasting | None = None
        self.looks = Looks(created_ms) if course.pace is Pace.POLLS else None

    @property
    def operation(self) -> Operation:
        """The submit operation that made this task."""
        return self.sandbox.submit_operation(self.model)

    def met(self, point: Point) -> Mapping[str, Any]:
        """Return what faults do to this task at a point."""
        return self.effects.get(point, {}) if self.effects else {}

    def request(self) -> Any:
        """Return the request body as sent."""
        return orjson.loads(self.body)

    def timeline(self, now_ms: int) -> Timeline:
        """Return the plan of this task; for one paced by looks, what happened so far."""
        if self.looks is not None:
            line = timeline.looked(self.course, self.looks.marks, now_ms)
        else:
            dice = self.sandbox.dice
            rolled = dice.roll("task", self.sandbox.key, self.ordinal, size=4 * STATES_ROLLED)
            chances = [number / _ROLL_TOP for number in _ROLLED.unpack(rolled)[: len(self.course.way)]]
            line = timeline.plan(
                self.course, self.created_ms, chances, delay_ms=self.sandbox.delays.get(self.ordinal, 0)
            )
        if self.cut is not None:
            line = timeline.cut(line, *self.cut)
        return line

    def moment(self, now_ms: int) -> Moment:
        """Return where this task stands."""
        return timeline.at(self.timeline(now_ms), now_ms)

    def look(self, now_ms: int) -> bool:
        """Count a look at a task paced by looks; return whether it moved on (what the next look will see)."""
        if self.looks is None or self.moment(now_ms).state.phase.is_terminal:
            return False
        self.looks.count += 1
        marks = self.looks.marks
        if self.looks.count % self.course.looks or len(marks) == len(self.course.way):
            return False
        marks.append(now_ms)
        return True
