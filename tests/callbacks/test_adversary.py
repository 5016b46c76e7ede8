"""Each callback fault does what its name says to the receiver, and nothing to anybody else."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel import faults
from mockreel.provider import MockProvider
from mockreel_contracts import load, providers
from tests.callbacks import published, subjects
from tests.callbacks import receiver as receivers
from tests.callbacks.calls import Calling, create
from tests.callbacks.postman import URL, Postman
from tests.callbacks.receiver import OK, Got, Receiver, answer
from tests.callbacks.subjects import SHIPPED, Subject, shipped
from tests.calling import Caller

MAKE = Callable[..., MockProvider]
END_S = 3600
SECRETS = {"kie": "mock-callback-secret", "vidu": "test-key"}


def state_of(got: Got) -> str:
    body = got.json()
    return str(body["data"]["state"] if "data" in body else body.get("state", body.get("is")))


def verifies(subject: Subject, got: Got) -> bool:
    """Whether the signature holds, by the providers' own words (for the made-up one: over the time and the body)."""
    headers = {name.title() if name != "date" else "Date": value for name, value in got.headers.items()}
    if subject.name == "acme":
        signed = got.headers["x-acme-time"].encode() + b"." + got.body
        made = hmac.new(b"mock-callback-secret", signed, hashlib.sha256).hexdigest()
        return got.headers["x-acme-seal"] == f"sha256={made}"
    header, verifier = published.VERIFIERS[subject.name]
    headers |= {"X-HMAC-SIGNED-HEADERS": got.headers.get("x-hmac-signed-headers", "")}
    return got.headers[header.lower()] == verifier(headers, got.body, SECRETS[subject.name], path="/", query="")


def hurt(make_mock: MAKE, subject: Subject, fault: str, **settings: Any) -> list[Got]:
    """Return what a receiver got of a task made with a fault; before and after it, what comes is clean."""
    mock = make_mock(subject.name, contracts=subject.root, **settings)
    with Receiver() as receiver:

        def run(**headers: str) -> list[Got]:
            before = len(receiver.got)
            create(mock, subject, receiver.url, **headers)
            mock.clock.advance(END_S)
            return receiver.got[before:]

        clean, hurt, after = run(), run(X_Mock_Fault=fault), run()
    for gots in (clean, after):
        assert [state_of(got) for got in gots] == told_states(subject)
        assert all(verifies(subject, got) for got in gots)
    return hurt


def bodies(subject: Subject, fault: str | None) -> list[bytes]:
    """Return what would be sent of a task made with a fault; the same ids and times each time."""
    caller = Caller(subject.contract)
    postman = Postman(caller)
    caller.submit(subject.calling(URL), headers={"X-Mock-Fault": fault})
    postman.run(END_S)
    return [sent.body for sent in postman.sent]


def told_states(subject: Subject) -> list[str]:
    rules = subject.contract.callback
    assert rules is not None
    return [state.wire for state in subject.contract.lifecycle.way() if state.name in rules.events]


def test_every_shipped_callback_fault_is_tested_here() -> None:
    text = Path(__file__).read_text("utf-8")
    named = [name for name, kind in faults.shipped().items() if kind.point == "callback"]
    assert len(named) >= 14
    assert [name for name in named if f'"{name}' not in text] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_a_lost_callback_is_not_sent_and_is_listed(make_mock: MAKE, name: str) -> None:
    subject = shipped(name)
    assert hurt(make_mock, subject, "callback_lost") == []
    mock = make_mock(name)
    with Receiver() as receiver:
        task = create(mock, subject, receiver.url, X_Mock_Fault="callback_lost")
        events = mock.clock.advance(END_S)
        assert [e for e in events if e["event"] == "callback"] == []
        listed = [(callback.state, callback.status.value, callback.note) for callback in mock.callbacks]
        assert listed == [(state, "lost", "a fault has lost it") for state in told_states(subject)]
        with mock.serve() as url, httpx2.Client(base_url=url, trust_env=False) as http:
            explained = http.get(f"/_mock/tasks/{task}/explain").json()["callbacks"]
            assert [each["status"] for each in explained["known"]] == ["lost"] * len(listed)
            again = http.post(f"/_mock/callbacks/{mock.callbacks[0].id}/redeliver").json()
            assert again["status"] == "delivered"
        assert len(receiver.got) == 1


