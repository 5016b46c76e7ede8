"""A capsule: the same calls and moves of the clock get the same bytes, whatever was set up between them, and when."""

from __future__ import annotations

import base64
import json
import socket
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel import MockProvider
from mockreel.domain.capsule import MOST, PREFIX, CapsuleError, pack, unpack
from mockreel.domain.faults.kind import FaultError
from mockreel.domain.journal import fingerprint
from mockreel.domain.messages import Request
from mockreel.domain.schedule import MOST_BYTES
from mockreel_contracts import load, providers
from mockreel_contracts.callback_urls import with_callback
from tests.calling import first_body

PROVIDER = providers()[-1]
CALLING_BACK = next(name for name in providers() if load(name).callback is not None)
Act = Callable[[MockProvider], object]


@dataclass(frozen=True)
class Call:
    """What a test does when it sets nothing up: a call, a look, a move of the clock."""

    act: Callable[[MockProvider], bytes]

    def __call__(self, mock: MockProvider) -> bytes:
        return self.act(mock)


def submit(key: str, provider: str = PROVIDER, *, url: str = "") -> Call:
    contract = load(provider)
    operation = contract.by_role("submit")[0]
    headers = {
        contract.auth.header.encode(): f"{contract.auth.schemes[0]} {key}".encode(),
        b"content-type": b"application/json",
    }
    body = first_body(contract)
    if url:
        body = with_callback(operation, contract, body, url)
    request = Request(operation.method, operation.path, b"", headers, json.dumps(body).encode())
    return Call(lambda mock: mock.handle(request).body)


def balance(key: str) -> Call:
    def look(mock: MockProvider) -> bytes:
        account = mock.ledger(key, PROVIDER)
        return repr((account.balance, account.charged, account.refunded, account.is_unlimited)).encode()

    return Call(look)


def advance(seconds: float) -> Call:
    return Call(lambda mock: orjson.dumps(mock.clock.advance(seconds)))


def run(mock: MockProvider, acts: Sequence[Act]) -> list[bytes]:
    """Do everything; return what the calls and the clock gave."""
    return [gave for gave in (act(mock) for act in acts) if isinstance(gave, bytes)]


def only_calls(acts: Sequence[Act]) -> list[Act]:
    """Return what the test itself does when the capsule does the setting up."""
    return [act for act in acts if isinstance(act, Call)]


def arm(fault: str, **options: Any) -> Act:
    return lambda mock: mock.add_fault(fault, **options)


EVERYTHING: list[Act] = [
    submit("key-a"),
    arm("error", case="maintenance", on="submit", probability=0.5, key="key-a"),
    *[submit("key-a"), submit("key-b")] * 4,
    lambda mock: mock.engine.remove_fault("f-1"),
    *[submit("key-a")] * 3,
    advance(60),
    arm("task_stuck", ttl_s=30, key="key-b"),
    arm("error", from_s=90, until_s=120),
    submit("key-b"),
    advance(60),
    submit("key-b"),
    submit("key-c"),
    lambda mock: mock.engine.set_credits("key-c", None),
    lambda mock: mock.use_scenario("generation_failed", key="key-c"),
    *[submit("key-c")] * 3,
    advance(45),
    submit("key-b"),
    advance(30),
    lambda mock: mock.use_scenario("402"),
    submit("key-a"),
    submit("key-c"),
    lambda mock: mock.use_scenario(None),
    lambda mock: mock.reset("key-b"),
    submit("key-b"),
    lambda mock: mock.fail_next("rate_limited", key="key-d", times=2, probability=0.7),
    lambda mock: mock.fail_next("rate_limited", key="key-d", times=2, probability=0.7),
    *[submit("key-d")] * 6,
    lambda mock: mock.set_key("key-e", credits=0, callback_secret=None, scenario="stuck"),
    submit("key-e"),
    lambda mock: mock.set_key("key-e", credits=50, scenario="generation_failed", provider=PROVIDER),
    submit("key-e"),
    lambda mock: mock.add_faults([{"fault": "error", "key": key} for key in ("key-[e]", "key-e", "key-f")]),
    *[submit("key-e"), submit("key-f"), submit("key-[e]")],
    lambda mock: mock.remove_faults("key-e"),
    *[submit("key-e"), submit("key-f"), submit("key-[e]")],
    lambda mock: mock.use_scenario("slow", key="key-f"),
    lambda mock: mock.remove_faults(),
    *[submit("key-f"), submit("key-[e]")],
    advance(20),
    advance(5000),
    *[balance(f"key-{letter}") for letter in "abcdef"],
]


