"""Repeated and late callbacks are told from new ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel_client import CallbackEvent, CallbackInbox
from mockreel_contracts import Phase

PHASES = {
    "waiting": Phase.QUEUED,
    "queuing": Phase.QUEUED,
    "generating": Phase.RUNNING,
    "success": Phase.SUCCEEDED,
    "fail": Phase.FAILED,
    "canceled": Phase.CANCELED,
    "reviewing": None,
    "pondering": None,
}


def event(state: str, *, task: str = "1", provider: str = "acme", phase: Phase | None = None) -> CallbackEvent:
    return CallbackEvent(
        provider, task, state, phase or PHASES.get(state), (), None, None, None, None, True, True, {"state": state}
    )


@pytest.mark.parametrize(
    ("states", "verdicts"),
    [
        (["success", "success"], ["new", "duplicate"]),
        (["waiting", "queuing", "generating", "success"], ["new"] * 4),
        (["generating", "queuing", "success"], ["new", "outdated", "new"]),
        (["success", "generating", "generating"], ["new", "outdated", "outdated"]),
        (["success", "fail", "success"], ["new", "outdated", "duplicate"]),
        (["fail", "reviewing"], ["new", "outdated"]),
        (["generating", "reviewing", "pondering", "reviewing", "success"], ["new", "new", "new", "duplicate", "new"]),
        (["reviewing", "waiting"], ["new", "new"]),
        (["queuing", "waiting"], ["new", "new"]),
    ],
)
def test_an_event_is_new_repeated_or_late(states: list[str], verdicts: list[str]) -> None:
    inbox = CallbackInbox()
    assert [inbox.take(event(state)) for state in states] == verdicts


def test_tasks_and_providers_are_apart() -> None:
    inbox = CallbackInbox()
    events = [event("success"), event("success", task="2"), event("success", provider="other")]
    assert [inbox.take(each) for each in events] == ["new"] * 3
    assert len(inbox) == 3


def test_what_was_forgotten_is_new_again() -> None:
    inbox = CallbackInbox()
    for state in ("generating", "success"):
        inbox.take(event(state))
    inbox.forget(event("success"))
    assert inbox.take(event("generating")) == "duplicate"
    assert inbox.take(event("success")) == "new"
    inbox.forget(event("success"))
    inbox.forget(event("generating"))
    inbox.forget(event("generating"))
    assert len(inbox) == 0


def test_the_tasks_longest_without_a_callback_are_forgotten_first() -> None:
    inbox = CallbackInbox(max_tasks=2)
    for task in ("1", "2", "1", "3"):
        inbox.take(event("success", task=task))
    assert len(inbox) == 2
    assert [inbox.take(event("success", task=task)) for task in ("1", "3", "2")] == ["duplicate", "duplicate", "new"]


def test_a_task_with_ever_new_states_is_cut_off() -> None:
    inbox = CallbackInbox()
    verdicts = [inbox.take(event(f"state {number}")) for number in range(40)]
    assert verdicts == ["new"] * 32 + ["outdated"] * 8


@pytest.mark.parametrize("max_tasks", [0, -1])
def test_room_for_no_task_is_refused(max_tasks: int) -> None:
    with pytest.raises(ValueError, match=rf"max_tasks is a number from 1; got {max_tasks}"):
        CallbackInbox(max_tasks=max_tasks)


EVENTS = st.builds(
    event, st.sampled_from(sorted(PHASES)), task=st.sampled_from("123"), provider=st.sampled_from(["acme", "other"])
)


@given(events=st.lists(EVENTS, max_size=40))
def test_a_state_is_new_once_and_never_after_the_end(events: list[CallbackEvent]) -> None:
    inbox = CallbackInbox()
    new = [each for each in events if inbox.take(each) == "new"]
    assert len({each.key for each in new}) == len(new)
    for task in {each.key[:2] for each in events}:
        ours = [each for each in new if each.key[:2] == task]
        assert all(not each.is_terminal for each in ours[:-1])
        phases = [each.phase for each in ours if each.phase in (Phase.QUEUED, Phase.RUNNING)]
        assert phases == sorted(phases, key=[Phase.QUEUED, Phase.RUNNING].index)
        assert any(each.is_terminal for each in ours) == any(
            each.is_terminal for each in events if each.key[:2] == task
        )


@given(events=st.lists(EVENTS, max_size=40), max_tasks=st.integers(1, 5))
def test_memory_is_bounded(events: list[CallbackEvent], max_tasks: int) -> None:
    inbox = CallbackInbox(max_tasks=max_tasks)
    for each in events:
        inbox.take(each)
        assert len(inbox) <= max_tasks


def test_of_many_threads_one_gets_the_event() -> None:
    inbox = CallbackInbox()
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda number: inbox.take(event("success", task=str(number % 50))), range(2000)))
    assert verdicts.count("new") == 50


@pytest.mark.parametrize("name", ["take", "forget"])
def test_threads_take_turns(name: str) -> None:
    inbox = CallbackInbox()
    with ThreadPoolExecutor(1) as pool:
        with inbox._lock:
            turn = pool.submit(getattr(inbox, name), event("success"))
            with pytest.raises(TimeoutError):
                turn.result(timeout=0.02)
        assert turn.result() in ("new", None)
