"""How one task lives: planned at submit, and from then on a pure function of the time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mockreel.domain.faults.rule import Rule
from mockreel.domain.scenario import Pace
from mockreel_contracts import Phase, State


@dataclass(frozen=True, slots=True)
class Course:
    """What the timelines of many tasks share. `spans_ms` are the least and greatest stay in each state of `way`.

    With `is_stuck` a task stays in the last state of `way` for ever, unless `expiry` (after ms, state, ErrorCase)
    ends it.
    `error` is the ErrorCase that the task ends with, if it fails; `faults` are those of its scenario.
    """

    way: tuple[State, ...]
    spans_ms: tuple[tuple[int, int], ...]
    error: str | None
    is_stuck: bool
    expiry: tuple[int, State, str] | None
    pace: Pace
    looks: int
    scenario: str
    faults: tuple[Rule, ...] = ()

    @property
    def is_sure(self) -> bool:
        """Whether every task of this course succeeds in time, so that nothing will have to be paid back."""
        if self.is_stuck or self.way[-1].phase is not Phase.SUCCEEDED:
            return False
        return self.expiry is None or sum(most for _, most in self.spans_ms) <= self.expiry[0]


class Step(NamedTuple):
    """The moment at which a task enters a state, in Unix milliseconds."""

    state: State
    start_ms: int
    error: str | None = None


class Moment(NamedTuple):
    """Where a task stands: its state, since when, progress in percent, and when the next state begins (None: never)."""

    state: State
    entered_ms: int
    progress: int
    next_ms: int | None
    error: str | None


Timeline = tuple[Step, ...]


def plan(course: Course, created_ms: int, chances: Sequence[float], *, delay_ms: int = 0) -> Timeline:
    """Plan a task made at `created_ms`. `chances` (0 to 1, one a state) place it within the spans.

    `delay_ms` is added to the last state in which a task is queued: the wait for a free place.
    """
    steps = []
    start_ms = created_ms
    last = len(course.way) - 1
    waits = max((i for i, state in enumerate(course.way) if state.phase is Phase.QUEUED), default=0) if delay_ms else -1
    for index, (state, (least, most)) in enumerate(zip(course.way, course.spans_ms, strict=True)):
        steps.append(Step(state, start_ms, course.error if index == last else None))
        start_ms += least + int((most - least) * chances[index % len(chances)]) + (delay_ms if index == waits else 0)
    if course.expiry is not None:
        after_ms, state, error = course.expiry
        end_ms = created_ms + after_ms
        if course.is_stuck or steps[-1].start_ms > end_ms:
            steps = [step for step in steps if step.start_ms < end_ms and not step.state.phase.is_terminal]
            steps.append(Step(state, end_ms, error))
    return tuple(steps)


def cut(timeline: Timeline, at_ms: int, state: State, error: str | None) -> Timeline:
    """Return the timeline of a task that is ended from outside at `at_ms`."""
    return (*(step for step in timeline if step.start_ms <= at_ms), Step(state, at_ms, error))


def at(timeline: Timeline, now_ms: int) -> Moment:
    """Return where the task stands. Before its creation it stands in its first state."""
    index = max(bisect_right(timeline, now_ms, key=_start) - 1, 0)
    step = timeline[index]
    next_ms = timeline[index + 1].start_ms if index + 1 < len(timeline) else None
    low, high = step.state.progress
    if next_ms is None:
        progress = high if step.state.phase.is_terminal else low
    else:
        elapsed, length = max(now_ms - step.start_ms, 0), max(next_ms - step.start_ms, 1)
        progress = low + (high - low) * elapsed // length
    return Moment(step.state, step.start_ms, progress, next_ms, step.error)


def looked(course: Course, marks: Sequence[int], now_ms: int) -> Timeline:
    """Return the timeline so far of a task paced by looks: `marks` are the moments at which it entered its states."""
    last = len(course.way) - 1
    steps = tuple(
        Step(state, mark, course.error if index == last else None)
        for index, (state, mark) in enumerate(zip(course.way, marks, strict=False))
    )
    if course.expiry is not None and not steps[-1].state.phase.is_terminal:
        after_ms, state, error = course.expiry
        if marks[0] + after_ms <= now_ms:
            return (*steps, Step(state, marks[0] + after_ms, error))
    return steps


def spans(way: Sequence[State], by_model: Mapping[str, tuple[int, int]], factor: float) -> tuple[tuple[int, int], ...]:
    """Return the spans of a way, with a model's own durations, multiplied by `factor`."""
    found = []
    for state in way:
        least, most = by_model.get(state.name, state.duration_ms)
        found.append((round(least * factor), round(most * factor)))
    return tuple(found)


def _start(step: Step) -> int:
    return step.start_ms