def test_a_capsule_replays_everything_that_was_set_up_where_it_was() -> None:
    with MockProvider(PROVIDER, seed=41, credits=900) as first:
        transcript = run(first, EVERYTHING)
        line = first.capsule
    with MockProvider.from_capsule(line) as again:
        assert run(again, only_calls(EVERYTHING)) == transcript
        assert again.capsule == line
    with MockProvider(PROVIDER, seed=41, credits=900) as bare:
        assert run(bare, only_calls(EVERYTHING)) != transcript


@pytest.mark.parametrize("left_out", [at for at, act in enumerate(EVERYTHING) if not isinstance(act, Call)])
def test_each_step_shows(left_out: int) -> None:
    """The transcript above tells of each of them: without it the bytes are others."""
    with MockProvider(PROVIDER, seed=41, credits=900) as first:
        transcript = run(first, EVERYTHING)
    with MockProvider(PROVIDER, seed=41, credits=900) as other:
        assert run(other, EVERYTHING[:left_out] + EVERYTHING[left_out + 1 :]) != transcript


def test_the_control_api_takes_the_same_steps() -> None:
    with (
        MockProvider(CALLING_BACK, seed=3) as told,
        told.serve() as url,
        httpx2.Client(base_url=f"{url}/_mock", trust_env=False, timeout=10) as http,
    ):
        for method, path, body in (
            ("PUT", "/keys/key-a", {"scenario": "stuck", "credits": 12.5, "callback_secret": None}),
            ("PUT", "/keys/key-b", {"callback_secret": "hush"}),
            ("PUT", "/keys/key-a", {"credits": "unlimited"}),
            ("POST", "/faults", {"faults": [{"fault": "error", "key": "key-a"}, {"fault": "html_502"}]}),
            ("POST", "/faults/fail_next", {"case": 429, "times": 2, "key": "key-a"}),
            ("DELETE", "/faults/f-2", None),
            ("DELETE", "/faults?key=key-a", None),
            ("DELETE", "/faults", None),
            ("PUT", "/scenario", {"scenario": "slow", "key": "key-b"}),
            ("PUT", "/scenario", {"scenario": "slow"}),
            ("POST", "/reset", {"key": "key-a"}),
        ):
            assert http.request(method, path, json=body).is_success
        line = told.capsule
    with MockProvider(CALLING_BACK, seed=3) as mock:
        mock.set_key("key-a", credits=12.5, callback_secret=None, scenario="stuck")
        mock.set_key("key-b", callback_secret="hush")
        mock.set_key("key-a", credits="unlimited")
        mock.add_faults([{"fault": "error", "key": "key-a"}, {"fault": "html_502"}])
        mock.fail_next("429", times=2, key="key-a")
        mock.remove_fault("f-2")
        assert (mock.remove_faults("key-a"), mock.remove_faults()) == (2, 0)
        mock.use_scenario("slow", key="key-b")
        mock.use_scenario("slow")
        mock.reset("key-a")
        assert unpack(mock.capsule) == unpack(line)
    verbs = [step.verb for step in unpack(line)["steps"]]
    assert verbs == [
        *("scenario", "credits", "secret", "secret", "credits", "arm", "arm"),
        *("disarm", "disarm", "scenario", "scenario", "reset"),
    ]


def test_a_key_is_known_by_a_call_that_no_contract_knows() -> None:
    submitting = load(PROVIDER).by_role("submit")[0]
    headers = {load(PROVIDER).auth.header.encode(): f"{load(PROVIDER).auth.schemes[0]} key-a".encode()}
    miss = Call(lambda mock: mock.handle(Request("DELETE", submitting.path, b"", headers)).body)
    acts: list[Act] = [miss, lambda mock: mock.reset("key-a"), miss, arm("error", key="key-a"), submit("key-a")]
    with MockProvider(PROVIDER) as first:
        transcript = run(first, acts)
        line = first.capsule
    with MockProvider.from_capsule(line) as again:
        assert run(again, only_calls(acts)) == transcript
        assert again.capsule == line


