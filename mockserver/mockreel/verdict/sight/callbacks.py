"""The callbacks to a client: which were genuine, which it took, and what it learned of them."""

from __future__ import annotations

from mockreel.domain.journal import Delivery
from mockreel.verdict.play import Play, once
from mockreel.verdict.sight.calls import by_task, effects
from mockreel.verdict.sight.tasks import seen
from mockreel_contracts import Phase


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
    return [each for each in play.deliveries if each.at_ms + (0 if play.is_manual else each.latency_ms) <= end_ms]


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


@once
def _told_by_callback(play: Play) -> dict[str, list[Delivery]]:
    return by_task([delivery for delivery in in_time(play) if is_genuine(play, delivery)])
