"""Words and values that nothing can come of are refused, by the control API and in Python: silence would mislead."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from mockreel import MockProvider
from mockreel.domain.faults.kind import FaultError
from tests.test_director import CONTRACT, PROVIDER, create, http, in_process, mock, served

__all__ = ["http", "mock", "served"]  # fixtures

NO_KEYS = ["", "Bearer key-a", "key a", "schlüssel", "k" * 513, "\x1fkey-29792e72", "key\n"]
Ask = Callable[[httpx2.Client, str], httpx2.Response]


# -- API keys ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [*NO_KEYS, 5])
@pytest.mark.parametrize(
    "act",
    [
        lambda mock, key: mock.set_key(key, credits=5, scenario="stuck", callback_secret="s"),
        lambda mock, key: mock.use_scenario("stuck", key=key),
        lambda mock, key: mock.remove_faults(key),
        lambda mock, key: mock.reset(key),
        lambda mock, key: mock.ledger(key),
        lambda mock, key: mock.find(key=key),
    ],
    ids=["set_key", "use_scenario", "remove_faults", "reset", "ledger", "find"],
)
def test_what_no_call_can_have_is_no_api_key_in_python(
    mock: MockProvider, act: Callable[[MockProvider, Any], object], key: Any
) -> None:
    with pytest.raises(ValueError, match="an API key is 1 to 512 visible ASCII characters, without a scheme"):
        act(mock, key)
    assert not mock.engine.schedule.taken


@pytest.mark.parametrize("key", NO_KEYS)
@pytest.mark.parametrize(
    "ask",
    [
        lambda http, key: http.put("/_mock/scenario", json={"scenario": "stuck", "key": key}),
        lambda http, key: http.delete("/_mock/faults", params={"key": key}),
        lambda http, key: http.post("/_mock/reset", json={"key": key}),
        lambda http, key: http.get("/_mock/journal", params={"key": key}),
        lambda http, key: http.get("/_mock/tasks", params={"key": key}),
    ],
    ids=["use_scenario", "remove_faults", "reset", "journal", "tasks"],
)
def test_what_no_call_can_have_is_no_api_key_in_the_control_api(
    mock: MockProvider, http: httpx2.Client, ask: Ask, key: str
) -> None:
    create(http)
    answer = ask(http, key)
    assert answer.status_code == 422
    assert "without a scheme such as Bearer" in answer.text
    assert not key or key not in answer.text
    assert len(mock.journal) == 1
    assert not mock.engine.schedule.taken


def test_a_header_is_no_api_key_in_a_path(http: httpx2.Client) -> None:
    assert http.put("/_mock/keys/Bearer%20key-a", json={"credits": 5}).status_code == 422
    assert http.get("/_mock/keys/Bearer%20key-a").status_code == 422


# -- amounts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [Decimal("-0"), -0.0, "-0.000", Decimal("0e-400")])
def test_nothing_has_no_sign(mock: MockProvider, http: httpx2.Client, amount: Any) -> None:
    mock.set_key("key-a", credits=amount)
    http.put("/_mock/keys/key-a", json={"credits": str(amount)})
    assert str(mock.ledger("key-a").balance) == "0"
    MockProvider.from_capsule(mock.capsule)


@pytest.mark.parametrize("amount", [1e-45, Decimal("1e-13"), "0.1234567890123", Decimal("1." + "3" * 60)])
def test_an_amount_that_a_capsule_could_not_hold_is_refused(
    mock: MockProvider, http: httpx2.Client, amount: Any
) -> None:
    with pytest.raises(ValueError, match="credits have at most 12 digits after the point"):
        mock.set_key("key-a", credits=amount)
    with pytest.raises(ValueError, match="credits have at most 12 digits after the point"):
        MockProvider(PROVIDER, credits=amount)
    assert http.put("/_mock/keys/key-a", json={"credits": str(amount)}).status_code == 422
    assert not mock.engine.schedule.taken


@pytest.mark.parametrize("amount", [0, 1e-12, 0.1, "70.25", 10**12, "unlimited"])
def test_every_amount_that_is_taken_is_in_the_capsule(amount: Any) -> None:
    with MockProvider(PROVIDER, credits=amount) as mock:
        mock.set_key("key-a", credits=amount)
        line = mock.capsule
    with MockProvider.from_capsule(line) as again:
        assert again.capsule == line
        in_process(again)  # the key is met
        again.reset("key-a")
        assert str(again.ledger("key-b").balance) == str(mock.ledger("key-b").balance)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": "seven"}, "seed is a whole number of at most 100 digits, got 'seven'"),
        ({"seed": 1.5}, "seed is a whole number"),
        ({"seed": 10**100}, "seed is a whole number"),
        ({"errors": "both"}, "errors is body or http, got 'both'"),
        ({"speed": 1e-320}, "speed is a number above 0, from 0.000001 to 1000000, got 1e-320"),
        ({"speed": "fast"}, "speed is a number above 0"),
        ({"faults": [{"fault": "answer_lost"}]}, "faults is a folder of YAML files, got .*; add_faults arms faults"),
        ({"scenarios": ["stuck"]}, "scenarios is a folder of YAML files, got .*; scenario= names one"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MockProvider(PROVIDER, **options)


# -- faults ------------------------------------------------------------------------------------------------------------


def test_the_next_failure_is_an_error_and_no_other_fault(mock: MockProvider, http: httpx2.Client) -> None:
    answer = http.post("/_mock/faults/fail_next", json={"case": "maintenance", "fault": "error_after_commit"})
    assert answer.status_code == 422
    assert "POST /_mock/faults arms those" in answer.text
    with pytest.raises(TypeError, match="fault"):
        mock.fail_next("maintenance", fault="error_after_commit")
    assert mock.faults == []


@pytest.mark.parametrize("times", [True, "2", 2.5, None])
def test_times_are_a_whole_number(http: httpx2.Client, times: Any) -> None:
    assert http.post("/_mock/faults/fail_next", json={"case": "maintenance", "times": times}).status_code == 422


@pytest.mark.parametrize("seconds", [True, "5", None])
def test_seconds_are_a_number(mock: MockProvider, http: httpx2.Client, seconds: Any) -> None:
    before_ms = mock.clock.now_ms()
    assert http.post("/_mock/clock/advance", json={"seconds": seconds}).status_code == 422
    assert mock.clock.now_ms() == before_ms


def test_an_error_that_is_named_twice_is_refused(mock: MockProvider) -> None:
    with pytest.raises(FaultError, match="'rate_limited' is an error case itself: leave out case"):
        mock.add_fault("rate_limited", case="maintenance")


@pytest.mark.parametrize(("from_s", "ttl_s"), [(0, 0), (10, 5), (10, 10)])
def test_a_fault_that_is_over_before_it_acts_is_refused(mock: MockProvider, from_s: float, ttl_s: float) -> None:
    with pytest.raises(FaultError, match=f"ttl_s is after from_s, or it never acts; got {from_s} to {ttl_s}"):
        mock.add_fault("error", from_s=from_s, ttl_s=ttl_s)
    mock.add_fault("error", from_s=from_s, ttl_s=from_s + 1)


# -- the journal -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "word", "near"),
    [
        ("fault", "answer_lots", "did you mean answer_lost"),
        ("outcome", "refusd", "did you mean refused"),
        ("outcome", "rate_limitd", "did you mean rate_limited"),
        ("operation", "resutl", "did you mean result"),
        ("operation", "", "knows no operation ''; known: "),
    ],
)
def test_a_word_that_no_record_can_have_is_refused_with_the_near_ones(
    mock: MockProvider, http: httpx2.Client, what: str, word: str, near: str
) -> None:
    answer = http.get("/_mock/journal", params={what: word})
    assert answer.status_code == 422
    assert near in answer.json()["detail"]
    with pytest.raises(ValueError, match=near.replace("?", r"\?")):
        mock.find(**{what: word})
    with pytest.raises(ValueError, match=near.replace("?", r"\?")):
        mock.export("har", **{what: word})


def test_every_word_of_a_record_finds_it(mock: MockProvider, http: httpx2.Client) -> None:
    create(http)
    create(http, **{"X-Mock-Fault": "rate_limited"})
    create(http, **{"X-Mock-Fault": str(CONTRACT.errors["maintenance"].code)})
    http.get("/no/such/path")
    for record in mock.journal:
        assert record in mock.find(outcome=record.outcome)
        assert record in mock.find(operation=record.operation or None)
        assert all(record in mock.find(fault=fault) for fault in record.faults)


def test_a_call_that_a_fault_kept_away_is_not_among_those_that_went_well(mock: MockProvider) -> None:
    mock.add_fault("html_502")
    mock.add_fault("network_reset_before", times=1)
    in_process_broken(mock)
    (record,) = mock.find(outcome="unreached")
    assert (record.status, mock.find(outcome="ok"), mock.find(outcome="refused")) == (0, [], [])
    assert mock.explain_call(record.seq)["advice"].endswith("nothing was carried out: it is safe to send it again")
    mock.remove_faults()
    mock.add_fault("answer_lost")
    in_process_broken(mock)
    assert [found.seq for found in mock.find(outcome="ok")] == [2]  # it was carried out


def in_process_broken(mock: MockProvider) -> None:
    with (
        httpx2.Client(transport=mock.transport(), base_url=CONTRACT.base_url) as broken,
        pytest.raises(httpx2.ReadError),
    ):
        create(broken)


def test_a_file_that_is_refused_is_not_among_those_that_went_well(mock: MockProvider, http: httpx2.Client) -> None:
    create(http, **{"X-Mock-Scenario": "instant"})
    url = mock.task(mock.tasks[0].id)["results"][0]["url"]
    path = url.removeprefix("http://127.0.0.1:8455")
    assert http.get(path).status_code == 200
    mock.clock.advance(CONTRACT.lifecycle.asset_life_ms / 1000 + 1)
    assert http.get(path).status_code == 404
    assert [found.seq for found in mock.find(outcome="refused")] == [3]
    assert [found.seq for found in mock.find(operation="result", outcome="ok")] == [2]
    assert (
        mock.explain_call(3)["advice"] == "the file was not sent: query its task, which tells the URLs that there are"
    )


def test_a_full_reset_forgets_how_much_was_dropped(mock: MockProvider) -> None:
    for _ in range(mock.journal.size + 1):
        mock.journal.add(mock.journal.last or _record(mock))
    assert mock.journal.dropped
    mock.reset()
    assert mock.journal.dropped == 0


def _record(mock: MockProvider) -> Any:
    in_process(mock)
    return mock.journal.last