def test_a_step_comes_at_its_moment_when_the_clock_moves_past_it_in_one_go() -> None:
    later: list[Act] = [advance(29), submit("key-a"), advance(1), submit("key-a")]
    with MockProvider(PROVIDER, seed=5) as first:
        run(first, [submit("key-a"), advance(30), arm("error", from_s=60), advance(30)])
        transcript = run(first, later)
        line = first.capsule
    with MockProvider.from_capsule(line) as again:
        run(again, [submit("key-a"), advance(60)])
        assert run(again, later) == transcript
        assert [rule.armed_ms for rule in again.faults] == [again.engine.schedule.started_ms + 30_000]


def test_a_reset_of_one_key_comes_between_the_callbacks_that_it_came_between() -> None:
    """It was after those of its moment, and before those that followed."""
    start: list[Act] = [
        lambda mock: mock.use_scenario("instant", key="key-b"),
        submit("key-a", CALLING_BACK, url="http://127.0.0.1:9/a"),
        submit("key-b", CALLING_BACK, url="http://127.0.0.1:9/b"),
    ]

    def told(mock: MockProvider, *spans: float) -> list[dict[str, Any]]:
        return [event for span in spans for event in mock.clock.advance(span) if event["event"] == "callback"]

    with MockProvider(CALLING_BACK, seed=5) as first:
        given = run(first, start)
        happened = told(first, 30)
        first.reset("key-a")
        happened += told(first, 5000)
        line = first.capsule
    assert len(happened) == 1
    with MockProvider.from_capsule(line) as again:
        assert run(again, only_calls(start)) == given
        assert told(again, 5030) == happened
    with MockProvider(CALLING_BACK, seed=5) as bare:
        run(bare, start)
        assert len(told(bare, 5030)) == 2


def test_a_change_comes_before_or_after_the_callbacks_of_its_own_moment() -> None:
    create = submit("key-a", CALLING_BACK, url="http://127.0.0.1:9/a")
    for acts in (
        [create, lambda mock: mock.reset("key-a"), advance(0), advance(60)],
        [create, advance(0), lambda mock: mock.reset("key-a"), create, advance(60)],
        [advance(5), create, advance(0), lambda mock: mock.reset("key-a"), advance(60)],
    ):
        with MockProvider(CALLING_BACK, pace="instant") as first:
            transcript = run(first, acts)
            line = first.capsule
        with MockProvider.from_capsule(line) as again:
            assert run(again, only_calls(acts)) == transcript
            assert again.capsule == line


def test_a_step_comes_before_its_call_even_if_the_clock_is_not_there() -> None:
    with MockProvider(PROVIDER, clock="real") as first:
        run(first, [submit("key-a")])
        first.fail_next("maintenance")
        run(first, [submit("key-a")])
        first.engine.schedule.taken[0] = first.engine.schedule.taken[0]._replace(ms=10**9)
        line = first.capsule
    with MockProvider.from_capsule(line) as again:
        run(again, [submit("key-a")] * 3)
        assert [record.outcome for record in again.journal] == ["ok", "maintenance", "ok"]


def test_a_full_reset_begins_a_run_of_its_own() -> None:
    with MockProvider(PROVIDER, seed=3) as first:
        run(first, EVERYTHING)
        first.reset()
        first.use_scenario("stuck")
        transcript = run(first, [submit("key-a"), advance(10), submit("key-a")])
        line = first.capsule
        assert len(unpack(line)["steps"]) == 1
    with MockProvider.from_capsule(line) as again:
        assert again.clock.now_ms() == first.engine.schedule.started_ms
        assert run(again, [submit("key-a"), advance(10), submit("key-a")]) == transcript


