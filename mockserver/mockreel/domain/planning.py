"""From a model and a scenario to the course that tasks take."""

from __future__ import annotations

from dataclasses import replace

from mockreel.domain.document import Lazy
from mockreel.domain.faults.effects import TaskEffects
from mockreel.domain.faults.rule import Rule
from mockreel.domain.faults.tally import Tally
from mockreel.domain.scenario import Pace, Scenario
from mockreel.domain.settings import Settings
from mockreel.domain.timeline import Course, spans
from mockreel_contracts import Contract, Model, Phase, State

PLAIN = Scenario("success", "The task succeeds.")
UNKNOWN_MS = (5000, 5000)


class Courses:
    """Makes courses, each once: tasks of the same model and scenario share theirs."""

    def __init__(self, contract: Contract, settings: Settings) -> None:
        self._contract = contract
        self._settings = settings
        self._made: dict[tuple[str, str | None, int], Course] = {}
        self._rules: dict[str, tuple[Rule, ...]] = {}
        self.tally = Tally()  # what the faults of scenarios have counted

    def rules(self, scenario: Scenario) -> tuple[Rule, ...]:
        """Return the faults of a scenario, counted for this provider of this mock alone."""
        if scenario.name not in self._rules:
            self._rules[scenario.name] = tuple(rule.fresh(self.tally) for rule in scenario.faults)
        return self._rules[scenario.name]

    def course(self, model: Model, scenario: Scenario | None, values: Lazy, effects: TaskEffects | None) -> Course:
        """Return the course of a task with these values. `effects` are what faults make of it."""
        chosen = scenario or PLAIN
        expiries = self._contract.lifecycle.expiries
        expiry = next((i for i, e in enumerate(expiries) if e.rule.holds(values)), -1) if expiries else -1
        if effects is not None:
            bent = _bent(chosen, effects)
            return replace(self._make(model, bent, expiry, effects), scenario=chosen.name)
        key = (model.name, scenario.name if scenario else None, expiry)
        if key not in self._made:
            self._made[key] = self._make(model, chosen, expiry, None)
        return self._made[key]

    def _make(self, model: Model, scenario: Scenario, expiry: int, effects: TaskEffects | None) -> Course:
        lifecycle = self._contract.lifecycle
        way = lifecycle.way(scenario.outcome)
        is_stuck = scenario.stuck_in is not None
        if is_stuck:
            way = tuple(state for state in way if not state.phase.is_terminal)
            if scenario.stuck_in is Phase.QUEUED:
                way = tuple(state for state in way if state.phase is Phase.QUEUED) or way[:1]
        if effects is not None:
            way = _detour(way, effects)
        error = None
        if scenario.outcome is Phase.FAILED:
            case = self._contract.find_error(scenario.error or "")  # a code or a reason is as good as the id
            error = case.id if case is not None else lifecycle.failure
        pace = scenario.pace or self._settings.pace
        factor = 0.0 if pace is Pace.INSTANT else scenario.stretch / self._settings.speed
        stays = spans(way, model.duration_ms, factor)
        if effects is not None and effects.wait_s:
            stays = _longer(way, stays, round(effects.wait_s * 1000))
        rule = lifecycle.expiries[expiry] if expiry >= 0 else None
        return Course(
            way=way,
            spans_ms=stays,
            error=error,
            is_stuck=is_stuck,
            expiry=(round(rule.after_ms / self._settings.speed), lifecycle.states[rule.to], rule.error)
            if rule
            else None,
            pace=pace,
            looks=self._settings.looks,
            scenario=scenario.name,
            faults=self.rules(scenario),
        )


def _bent(scenario: Scenario, effects: TaskEffects) -> Scenario:
    """Return the scenario with what a fault says in its words."""
    if effects.outcome is not None or effects.error is not None:
        outcome = Phase(effects.outcome) if effects.outcome is not None else Phase.FAILED
        scenario = replace(scenario, outcome=outcome, error=effects.error, stuck_in=None)
    if effects.stuck_in is not None:
        scenario = replace(scenario, stuck_in=Phase(effects.stuck_in))
    if effects.stretch is not None:
        scenario = replace(scenario, stretch=effects.stretch)
    return scenario


def _longer(way: tuple[State, ...], stays: tuple[tuple[int, int], ...], wait_ms: int) -> tuple[tuple[int, int], ...]:
    """Return the spans with a longer one for the last state in which a task is queued."""
    queued = max((i for i, state in enumerate(way) if state.phase is Phase.QUEUED), default=0)
    return tuple(
        (least + wait_ms, most + wait_ms) if index == queued else (least, most)
        for index, (least, most) in enumerate(stays)
    )


def _detour(way: tuple[State, ...], effects: TaskEffects) -> tuple[State, ...]:
    """Return the states of a task that a fault leads astray."""
    before = tuple(state for state in way if not state.phase.is_terminal)
    end = way[len(before) :]
    kept = tuple(state for state in before if state.phase.value not in effects.skip) or before[:1]
    if effects.again:
        kept = (*kept, *kept[-2:])
    if effects.unknown is not None:
        kept = (*kept, State("unknown", effects.unknown, Phase.RUNNING, (), UNKNOWN_MS, kept[-1].progress))
    if effects.falling:
        kept = tuple(replace(s, progress=(90, 10)) if s.phase is Phase.RUNNING else s for s in kept)
    return (*kept, *end)
