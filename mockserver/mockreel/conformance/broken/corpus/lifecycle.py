"""Servers whose tasks do not live as the contract has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from mockreel.conformance.broken.broken import Broken, Draw, Drawn
from mockreel.conformance.broken.turns import armed, drawn_in, failure_of, hear
from mockreel.conformance.broken.visit import Memory, Visit
from mockreel.conformance.control import SCENARIO_HEADER
from mockreel.domain.messages import Request
from mockreel_contracts import Contract, Phase
from mockreel_contracts.model import Lifecycle


def broken() -> Iterator[Broken]:
    """Yield each."""
    yield Broken(
        "state_of_another_word",
        "the running state is told with a word that the contract does not have",
        "state_unknown",
        also=("answer_breaks_schema",),
        draw={"query": drawn_in("running", state="rendering")},
    )
    yield Broken(
        "states_in_capitals",
        "the states are told in capitals",
        "state_unknown",
        also=("answer_breaks_schema",),
        draw={"query": lambda task, memory: task.update(state=str(task.get("state")).swapcase())},
    )
    yield Broken(
        "starts_in_the_middle",
        "a new task is running at once",
        "first_state_wrong",
        also=("state_skipped",),
        needs=("running state",),
        believe=_lifecycle(lambda life: replace(life, initial=_running(life))),
    )
    yield Broken(
        "goes_back",
        "a running task is queued again",
        "transition_illegal",
        needs=("running state", "queued state"),
        arm=armed("state_goes_back"),
    )
    yield Broken(
        "begins_again",
        "a running task is told as new at every second look",
        "transition_illegal",
        also=("state_skipped",),
        needs=("running state",),
        draw={"query": _begun_again},
    )
    yield Broken(
        "skips_running",
        "a task is never running",
        "state_skipped",
        needs=("running state",),
        arm=armed("state_skipped", phase="running"),
    )
    yield Broken(
        "success_turns_into_failure",
        "a task that has succeeded is failed at the second look",
        "terminal_changes",
        also=(
            "callback_differs_from_query",
            "callback_missing",
            "query_not_idempotent",
        ),
        draw={"query": _turned(Phase.FAILED)},
    )
    yield Broken(
        "end_turns_into_running",
        "a task that has ended is running again at the second look",
        "terminal_changes",
        also=(
            "callback_differs_from_query",
            "callback_missing",
            "query_not_idempotent",
        ),
        needs=("running state",),
        draw={"query": _turned(Phase.RUNNING)},
    )
    yield Broken(
        "never_ends",
        "tasks never end",
        "end_not_reached",
        hear=hear(("submit",), _without_wish),
        arm=armed("task_stuck"),
    )
    yield Broken(
        "all_fail",
        "tasks fail that should succeed",
        "wrong_end",
        also=("first_state_wrong",),
        arm=armed("task_fails"),
    )
    yield Broken(
        "none_fails",
        "tasks succeed that should fail",
        "wrong_end",
        hear=hear(("submit",), _without_wish),
    )
    yield Broken(
        "forgets_early",
        "tasks are found for a tenth of the time only",
        "task_forgotten_early",
        believe=_lifecycle(lambda life: replace(life, retention_ms=life.retention_ms // 10)),
    )
    yield Broken(
        "forgets_at_the_end",
        "a task is not found any more a minute after its end",
        "task_forgotten_early",
        arm=armed("task_vanishes", seconds=60),
    )
    yield Broken(
        "never_forgets",
        "tasks are found long after the time for which they are kept",
        "task_kept_too_long",
        believe=_lifecycle(lambda life: replace(life, retention_ms=life.retention_ms * 1000)),
    )


def _lifecycle(change: Callable[[Lifecycle], Lifecycle]) -> Callable[[Contract], Contract]:
    return lambda contract: replace(contract, lifecycle=change(contract.lifecycle))


def _running(life: Lifecycle) -> str:
    return next(state.name for state in life.way() if state.phase is Phase.RUNNING)


def _turned(phase: Phase) -> Draw:
    """Return what tells, from the second look at a succeeded task on, of a state of another phase."""

    def draw(task: Drawn, memory: Memory) -> None:
        if task.get("phase") != Phase.SUCCEEDED:
            return
        memory[task["id"]] = memory.get(task["id"], 0) + 1
        if memory[task["id"]] > 1:
            life = memory.contract.lifecycle
            state = life.way(Phase.FAILED)[-1] if phase is Phase.FAILED else life.states[_running(life)]
            error = failure_of(memory.contract) if phase is Phase.FAILED else None
            task.update(state=state.wire, phase=state.phase.value, results=None, error=error)

    return draw


def _begun_again(task: Drawn, memory: Memory) -> None:
    if task.get("phase") == Phase.RUNNING:
        memory[task["id"]] = memory.get(task["id"], 0) + 1
        if memory[task["id"]] % 2 == 0:
            first = memory.contract.lifecycle.way()[0]
            task.update(state=first.wire, phase=first.phase.value)


def _without_wish(_visit: Visit, request: Request) -> Request:
    headers = {name: value for name, value in request.headers.items() if name != SCENARIO_HEADER.encode()}
    return request._replace(headers=headers)