def test_other_keys_calls_do_not_change_the_bytes_of_a_refusal() -> None:
    with MockProvider(PROVIDER) as alone, MockProvider(PROVIDER) as crowded:
        answers = []
        for mock in (alone, crowded):
            mock.fail_next("maintenance", times=3)
            if mock is crowded:
                run(mock, [submit("key-b"), submit("key-c"), submit("")])
            answers.append(run(mock, [submit("key-a"), submit("key-a")]))
    assert answers[0] == answers[1]
    assert answers[0][0] != answers[0][1]


def test_a_refused_change_leaves_no_trace() -> None:
    """Neither in the ids of the faults that follow nor in their chance nor in the capsule."""
    with MockProvider(PROVIDER) as plain, MockProvider(PROVIDER) as tried:
        with pytest.raises(FaultError):
            tried.engine.add_faults([{"fault": "error"}, {"fault": "error", "key": "key-a"}, {"fault": "eror"}])
        with pytest.raises(FaultError):
            tried.add_fault("error", case="mantenance")
        run(tried, [submit("key-b")])  # which meets none of what was taken back
        assert [record.outcome for record in tried.journal] == ["ok"]
        tried.reset()
        with pytest.raises(FaultError):
            tried.engine.add_faults([{"fault": "error"}, {"fault": "error", "key": "key-a"}, {"fault": "eror"}])
        chance: list[Act] = [arm("error", probability=0.5, key="key-a"), *[submit("key-a")] * 12]
        assert run(plain, chance) == run(tried, chance)
        assert [rule.id for rule in tried.faults] == ["f-1"]
        assert tried.capsule == plain.capsule


def test_a_capsule_holds_no_key_and_no_secret_of_ones_own() -> None:
    with MockProvider(PROVIDER, callback_secret="hush-hush") as mock:
        mock.add_fault("error", key="sk-secret")
        mock.add_fault("error", key="demo-*")
        mock.use_scenario("stuck", key="sk-secret")
        mock.engine.set_credits("sk-secret", None)
        mock.engine.set_secret("sk-secret", "hush-too")
        mock.reset("sk-other")
        mock.add_fault("error", key="sk-[1]")  # which is no pattern
        held = unpack(mock.capsule)
        text = repr(held)
        assert "sk-" not in text
        assert "hush" not in text
        assert [item["key"] for step in held["steps"][:2] for item in step.arguments] == [
            fingerprint("sk-secret"),
            "demo-*",
        ]
        shown = json.dumps([rule.as_json() for rule in mock.faults]) + str(mock.faults)
        assert "sk-secret" not in shown
        assert fingerprint("sk-secret") in shown
    with MockProvider.from_capsule(mock.capsule) as again:
        assert again.engine.settings.callback_secret == "mock-callback-secret"
        assert fingerprint("sk-secret") in str(again.faults)
        assert "sk-secret" not in str(again.faults)


def test_a_fingerprint_is_no_key() -> None:
    """Who reads one in a log and calls with it does not meet what is set up for the key."""
    with MockProvider(PROVIDER) as mock:
        mock.fail_next("maintenance", key="sk-secret")
        mock.use_scenario("402", key="sk-secret")
    with MockProvider.from_capsule(mock.capsule) as again:
        run(again, [submit(fingerprint("sk-secret")), submit("sk-secret"), submit("sk-secret")])
        assert [record.outcome for record in again.journal] == ["ok", "maintenance", "insufficient_credits"]


def test_a_run_with_too_many_steps_says_so() -> None:
    with MockProvider(PROVIDER) as mock:
        steps = 0
        while not mock.engine.schedule.missing:
            mock.use_scenario("stuck", key="key-a")
            steps += 1
        assert 30 * steps < MOST_BYTES < 50 * steps
        mock.use_scenario("stuck", key="key-a")
        with pytest.raises(CapsuleError, match=f"not whole: {steps + 1} faults and settings .* reset the mock"):
            MockProvider.from_capsule(mock.capsule)
        mock.reset()
        MockProvider.from_capsule(mock.capsule).close()


def test_what_is_packed_can_be_unpacked() -> None:
    with pytest.raises(CapsuleError, match=f"a capsule holds {MOST} bytes"):
        pack({"text": "x" * MOST})
    with MockProvider(PROVIDER) as mock:
        mock.add_fault("error", prompt="é" * 1000)
        mock.engine.schedule.follow(mock.engine.schedule.taken * 40)  # as after a replay that has not got far
        with pytest.raises(CapsuleError, match="not whole: 41"):
            unpack(mock.capsule)