@pytest.mark.parametrize("also", ["callback_stale", "callback_duplicated", "callback_early", "callback_reordered"])
def test_what_is_lost_is_not_sent_whatever_else_is_asked_for(make_mock: MAKE, also: str) -> None:
    assert hurt(make_mock, shipped("vidu"), f"callback_lost, {also}") == []


@pytest.mark.parametrize("name", SHIPPED)
def test_a_duplicated_callback_comes_again_with_the_same_body(make_mock: MAKE, name: str) -> None:
    subject = shipped(name)
    gots = hurt(make_mock, subject, "callback_duplicated; copies=2")
    assert [state_of(got) for got in gots] == [state for state in told_states(subject) for _ in range(3)]
    assert len({got.body for got in gots}) == len(told_states(subject))
    assert all(verifies(subject, got) for got in gots)
    assert len(hurt(make_mock, subject, "callback_duplicated")) == 2 * len(told_states(subject))


def test_copies_are_the_same_message_where_messages_have_ids(acme: Subject) -> None:
    caller = Caller(acme.contract)
    postman = Postman(caller)
    caller.submit(acme.calling(URL), headers={"X-Mock-Fault": "callback_duplicated; copies=2"})
    postman.run(END_S)
    assert len(postman.sent) == 9
    assert len({sent.headers["webhook-id"] for sent in postman.sent}) == 3


def test_a_reordered_callback_comes_after_the_next(make_mock: MAKE, sealed: Subject) -> None:
    assert [state_of(got) for got in hurt(make_mock, shipped("vidu"), "callback_reordered")] == [
        "success",
        "processing",
    ]
    assert [state_of(got) for got in hurt(make_mock, shipped("kie"), "callback_reordered")] == ["success"]
    assert [state_of(got) for got in hurt(make_mock, sealed, "callback_reordered")] == ["rolling", "cast", "screened"]


