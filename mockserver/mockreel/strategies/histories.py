"""Lives of tasks: the states that one passes, and when, as its contract allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from hypothesis import strategies as st

from mockreel.domain.clock import MANUAL_START_MS
from mockreel.domain.document import reads_document, values_of
from mockreel.domain.timeline import Step, Timeline
from mockreel.strategies.requests import valid_requests
from mockreel.strategies.subject import contract_of, models_of
from mockreel_contracts import Contract, Model, Phase, State
from mockreel_contracts.model import Expiry, Lifecycle

Way = tuple[State, ...]

_WHOLE = 1000
_PARTS = st.integers(0, _WHOLE - 1)


class History(NamedTuple):
    """A task's model and request, and its steps: state, Unix milliseconds of its beginning, ErrorCase or None."""

    model: str
    body: dict[str, Any]
    steps: Timeline

    @property
    def end(self) -> State:
        """The state that the task comes to at last."""
        return self.steps[-1].state

    @property
    def words(self) -> list[str]:
        """The provider's words for the states."""
        return [step.state.wire for step in self.steps]


def task_histories(
    provider: str | Contract,
    model: str | None = None,
    *,
    start_ms: int = MANUAL_START_MS,
    callback_url: str | None = None,
) -> st.SearchStrategy[History]:
    """Return histories of tasks made at `start_ms`, from the first state to a last one, none skipped.

    Every state lasts as long as the contract and the model have it. A task may fail while it is in a state, with any
    ErrorCase of tasks, be canceled, or expire; where the lifecycle has no such way, none goes it. The simplest history
    is that of a success.
    """
    contract = contract_of(provider)
    names = models_of(contract, model)

    @st.composite  # without arguments, as hypothesis would put all of a contract into words
    def histories(draw: st.DrawFn) -> History:
        return history_of(draw, contract, names, start_ms, callback_url)

    return histories()


def history_of(
    draw: st.DrawFn, contract: Contract, names: list[str], start_ms: int, callback_url: str | None
) -> History:
    """Draw the history of a task of one of these models."""
    name = draw(st.sampled_from(names))
    body = draw(valid_requests(contract, name, callback_url=callback_url))
    operation = next(o for o in contract.by_role("submit") if name in o.models)
    model = operation.models[name]
    values = values_of(operation, reads_document(operation, body, model, {}, {}, {}))
    expiry = next((each for each in contract.lifecycle.expiries if each.rule.holds(values)), None)
    lifecycle = contract.lifecycle
    ways: dict[str, list[Way]] = {}
    for way in _ways(lifecycle, (lifecycle.states[lifecycle.initial],), expiry):
        ways.setdefault(way[-1].name, []).append(way)
    ends = sorted(ways, key=lambda name: lifecycle.states[name].phase is not Phase.SUCCEEDED)
    possible = ways[draw(st.sampled_from(ends))]
    taken = possible[draw(_PARTS) * len(possible) // _WHOLE]
    parts = [draw(_PARTS) for _ in lifecycle.states]  # as many for every way, so that none is simpler than a success
    error = _errors(contract, taken[-1])[draw(_PARTS) * len(_errors(contract, taken[-1])) // _WHOLE]
    return History(name, body, _timeline(model, taken, expiry, start_ms, parts, error))


def _timeline(
    model: Model, way: Way, expiry: Expiry | None, start_ms: int, parts: list[int], error: str | None
) -> Timeline:
    """Return the steps of a way; `parts` say for each state how much of its span it lasts."""
    steps = [Step(way[0], start_ms)]
    for (before, state), part in zip(pairwise(way), parts, strict=False):
        if expiry is not None and state.name == expiry.to:
            end_ms = start_ms + expiry.after_ms
            return (*(step for step in steps if step.start_ms < end_ms), Step(state, end_ms, expiry.error))
        least, most = model.duration_ms.get(before.name, before.duration_ms)
        if state.phase in (Phase.FAILED, Phase.CANCELED):
            least = min(1, most)  # from outside, or from within: at any moment
        end_ms = steps[-1].start_ms + least + (most - least) * part // (_WHOLE - 1)
        steps.append(Step(state, end_ms, error if state is way[-1] else None))
    return tuple(steps)


def _ways(lifecycle: Lifecycle, way: Way, expiry: Expiry | None) -> Iterator[Way]:
    """Go through the ways of a task from here to an end, those of the lifecycle's first choices first."""
    if way[-1].phase.is_terminal:
        yield way
        return
    following = [lifecycle.states[name] for name in way[-1].next]
    following = [state for state in following if state.phase is not Phase.EXPIRED and state not in way]
    if expiry is not None:  # whose states need not be among the next ones, as they come by time alone
        following.append(lifecycle.states[expiry.to])
    for state in following:
        yield from _ways(lifecycle, (*way, state), expiry)


def _errors(contract: Contract, state: State) -> Sequence[str | None]:
    """Return the ErrorCases that a task in a state may carry, the usual one first."""
    lifecycle = contract.lifecycle
    if state.phase is Phase.CANCELED:
        return [lifecycle.cancellation]
    if state.phase is not Phase.FAILED:
        return [None]
    others = {lifecycle.cancellation, *(each.error for each in lifecycle.expiries)}
    cases = [case.id for case in contract.errors.values() if "task" in case.stages and case.id not in others]
    return list(dict.fromkeys((lifecycle.failure, *cases)))