# -- what is no capsule ------------------------------------------------------------------------------------------------


def whole() -> dict[str, Any]:
    """Return the content of a capsule with a step of each kind."""
    with MockProvider(PROVIDER) as mock:
        mock.fail_next("maintenance", key="key-a", probability=0.5)
        mock.add_fault("field_extra", fields={"a": [1]}, on="query")
        mock.remove_fault("f-1")
        mock.engine.set_credits("key-a", None)
        mock.engine.set_secret("key-a", None, provider=PROVIDER)
        run(mock, [submit("key-a"), advance(10)])
        mock.use_scenario("stuck")
        mock.reset("key-a")
        packed = base64.urlsafe_b64decode(mock.capsule.removeprefix(PREFIX) + "===")
    content: dict[str, Any] = orjson.loads(zlib.decompress(packed))
    return content


WHOLE = whole()


def test_the_whole_one_is_good() -> None:
    MockProvider.from_capsule(pack(WHOLE)).close()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "begins with mockreel1:, got ''"),
        ("mockreel2:abc", "begins with mockreel1:"),
        ("mockreel1:", "copy the whole line"),
        ("mockreel1:!!", "copy the whole line"),
        ("mockreel1:äöü", "copy the whole line"),
        ("mockreel1:aaaa", "copy the whole line"),
        ("mockreel1:" + "a" * 200_000, "at most 131072 characters"),
        (pack(WHOLE)[:-8], "copy the whole line"),
        (pack(WHOLE).encode(), "is a line of text, got bytes"),
        (None, "is a line of text, got NoneType"),
        (pack([1]), "holds no object"),  # type: ignore[arg-type]
        (pack({"seed": 1}), "of another version: 'clock"),
        (pack({**WHOLE, "color": "red"}), "of another version: 'color'"),
        (PREFIX + base64.urlsafe_b64encode(zlib.compress(b"[" * 1000 + b"]" * 1000)).decode(), "copy the whole line"),
        (PREFIX + base64.urlsafe_b64encode(zlib.compress(b" " * (MOST + 1))).decode(), "copy the whole line"),
    ],
)
def test_what_is_no_capsule_is_refused(line: Any, says: str) -> None:
    with pytest.raises(CapsuleError, match=says):
        MockProvider.from_capsule(line)


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("limits", "no"),
        ("seed", []),
        ("seed", 7),
        ("providers", [PROVIDER]),
        ("providers", {}),
        ("providers", {"nobody": "documented"}),
        ("providers", {"../..": "documented"}),
        ("providers", {PROVIDER: "undocumented"}),
        ("providers", {PROVIDER: 1}),
        ("clock", "sundial"),
        ("start_ms", 10**18),
        ("pace", "gallop"),
        ("looks", True),
        ("speed", 0),
        ("credits", "lots"),
        ("credits", 900),
        ("errors", "header"),
        ("signed", "yes"),
        ("scenario", "stuk"),
        ("missing", 3),
        ("steps", {}),
        ("steps", [[0, 0, 0, "arm"]]),
        ("steps", [[0, 0, 0, "arm", {"fault": "eror"}]]),
        ("steps", [[0, 0, 0, "arm", "error"]]),
        ("steps", [[0, 0, 0, "arm", {"fault": "error", "key": 7}]]),
        ("steps", [[0, 0, 0, "disarm", 1]]),
        ("steps", [[0, 0, 0, "credits", "key-a", "5", None]]),
        ("steps", [[0, 0, 0, "credits", "key-00000000", "-5", None]]),
        ("steps", [[0, 0, 0, "secret", "key-00000000", "mine", None]]),
        ("steps", [[0, 0, 0, "scenario", None, "stuk"]]),
        ("steps", [[0, 0, 0, "reset", None]]),
        ("steps", [[0, 0, 0, "explode", 1]]),
        ("steps", [[1, 0, 0, "scenario", None, None], [0, 0, 0, "scenario", None, None]]),
    ],
)
def test_a_capsule_with_a_wrong_part_is_refused_by_name(part: str, wrong: Any) -> None:
    with pytest.raises(CapsuleError, match=r"the capsule (is damaged|cannot be set up here|is not whole): ."):
        MockProvider.from_capsule(pack({**WHOLE, part: wrong}))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_a_mutated_capsule_is_refused_or_works(data: st.DataObject) -> None:
    content = orjson.loads(orjson.dumps(WHOLE))
    for _ in range(data.draw(st.integers(1, 3))):
        place: Any = content
        while True:
            inner = list(place) if isinstance(place, dict) else list(range(len(place)))
            at = data.draw(st.sampled_from(inner))
            if not isinstance(place[at], dict | list) or not place[at] or data.draw(st.booleans()):
                break
            place = place[at]
        if data.draw(st.booleans()) and len(place) > 1:
            del place[at]
        else:
            place[at] = data.draw(ANYTHING)
    try:
        mock = MockProvider.from_capsule(pack(content))
    except CapsuleError:
        return
    with mock:
        calls = [submit("key-a"), submit("key-b")] * 2
        assert all(run(mock, calls))
        again = mock.capsule
    MockProvider.from_capsule(again).close()