def test_a_reordered_failure_comes_before_what_led_to_it(make_mock: MAKE) -> None:
    subject = shipped("vidu")
    mock = make_mock("vidu")
    with Receiver() as receiver:
        create(mock, subject, receiver.url, X_Mock_Fault="callback_reordered", X_Mock_Scenario="generation_failed")
        mock.clock.advance(END_S)
        assert [state_of(got) for got in receiver.got] == ["failed", "processing"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_delayed_callback_comes_so_much_later_than_its_state(make_mock: MAKE, name: str) -> None:
    subject = shipped(name)
    assert [state_of(got) for got in hurt(make_mock, subject, "callback_delayed")] == told_states(subject)
    mock = make_mock(name)
    with Receiver() as receiver:
        create(mock, subject, receiver.url, X_Mock_Fault="callback_delayed; seconds=90")
        events = mock.clock.advance(END_S)
        began = {e["state"]: e["at_ms"] for e in events if e["event"] == "state"}
        sent = {e["state"]: e["at_ms"] for e in events if e["event"] == "callback"}
    assert sent == {state: began[state] + 90_000 for state in told_states(subject)}


@pytest.mark.parametrize("clock", ["manual", "real"])
@pytest.mark.parametrize("name", SHIPPED)
def test_an_early_callback_arrives_before_the_answer_to_the_create(make_mock: MAKE, name: str, clock: str) -> None:
    subject = shipped(name)
    mock = make_mock(name, clock=clock)
    order: list[Any] = []

    def script(_number: int, got: Got) -> bytes:
        order.append(got)
        return OK

    with mock.serve() as url, Receiver(script) as receiver, httpx2.Client(base_url=url, trust_env=False) as http:
        operation, auth = subject.contract.by_role("submit")[0], subject.contract.auth
        answered = http.post(
            operation.path,
            json=subject.calling(receiver.url),
            headers={auth.header: f"{auth.schemes[0].capitalize()} test-key", "X-Mock-Fault": "callback_early"},
        )
        order.append(answered)
    callback, created = order
    assert created.status_code == 200
    assert state_of(callback) == told_states(subject)[0]
    told_id, made_id = callback.json(), created.json()
    assert told_id.get("id", told_id.get("data", {}).get("taskId")) == (
        made_id.get("task_id") or made_id["data"]["taskId"]
    )
    assert verifies(subject, callback)


@pytest.mark.parametrize("name", SHIPPED)
def test_an_early_callback_does_not_come_a_second_time(make_mock: MAKE, name: str) -> None:
    subject = shipped(name)
    assert [state_of(got) for got in hurt(make_mock, subject, "callback_early")] == told_states(subject)


@pytest.mark.parametrize("what", ["hang", "reset", "500"])
def test_a_create_is_answered_although_the_early_callback_is_not_taken(
    make_mock: MAKE, impatient: Path, what: str
) -> None:
    subject = shipped("vidu", impatient)
    mock = make_mock("vidu", contracts=impatient)
    behavior = {"hang": receivers.hang, "reset": receivers.reset, "500": answer(500)}[what]
    with Receiver(lambda *_: behavior) as receiver:
        create(mock, subject, receiver.url, X_Mock_Fault="callback_early")
        assert [callback.status.value for callback in mock.callbacks] == ["undelivered"]


@pytest.mark.parametrize("clock", ["manual", "real"])
@pytest.mark.parametrize(
    ("settings", "headers"),
    [
        ({}, {"X_Mock_Scenario": "stuck_queued"}),
        ({"pace": "polls"}, {}),
        ({}, {"X_Mock_Fault": "callback_early, callback_reordered"}),
        ({}, {"X_Mock_Fault": "callback_early, callback_lost"}),
    ],
    ids=["stuck", "polls", "reordered", "lost"],
)
def test_a_create_does_not_wait_for_an_early_callback_that_cannot_come(
    make_mock: MAKE, clock: str, settings: dict[str, Any], headers: dict[str, str]
) -> None:
    subject = shipped("vidu")
    mock = make_mock("vidu", clock=clock, **settings)
    with Receiver() as receiver:
        making = Calling(lambda: create(mock, subject, receiver.url, **{"X_Mock_Fault": "callback_early", **headers}))
        assert making.result(within_s=3)
        assert receiver.got == []


def test_many_creates_that_wait_for_a_dead_receiver_do_not_hold_up_the_control_api(make_mock: MAKE) -> None:
    subject = shipped("kie")
    mock = make_mock("kie")
    operation, auth = subject.contract.by_role("submit")[0], subject.contract.auth
    headers = {auth.header: f"{auth.schemes[0].capitalize()} test-key", "X-Mock-Fault": "callback_early"}
    with mock.serve() as url, Receiver(lambda *_: receivers.held(OK)) as dead:

        def make() -> int:
            made = httpx2.post(
                url + operation.path, json=subject.calling(dead.url), headers=headers, trust_env=False, timeout=20
            )
            return made.status_code

        making = [Calling(make) for _ in range(40)]
        dead.wait_for(1)
        finished = httpx2.post(
            url + operation.path,
            json=subject.body,
            headers={auth.header: headers[auth.header], "X-Mock-Scenario": "instant"},
            trust_env=False,
        )
        file = f"/_files/kie/{finished.json()['data']['taskId']}/cover.png"
        assert httpx2.get(url + file, trust_env=False, timeout=3).status_code == 200
        dead.let_go.set()
        assert [each.result() for each in making] == [200] * 40


@pytest.mark.parametrize("pace", ["time", "instant"])
def test_a_stale_callback_tells_of_an_earlier_state_after_the_last(make_mock: MAKE, pace: str) -> None:
    for name, earlier in (("vidu", "processing"), ("kie", "generating")):
        subject = shipped(name)
        mock = make_mock(name, pace=pace)
        with Receiver() as receiver:
            create(mock, subject, receiver.url, X_Mock_Fault="callback_stale")
            mock.clock.advance(END_S)
            states = [state_of(got) for got in receiver.got]
            assert states[-2:] == ["success", earlier]
            assert all(verifies(subject, got) for got in receiver.got)
            assert mock.callbacks[-1].note == "a fault tells of an earlier state"
            assert mock.engine.outbox.watched == 0


def test_a_stale_callback_leaves_the_others_as_they_are(make_mock: MAKE) -> None:
    for name in SHIPPED:
        subject = shipped(name)
        assert [state_of(got) for got in hurt(make_mock, subject, "callback_stale")][:-1] == told_states(subject)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_wrong_key_changes_the_signature_alone(make_mock: MAKE, name: str) -> None:
    subject = shipped(name)
    gots = hurt(make_mock, subject, "callback_wrong_key")
    assert [state_of(got) for got in gots] == told_states(subject)
    assert not any(verifies(subject, got) for got in gots)
    header = published.VERIFIERS[name][0].lower()
    assert all(len(got.headers[header]) == 44 for got in gots)


@pytest.mark.parametrize("name", SHIPPED)
def test_an_unsigned_callback_has_no_header_of_the_signature(make_mock: MAKE, name: str) -> None:
    subject = shipped(name)
    gots = hurt(make_mock, subject, "callback_unsigned")
    assert [state_of(got) for got in gots] == told_states(subject)
    for got in gots:
        assert set(got.headers) - {"connection"} == {"host", "user-agent", "content-type", "content-length"}


@pytest.mark.parametrize("seconds", [3600, -3600, 31536000])
@pytest.mark.parametrize("name", SHIPPED)
def test_an_expired_signature_holds_for_a_time_long_ago_or_to_come(make_mock: MAKE, name: str, seconds: int) -> None:
    subject = shipped(name)
    mock = make_mock(name, pace="instant")
    with Receiver() as receiver:
        create(mock, subject, receiver.url, X_Mock_Fault=f"callback_expired; seconds={seconds}")
        mock.clock.advance(0)
        for got in receiver.got:
            stamp = got.headers.get("x-webhook-timestamp")
            at_s = int(stamp) if stamp else parsedate_to_datetime(got.headers["date"]).timestamp()
            assert at_s == mock.clock.now_ms() // 1000 - seconds
            assert verifies(subject, got)
    assert len(hurt(make_mock, subject, "callback_expired")) == len(told_states(subject))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_reencoded_body_has_the_same_value_in_other_bytes(make_mock: MAKE, name: str) -> None:
    subject = shipped(name)
    clean, changed = (bodies(subject, fault) for fault in (None, "callback_reencoded"))
    assert list(map(orjson.loads, changed)) == list(map(orjson.loads, clean))
    assert all(after != before for after, before in zip(changed, clean, strict=True))
    gots = hurt(make_mock, subject, "callback_reencoded")
    assert all(verifies(subject, got) for got in gots)  # neither provider signs the body


def test_a_reencoded_body_breaks_a_signature_over_the_body(make_mock: MAKE, sealed: Subject) -> None:
    gots = hurt(make_mock, sealed, "callback_reencoded")
    assert [state_of(got) for got in gots] == told_states(sealed)
    assert not any(verifies(sealed, got) for got in gots)


@pytest.mark.parametrize("name", SHIPPED)
def test_an_unknown_state_is_told_with_the_word_that_is_asked_for(make_mock: MAKE, name: str) -> None:
    subject = shipped(name)
    asked = {"callback_unknown_state": "finalizing", "callback_unknown_state; word=half-done": "half-done"}
    for fault, word in asked.items():
        gots = hurt(make_mock, subject, fault)
        assert {state_of(got) for got in gots} == {word}
        assert len(gots) == len(told_states(subject))
        assert all(verifies(subject, got) for got in gots)


@pytest.mark.parametrize(
    ("fault", "part"),
    [("callback_malformed", 0.5), ("callback_malformed; keep=0", 0), ("callback_malformed; keep=0.99", 0.99)],
)
def test_a_malformed_body_breaks_off_and_is_signed_as_it_is_sent(
    make_mock: MAKE, sealed: Subject, fault: str, part: float
) -> None:
    whole = bodies(sealed, None)
    gots = hurt(make_mock, sealed, fault)
    assert all(verifies(sealed, got) for got in gots)
    assert len(gots) == len(whole)
    for body in bodies(sealed, fault):
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(body)
    assert [len(body) for body in bodies(sealed, fault)] == [int(len(body) * part) for body in whole]


@pytest.mark.parametrize("name", SHIPPED)
def test_extra_fields_come_beside_the_known_ones(name: str) -> None:
    subject = shipped(name)
    clean, more = bodies(subject, None), bodies(subject, "callback_extra_fields")
    added = {"extra": True, "trace": {"id": "0"}}
    assert list(map(orjson.loads, more)) == [{**orjson.loads(body), **added} for body in clean]


def test_extra_fields_are_signed_with_the_body(make_mock: MAKE, sealed: Subject) -> None:
    gots = hurt(make_mock, sealed, "callback_extra_fields")
    assert [got.json()["trace"] for got in gots] == [{"id": "0"}] * 3
    assert all(verifies(sealed, got) for got in gots)


@pytest.mark.parametrize("fault", ["callback_extra_fields", "callback_extra_fields, callback_malformed"])
def test_extra_fields_stop_no_delivery_where_the_body_is_no_object(tmp_path: Path, fault: str) -> None:
    subject = subjects.acme(tmp_path, body="[=task.id, =task.state]")
    caller = Caller(subject.contract)
    postman = Postman(caller)
    caller.submit(subject.calling(URL), headers={"X-Mock-Fault": fault})
    caller.submit(subject.calling(URL))
    postman.run(END_S)
    second = caller.task_id()
    assert [orjson.loads(sent.body) for sent in postman.sent if sent.task == second] == [
        [second, state] for state in told_states(subject)
    ]
    assert {str(callback.status) for callback in caller.engine.outbox.records} <= {"delivered", "undelivered"}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_a_slow_body_comes_in_pieces_and_whole(make_mock: MAKE, name: str) -> None:
    subject = shipped(name)
    gots = hurt(make_mock, subject, "callback_slow; seconds=0.1", pace="time")
    assert [state_of(got) for got in gots] == told_states(subject)
    assert all(got.pieces > 3 for got in gots)
    assert all(int(got.headers["content-length"]) == len(got.body) for got in gots)
    assert not any("transfer-encoding" in got.headers for got in gots)
    assert all(verifies(subject, got) for got in gots)


def test_an_empty_slow_body_is_sent(make_mock: MAKE, sealed: Subject) -> None:
    gots = hurt(make_mock, sealed, "callback_malformed; keep=0, callback_slow; seconds=0")
    assert [(got.body, got.headers["content-length"]) for got in gots] == [(b"", "0")] * 3


def test_faults_compose(make_mock: MAKE) -> None:
    subject = shipped("kie")
    gots = hurt(make_mock, subject, "callback_duplicated; copies=2,callback_unsigned ,  callback_unknown_state;word=x")
    assert [(state_of(got), "x-webhook-signature" in got.headers) for got in gots] == [("x", False)] * 3


@pytest.mark.parametrize("provider", providers())
@pytest.mark.parametrize("fault", [name for name, kind in faults.shipped().items() if kind.point == "callback"])
def test_a_task_without_a_callback_url_is_made_as_ever(provider: str, fault: str) -> None:
    contract = load(provider)
    plain, asking = Caller(contract), Caller(contract)
    body = shipped(provider).body if provider in SHIPPED else None
    assert asking.submit(body, headers={"X-Mock-Fault": fault}).raw == plain.submit(body).raw
    asking.clock.advance(END_S)
    plain.clock.advance(END_S)
    assert asking.query().raw == plain.query().raw
    assert asking.balance() == plain.balance()


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("fault", [name for name, kind in faults.shipped().items() if kind.point == "callback"])
def test_a_callback_fault_costs_what_a_clean_task_costs_and_looks_like_it(name: str, fault: str) -> None:
    subject = shipped(name)
    clean, hurt = Caller(subject.contract), Caller(subject.contract)
    clean.submit(subject.calling(URL))
    hurt.submit(subject.calling(URL), headers={"X-Mock-Fault": fault})
    for _ in range(3):
        for caller in (clean, hurt):
            Postman(caller).run(60)
        assert hurt.query().raw == clean.query().raw
        assert hurt.balance() == clean.balance()


# -- what is not a fault -----------------------------------------------------------------------------------------------

REFUSED = {
    "callback_duplicated; copies=0": "copies is from 1 to 100, got 0",
    "callback_duplicated; copies=101": "copies is from 1 to 100, got 101",
    "callback_duplicated; copies=-1": "copies is from 1 to 100, got -1",
    "callback_duplicated; copies=1.5": "copies is a whole number, got '1.5'",
    "callback_duplicated; copies=": "copies is a whole number, got ''",
    "callback_duplicated; copies=two": "copies is a whole number, got 'two'",
    "callback_duplicated; copies=nan": "copies is a whole number, got 'nan'",
    "callback_duplicated; copies=" + "9" * 5000: "copies is a whole number, got '999",
    "callback_duplicated; copy=2": "callback_duplicated has no field 'copy'; did you mean copies?",
    "callback_duplicated; =2": "callback_duplicated has no field ''; its fields: copies",
    "callback_lost; seconds=3": "callback_lost has no field 'seconds'; its fields: none",
    "callback_lost; now": "a field of a fault is given as NAME=VALUE, got 'now'",
    "callback_lost;": "a field of a fault is given as NAME=VALUE, got ''",
    "callback_delayed; seconds=-1": "seconds is from 0 to 86400 s, got -1",
    "callback_delayed; seconds=86401": "seconds is from 0 to 86400 s, got 86401",
    "callback_malformed; keep=1": "keep is from 0 to 0.99, got 1",
    "callback_malformed; keep=nan": "keep is from 0 to 0.99, got nan",
    "callback_malformed; keep=half": "keep is a number, got 'half'",
    "callback_slow; seconds=inf": "seconds is from 0 to 60 s, got inf",
    "callback_slow; seconds=1e999": "seconds is from 0 to 60 s, got inf",
    "callback_expired; seconds=1e9": "seconds is a whole number, got '1e9'",
    "callback_lots": "knows no fault 'callback_lots'; did you mean callback_lost",
    "Callback_Lost": "knows no fault 'Callback_Lost'; did you mean callback_lost",
    "callback_lost callback_stale": "knows no fault 'callback_lost callback_stale'; did you mean",
    "callback_lost, callback_lots": "knows no fault 'callback_lots'; did you mean callback_lost",
    "; copies=1": "knows no fault ''; known: ",
    ", ".join(["callback_lost"] * 9): "at most 8 faults at once, got 9",
}


@pytest.mark.parametrize("fault", REFUSED, ids=lambda fault: fault[:40])
@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_no_fault_is_refused_with_what_is_right_and_nothing_is_made(name: str, fault: str) -> None:
    subject = shipped(name)
    caller = Caller(subject.contract)
    reply = caller.submit(subject.calling(URL), headers={"X-Mock-Fault": fault})
    (entry,) = caller.engine.journal
    assert f"X-Mock-Fault {REFUSED[fault]}" in entry.decision
    case = subject.contract.refusal("malformed", subject.contract.by_role("submit")[0])
    assert (reply.status, entry.case) == (case.status, case.id)
    assert not caller.engine.services[name].tasks
    assert caller.balance() == 10_000
    assert caller.engine.outbox.next_due_ms() is None


@pytest.mark.parametrize("name", SHIPPED)
def test_the_answer_itself_says_which_faults_there_are(name: str) -> None:
    subject = shipped(name)
    caller = Caller(subject.contract)
    reply = caller.submit(subject.calling(URL), headers={"X-Mock-Fault": "callback_lots"})
    assert "did you mean callback_lost" in reply.raw.decode()


names = st.sampled_from([*(n for n, kind in faults.shipped().items() if kind.point == "callback"), "401", "x", ""])
texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=12)
fields = st.builds(
    "; {}={}".format,
    st.sampled_from(["copies", "seconds", "keep", "word", "fields", "x"]),
    st.one_of(st.integers().map(str), st.floats().map(str), texts),
)
parts = st.one_of(st.builds("{}{}".format, names, st.one_of(st.just(""), fields)), texts)


@given(parts=st.lists(parts, max_size=4))
def test_whatever_the_header_says_a_task_is_made_or_nothing_is(acme: Subject, parts: list[str]) -> None:
    caller = Caller(acme.contract)
    postman = Postman(caller)
    reply = caller.submit(acme.calling(URL), headers={"X-Mock-Fault": ",".join(parts)})
    made = len(caller.engine.services["acme"].tasks)
    assert made == (reply.status == 201)
    postman.run(1_000_000)
    assert caller.balance() == 10_000 - 3 * made
    assert {str(callback.status) for callback in caller.engine.outbox.records} <= {"delivered", "lost"}
