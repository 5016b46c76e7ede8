"""From a model and a scenario to the course that tasks take."""

from __future__ import annotations

from mockreel.domain.document import Lazy
from mockreel.domain.scenario import Pace, Scenario
from mockreel.domain.settings import Settings
from mockreel.domain.timeline import Course, spans
from mockreel_contracts import Contract, Model, Phase

PLAIN = Scenario("success", "The task succeeds.")


class Courses:
    """Makes courses, each once: tasks of the same model and scenario share theirs."""

    def __init__(self, contract: Contract, settings: Settings) -> None:
        self._contract = contract
        self._settings = settings
        self._made: dict[tuple[str, str | None, int], Course] = {}

    def course(self, model: Model, scenario: Scenario | None, values: Lazy) -> Course:
        """Return the course of a task with these values."""
        chosen = scenario or PLAIN
        expiries = self._contract.lifecycle.expiries
        expiry = next((i for i, e in enumerate(expiries) if e.rule.holds(values)), -1) if expiries else -1
        key = (model.name, scenario.name if scenario else None, expiry)
        if key not in self._made:
            self._made[key] = self._make(model, chosen, expiry)
        return self._made[key]

    def _make(self, model: Model, scenario: Scenario, expiry: int) -> Course:
        lifecycle = self._contract.lifecycle
        way = lifecycle.way(scenario.outcome)
        is_stuck = scenario.stuck_in is not None
        if is_stuck:
            way = tuple(state for state in way if not state.phase.is_terminal)
            if scenario.stuck_in is Phase.QUEUED:
                way = tuple(state for state in way if state.phase is Phase.QUEUED) or way[:1]
        error = None
        if scenario.outcome is Phase.FAILED:
            error = scenario.error or lifecycle.failure
            error = error if error in self._contract.errors else lifecycle.failure
        pace = scenario.pace or self._settings.pace
        factor = 0.0 if pace is Pace.INSTANT else scenario.stretch / self._settings.speed
        rule = lifecycle.expiries[expiry] if expiry >= 0 else None
        return Course(
            way=way,
            spans_ms=spans(way, model.duration_ms, factor),
            error=error,
            is_stuck=is_stuck,
            expiry=(round(rule.after_ms / self._settings.speed), lifecycle.states[rule.to], rule.error)
            if rule
            else None,
            pace=pace,
            looks=self._settings.looks,
            scenario=scenario.name,
        )