@given(st.binary(max_size=200), st.integers(0, 400))
def test_a_broken_line_is_refused(noise: bytes, at: int) -> None:
    line = pack(WHOLE)
    coded = base64.urlsafe_b64encode(noise).decode().rstrip("=")
    for broken in (PREFIX + coded, line[:at] + coded + line[at:]):
        if broken != line:
            with pytest.raises(CapsuleError):
                MockProvider.from_capsule(broken)


# -- what nothing listens to, and who is named -------------------------------------------------------------------------


def knock(url: str) -> bool:
    """Return whether anything listens."""
    host, port = url.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize("ttl_s", [None, 5])
def test_after_the_same_call_nothing_listens(ttl_s: int | None) -> None:
    steps: list[Callable[[MockProvider], object]] = [
        lambda mock: mock.add_fault("network_refused", ttl_s=ttl_s),
        lambda mock: mock.remove_faults(),
    ]

    def story(mock: MockProvider, url: str, *, sets_up: bool) -> list[Any]:
        with httpx2.Client(base_url=url, trust_env=False, timeout=5) as http:
            seen: list[Any] = [http.get("/nowhere").status_code, http.get("/nowhere").status_code]
        if sets_up:
            steps[0](mock)
        seen.append(knock(url))
        mock.clock.advance(3)
        seen.append(knock(url))
        mock.clock.advance(3)
        if sets_up:
            steps[1](mock)
        mock.clock.advance(1)
        return [*seen, knock(url)]

    with MockProvider(PROVIDER) as first, first.serve() as url:
        seen = story(first, url, sets_up=True)
        line = first.capsule
    assert seen == [404, 404, False, False, True]
    with MockProvider.from_capsule(line) as again, again.serve() as url:
        assert story(again, url, sets_up=False) == seen


def test_what_ends_at_once_does_not_lock_the_replay_out() -> None:
    with MockProvider(PROVIDER) as first:
        first.handle(Request("GET", "/nowhere", b"", {}, b""))
        first.add_fault("network_refused")
        first.remove_faults()
        line = first.capsule
    with MockProvider.from_capsule(line) as again, again.serve() as url:
        with httpx2.Client(base_url=url, trust_env=False, timeout=5) as http:
            assert [http.get("/nowhere").status_code for _ in range(2)] == [404, 404]
        assert knock(url)


def test_a_key_is_known_by_a_fault_that_is_armed_for_it() -> None:
    with MockProvider(PROVIDER) as first:
        first.add_fault("error", key="key-a", probability=0.5)
        line = first.capsule
    with MockProvider.from_capsule(line) as again:
        again.add_fault("error", key="key-a", probability=0.5)
        submit("key-a")(again)
        lots = [rule.lot for rule in again.faults]
        assert len(set(lots)) == 2
    with MockProvider(PROVIDER) as plain:
        for _ in range(2):
            plain.add_fault("error", key="key-a", probability=0.5)
        assert [rule.lot for rule in plain.faults] == lots
