"""Whatever a receiver does, every event of a task is delivered or listed as undelivered, as the contract says."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.domain.callbacks.callback import Outcome, Status
from mockreel.domain.callbacks.records import KEPT_DELIVERED
from tests.callbacks.postman import OUTCOMES, TAKEN, URL, Freewheeling, Postman, in_turn, planned, said, summary, told
from tests.callbacks.subjects import SHIPPED, Subject, shipped
from tests.calling import Caller

SCENARIOS = ["success", "generation_failed", "stuck", "stuck_queued", "instant", "slow", "fast"]
AGES_S = 1_000_000

Steps = list[tuple[str, Any]]
MOVES = [
    st.tuples(st.just("submit"), st.sampled_from(SCENARIOS)),
    st.tuples(st.just("run"), st.integers(0, 400)),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("query"), st.integers(0, 5)),
]
CARRYING = [st.tuples(st.just("take"), st.none()), st.tuples(st.just("report"), st.integers(0, 5))]
moves = st.lists(st.one_of(MOVES), max_size=20)
slow_moves = st.lists(st.one_of([*MOVES, *CARRYING]), max_size=25)
outcomes = st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=12)
paces = pytest.mark.parametrize("pace", ["time", "polls"])


def make(subject: Subject, **settings: Any) -> Caller:
    return Caller(subject.contract, **settings)


def step(caller: Caller, subject: Subject, kind: str, value: Any, *, url: str | None = URL) -> None:
    """Do one of the moves that a client can make."""
    ids = list(caller.engine.services[subject.name].tasks)
    if kind == "submit":
        body = subject.body if url is None else subject.calling(url)
        caller.submit(body, headers={"X-Mock-Scenario": value})
    elif kind == "cancel" and ids and subject.contract.by_role("cancel"):
        caller.on_task("cancel", ids[value % len(ids)])
    elif kind == "query" and ids:
        caller.query(ids[value % len(ids)])


def come_to_an_end(caller: Caller, subject: Subject, postman: Postman) -> None:
    """Look at every task and let time go by until nothing moves any more."""
    for _ in range(len(subject.contract.lifecycle.states)):
        for task_id in list(caller.engine.services[subject.name].tasks):
            caller.query(task_id)
        postman.run(AGES_S)


def check_the_account(caller: Caller, subject: Subject, postman: Postman) -> None:
    """Check what holds of every callback once nothing is under way, whatever came before."""
    outbox = caller.engine.outbox
    listed = list(outbox.records)
    assert dict(Counter(callback.status for callback in listed)) == {
        s: n for s, n in outbox.records.counts.items() if n
    }
    assert {callback.status for callback in listed} <= {Status.DELIVERED, Status.UNDELIVERED}
    sent = Counter(attempt.callback for attempt in postman.sent)
    for callback in listed:
        results = [attempt.outcome.is_taken for attempt in callback.attempts]
        assert len(results) == sent[callback.id]
        assert 1 <= len(results) <= callback.event.attempts
        assert True not in results[:-1]
        if callback.status is Status.UNDELIVERED:
            assert (len(results), results[-1]) == (callback.event.attempts, False)
        else:
            assert results[-1] is True
    assert told(subject, postman) == planned(subject, caller)


@pytest.mark.slow
@paces
@given(moves=moves, outcomes=outcomes)
def test_every_event_is_delivered_or_listed_as_undelivered_at_the_contracts_times(
    subject: Subject, pace: str, moves: Steps, outcomes: Sequence[Outcome]
) -> None:
    caller, twin = make(subject, pace=pace), make(subject, pace=pace)
    postman = Postman(caller, in_turn(outcomes))
    for kind, value in moves:
        step(caller, subject, kind, value)
        step(twin, subject, kind, value, url=None)
        seconds = value if kind == "run" else 0
        postman.run(seconds)
        twin.clock.advance(seconds)
        assert caller.balance() == twin.balance()
    come_to_an_end(caller, subject, postman)
    check_the_account(caller, subject, postman)
    free_ms: dict[str, int] = {}
    for callback in caller.engine.outbox.records:
        times = [attempt.at_ms for attempt in callback.attempts]
        waits = callback.event.retries_ms[: len(times) - 1]
        assert times[0] == max(callback.at_ms, free_ms.get(callback.task.id, 0))
        assert tuple(after - before for before, after in pairwise(times)) == waits
        free_ms[callback.task.id] = times[-1]


@pytest.mark.slow
@paces
@pytest.mark.parametrize("clock", ["manual", "real"])
@given(moves=slow_moves, outcomes=outcomes)
def test_a_task_has_one_attempt_under_way_at_most_however_slow_the_receiver(
    subject: Subject, clock: str, pace: str, moves: Steps, outcomes: Sequence[Outcome]
) -> None:
    caller = make(subject, pace=pace) if clock == "manual" else Freewheeling(subject, pace=pace)
    postman = Postman(caller, in_turn(outcomes))
    for kind, value in moves:
        step(caller, subject, kind, value)
        if kind == "run":
            caller.clock.advance(value)
        elif kind == "take":
            postman.take()
        elif kind == "report" and postman.under_way:
            postman.report(value)
        busy = Counter(outgoing.callback.task.id for outgoing in postman.under_way)
        assert set(busy.values()) <= {1}
    come_to_an_end(caller, subject, postman)
    check_the_account(caller, subject, postman)
    for callback in caller.engine.outbox.records:
        starts = [sent.at_ms for sent in postman.sent if sent.callback == callback.id]
        ends = [attempt.at_ms for attempt in callback.attempts]
        waited = [start - end for start, end in zip(starts[1:], ends, strict=False)]
        assert all(has >= needs for has, needs in zip(waited, callback.event.retries_ms, strict=False))


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("pace", ["time", "polls", "instant"])
def test_a_body_tells_of_the_task_and_the_state_that_the_callback_is_listed_with(
    subject: Subject, pace: str, scenario: str
) -> None:
    caller = make(subject, pace=pace)
    postman = Postman(caller)
    step(caller, subject, "submit", scenario)
    postman.run(1)
    come_to_an_end(caller, subject, postman)
    states = subject.contract.lifecycle.states
    assert [said(subject, sent) for sent in postman.sent] == [
        (sent.task, states[sent.state].wire) for sent in postman.sent
    ]


def test_a_task_that_moves_on_while_its_callback_waits_for_its_turn_is_told_once(acme: Subject) -> None:
    caller = make(acme, pace="polls")
    postman = Postman(caller, in_turn([Outcome(500)]))
    caller.submit(acme.calling(URL))
    caller.submit(acme.calling(URL))
    first, second = caller.engine.services["acme"].tasks
    assert [outgoing.callback.task.id for outgoing in postman.take()] == [first]
    caller.query(second)  # its first callback still waits for the receiver, which has one attempt at a time
    postman.take()
    postman.deliver()
    assert [(sent.task, sent.state) for sent in postman.sent] == [(first, "cast"), (second, "cast")]
    postman.run(1)
    assert told(acme, postman)[second] == ["cast", "rolling"]


def test_a_task_that_moves_on_while_it_waits_for_one_of_many_places_is_told_once(acme: Subject) -> None:
    caller = Freewheeling(acme, pace="polls")
    postman = Postman(caller)
    for _ in range(5):
        caller.submit(acme.calling(URL))
    assert len(postman.take()) == 4
    caller.query(caller.task_id())
    postman.take()
    postman.report()
    postman.report()
    postman.take()
    assert len({outgoing.callback.task.id for outgoing in postman.under_way}) == len(postman.under_way)


def test_a_callback_is_tried_as_often_and_after_the_waits_that_the_contract_says(acme: Subject) -> None:
    caller = make(acme)
    start_ms = caller.clock.now_ms()
    caller.submit(acme.calling(URL))
    postman = Postman(caller, in_turn([Outcome(500)]))
    postman.run(AGES_S)
    assert [(sent.state, sent.at_ms - start_ms) for sent in postman.sent] == [
        ("cast", 0),
        ("cast", 1000),
        ("rolling", 5000),
        ("rolling", 7000),
        ("rolling", 10_000),
        ("screened", 15_000),
        ("screened", 20_000),
        ("screened", 25_000),
        ("screened", 32_000),
        ("screened", 32_500),
    ]
    assert {str(callback.status) for callback in caller.engine.outbox.records} == {"undelivered"}


def test_speed_shortens_the_waits_of_the_contract(acme: Subject) -> None:
    caller = make(acme, speed=10)
    start_ms = caller.clock.now_ms()
    caller.submit(acme.calling(URL))
    postman = Postman(caller, in_turn([Outcome(500)]))
    postman.run(2)
    assert [(sent.state, sent.at_ms - start_ms) for sent in postman.sent][:5] == [
        ("cast", 0),
        ("cast", 100),
        ("rolling", 500),
        ("rolling", 700),
        ("rolling", 1000),
    ]


def test_a_task_waits_for_its_own_retries_and_for_nobody_elses(acme: Subject) -> None:
    caller = make(acme)
    caller.submit(acme.calling(URL + "/dead"))
    caller.submit(acme.calling("http://127.0.0.1:10/alive"))
    postman = Postman(caller, lambda outgoing: Outcome(0, "hangs") if outgoing.target.path.endswith("dead") else TAKEN)
    postman.run(12)
    dead, alive = told(acme, postman).values()
    assert (dead, alive) == (["cast", "rolling"], ["cast", "rolling"])
    postman.run(3)
    dead_task, alive_task = caller.engine.services["acme"].tasks.values()
    assert [summary(callback)["status"] for callback in caller.engine.outbox.records.of_task(alive_task)] == [
        "delivered"
    ] * 3
    assert [summary(callback)["status"] for callback in caller.engine.outbox.records.of_task(dead_task)] == [
        "undelivered",
        "undelivered",
        "retrying",
    ]


def test_a_canceled_task_tells_of_its_end_and_of_nothing_that_was_planned(acme: Subject) -> None:
    caller = make(acme)
    postman = Postman(caller)
    caller.submit(acme.calling(URL))
    postman.run(2)
    caller.on_task("cancel")
    postman.run(AGES_S)
    assert list(told(acme, postman).values()) == [["cast", "cut"]]
    assert caller.engine.outbox.watched == 0


def test_a_cancel_during_a_retry_waits_for_the_retry(acme: Subject) -> None:
    caller = make(acme)
    postman = Postman(caller, in_turn([Outcome(500)]))
    caller.submit(acme.calling(URL))
    postman.run(0)
    caller.on_task("cancel")
    postman.run(AGES_S)
    start_ms = postman.sent[0].at_ms
    assert [(sent.state, sent.at_ms - start_ms) for sent in postman.sent] == [
        ("cast", 0),
        ("cast", 1000),
        ("cut", 1000),
        ("cut", 2000),
    ]


@pytest.mark.parametrize("key", [None, "test-key"], ids=["everything", "one-key"])
def test_a_reset_leaves_nothing_behind(subject: Subject, key: str | None) -> None:
    caller = make(subject, pace="instant")
    postman = Postman(caller, in_turn([Outcome(500)]))
    for _ in range(3):
        caller.submit(subject.calling(URL))
    postman.run(1)
    caller.submit(subject.calling("http://192.0.2.1/"))
    caller.submit(subject.calling(URL))
    postman.take()
    caller.engine.reset(key)
    outbox = caller.engine.outbox
    postman.deliver()
    assert list(outbox.records) == []
    assert (outbox.watched, outbox.next_due_ms()) == (0, None)
    assert set(outbox.records.counts.values()) == {0}


@pytest.mark.parametrize("key", [None, "test-key"], ids=["everything", "one-key"])
def test_what_was_under_way_at_a_reset_is_not_in_the_journal_after_it(subject: Subject, key: str | None) -> None:
    caller = make(subject, pace="instant")
    postman = Postman(caller)
    caller.submit(subject.calling(URL))
    postman.take()
    caller.engine.reset(key)
    postman.report()
    assert list(caller.engine.journal) == []


@pytest.mark.parametrize("late", [Outcome(200), Outcome(500), Outcome(0, "reset")], ids=["200", "500", "reset"])
@pytest.mark.parametrize("reported", ["before it is sent", "while it is under way", "after it was answered"])
def test_a_report_from_before_a_reset_does_not_touch_what_came_after(
    subject: Subject, late: Outcome, reported: str
) -> None:
    caller = make(subject, pace="instant")
    postman = Postman(caller)
    caller.submit(subject.calling(URL))
    old = postman.take()[0]
    postman.under_way.clear()
    caller.engine.reset()
    caller.submit(subject.calling("http://127.0.0.1:10/other"))
    outbox = caller.engine.outbox
    if reported == "while it is under way":
        postman.take()
    elif reported == "after it was answered":
        postman.run(0)
    outbox.report(old, late, caller.clock.now_ms())
    postman.run(AGES_S)
    assert [summary(callback)["attempts"] for callback in outbox.records] == [[200]] * len(list(outbox.records))
    assert told(subject, postman)[caller.task_id()] == planned(subject, caller)[caller.task_id()]
    assert {status.value: n for status, n in outbox.records.counts.items() if n} == {
        "delivered": len(list(outbox.records))
    }


@given(before=moves, after=moves, outcomes=outcomes)
def test_after_a_reset_the_same_calls_give_the_same_bytes_as_at_first(
    subject: Subject, before: Steps, after: Steps, outcomes: Sequence[Outcome]
) -> None:
    def played(caller: Caller, postman: Postman) -> list[Any]:
        sent = len(postman.sent)
        for kind, value in after:
            step(caller, subject, kind, value)
            postman.run(value if kind == "run" else 0)
        return postman.sent[sent:]

    fresh = make(subject)
    expected = played(fresh, Postman(fresh, in_turn(outcomes)))
    used = make(subject)
    postman = Postman(used)
    for kind, value in before:
        step(used, subject, kind, value)
        if kind != "run":
            postman.run(0)
    used.engine.reset()
    postman.answers = in_turn(outcomes)
    assert played(used, postman) == expected


@given(moves=moves, outcomes=outcomes)
def test_the_same_seed_and_calls_give_the_same_bytes_and_headers(
    subject: Subject, moves: Steps, outcomes: Sequence[Outcome]
) -> None:
    runs = []
    for _ in range(2):
        caller = make(subject)
        postman = Postman(caller, in_turn(outcomes))
        for kind, value in moves:
            step(caller, subject, kind, value)
            postman.run(value if kind == "run" else 0)
        runs.append(postman.sent)
    assert runs[0] == runs[1]


def test_another_seed_gives_other_nonces_and_ids(acme: Subject) -> None:
    sent = []
    for seed in (1, 2):
        caller = make(acme, seed=seed)
        postman = Postman(caller)
        caller.submit(acme.calling(URL))
        postman.deliver()
        sent.append(postman.sent[0].headers["webhook-id"])
    assert sent[0] != sent[1]


def test_one_message_keeps_its_id_and_body_through_its_attempts_and_gets_new_times(acme: Subject) -> None:
    caller = make(acme)
    postman = Postman(caller, in_turn([Outcome(500), Outcome(200)]))
    caller.submit(acme.calling(URL))
    postman.run(2)
    first, again = postman.sent
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.body == again.body
    assert int(again.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 1


@pytest.mark.parametrize("name", SHIPPED)
def test_a_task_without_a_callback_url_calls_nobody(name: str) -> None:
    subject = shipped(name)
    caller = make(subject)
    assert caller.submit(subject.body).status == 200
    postman = Postman(caller)
    postman.run(AGES_S)
    assert (postman.sent, list(caller.engine.outbox.records)) == ([], [])


def test_many_receivers_wait_their_turn_and_all_are_served(acme: Subject) -> None:
    caller = make(acme, credits=None)
    for port in range(1, 1501):
        caller.submit(acme.calling(f"http://127.0.0.1:{port}/"))
    postman = Postman(caller)
    most = 0
    while postman.take() or postman.under_way:
        most = max(most, len(postman.under_way))
        while postman.under_way:
            postman.report()
    assert most <= 1024
    assert len(postman.sent) == caller.engine.outbox.records.counts[Status.DELIVERED] == 1500


def test_a_receiver_gets_its_turn_although_many_others_hang(acme: Subject) -> None:
    caller = Freewheeling(acme, credits=None)
    postman = Postman(caller)
    for port in range(1, 201):
        for _ in range(4):
            caller.submit(acme.calling(f"http://127.0.0.1:{port}/hangs"))
    postman.take()
    caller.submit(acme.calling("http://127.0.0.1:201/answers"))
    assert [outgoing.target.path for outgoing in postman.take()] == ["/answers"]


@pytest.mark.slow
def test_what_is_kept_of_callbacks_that_nobody_takes_does_not_grow_with_the_answers(acme: Subject) -> None:
    page = 64 * 1024

    def bloated(_outgoing: Any) -> Outcome:
        return Outcome(500, body=bytes(page))

    caller = make(acme, credits=None, pace="instant")
    postman = Postman(caller, bloated)
    tracemalloc.start()
    try:
        for _ in range(50):
            caller.submit(acme.calling(URL))
        postman.run(AGES_S)
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    attempts = len(postman.sent)
    assert attempts == 50 * 10
    assert grown / attempts < 16 * 1024


@pytest.mark.slow
def test_the_counts_agree_with_the_list_when_old_callbacks_have_been_dropped(acme: Subject) -> None:
    caller = make(acme, credits=None, pace="instant")
    postman = Postman(caller)
    for _ in range(KEPT_DELIVERED // 3 + 10):
        caller.submit(acme.calling(URL))
        postman.deliver()
        postman.sent.clear()
    assert len(list(caller.engine.outbox.records)) == KEPT_DELIVERED
    caller.engine.reset()
    assert set(caller.engine.outbox.records.counts.values()) == {0}
