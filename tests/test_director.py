"""Steering a test: faults, scenarios, the journal and capsules, by the control API and in Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mockreel import MockProvider
from mockreel.domain.clock import ClockError
from mockreel.domain.faults.kind import FaultError
from mockreel.domain.journal import fingerprint
from mockreel.domain.messages import Request
from mockreel.domain.scenario import ScenarioError
from mockreel_contracts import load, providers
from tests.calling import first_body

PROVIDER = providers()[-1]
CONTRACT = load(PROVIDER)
SUBMIT = CONTRACT.by_role("submit")[0]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[MockProvider, httpx2.Client]]:
    with (
        MockProvider(PROVIDER, seed=7) as mock,
        mock.serve() as url,
        httpx2.Client(base_url=url, trust_env=False, timeout=10) as http,
    ):
        yield mock, http


@pytest.fixture
def mock(served: tuple[MockProvider, httpx2.Client]) -> MockProvider:
    served[0].reset()
    return served[0]


@pytest.fixture
def http(served: tuple[MockProvider, httpx2.Client]) -> httpx2.Client:
    return served[1]


def create(http: httpx2.Client, key: str = "key-a", **headers: str) -> httpx2.Response:
    auth = {CONTRACT.auth.header: f"{CONTRACT.auth.schemes[0].capitalize()} {key}"}
    return http.post(SUBMIT.path, json=first_body(CONTRACT), headers={**auth, **headers})


def in_process(mock: MockProvider, key: str = "key-a") -> bytes:
    headers = {
        CONTRACT.auth.header.encode(): f"{CONTRACT.auth.schemes[0].capitalize()} {key}".encode(),
        b"content-type": b"application/json",
    }
    body = json.dumps(first_body(CONTRACT)).encode()
    return mock.handle(Request(SUBMIT.method, SUBMIT.path, b"", headers, body)).body


def cases(mock: MockProvider) -> list[str]:
    return [record.outcome for record in mock.journal]


# -- faults ------------------------------------------------------------------------------------------------------------


def test_a_fault_is_armed_met_and_disarmed(mock: MockProvider, http: httpx2.Client) -> None:
    made = http.post("/_mock/faults", json={"faults": [{"fault": "error", "case": "maintenance", "on": "submit"}]})
    assert made.status_code == 201
    (rule,) = made.json()["faults"]
    create(http)
    create(http)
    assert http.get("/_mock/faults").json()["faults"][0]["fired"] == 2
    assert http.delete(f"/_mock/faults/{rule['id']}").json()["fault"] == "error"
    create(http)
    assert cases(mock) == ["maintenance", "maintenance", "ok"]
    assert http.delete(f"/_mock/faults/{rule['id']}").status_code == 404


def test_faults_are_armed_all_or_none(mock: MockProvider, http: httpx2.Client) -> None:
    wanted = [{"fault": "error"}, {"fault": "eror"}]
    refused = http.post("/_mock/faults", json={"faults": wanted})
    assert refused.status_code == 422
    assert "knows no fault 'eror'; did you mean error" in refused.json()["detail"]
    assert mock.faults == []


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"fault": "error", "case": "mantenance"}, "did you mean maintenance"),
        ({"fault": "error", "color": "red"}, "error has no field 'color'"),
        ({"fault": "error", "times": 0}, "times is a whole number from 1"),
        ({"fault": "error", "times": True}, "times is a whole number from 1"),
        ({"fault": "error", "probability": 1.5}, "probability is a number from 0 to 1, got 1.5"),
        ({"fault": "error", "key": ""}, "key is a text of 1 to 1000 characters"),
        ({"fault": "error", "key": 7}, "key is a text of 1 to 1000 characters"),
        ({"fault": 7}, "each fault is named"),
        ({}, "each fault is named"),
        ({"fault": "error", "provider": "nobody"}, "no provider 'nobody' is served"),
        ({"fault": "error", "from_s": 5, "until_s": 1}, "until_s is after from_s, got 5 to 1"),
    ],
)
def test_a_fault_that_is_not_well_asked_for_is_refused(
    mock: MockProvider, http: httpx2.Client, fault: dict[str, Any], says: str
) -> None:
    refused = http.post("/_mock/faults", json={"faults": [fault]})
    assert refused.status_code == 422
    assert says in refused.json()["detail"]
    assert mock.faults == []


def test_an_error_case_is_a_fault_and_a_scenario_too(mock: MockProvider, http: httpx2.Client) -> None:
    made = http.post("/_mock/faults", json={"fault": "rate_limited", "on": "create", "times": 1})
    assert [(rule["fault"], rule["fields"], rule["on"]) for rule in made.json()["faults"]] == [
        ("error", {"case": "rate_limited"}, "submit")
    ]
    create(http)
    http.put("/_mock/scenario", json={"scenario": "402"})
    assert http.get("/_mock/scenario").json() == {"scenario": "402"}
    create(http)
    assert cases(mock) == ["rate_limited", "insufficient_credits"]


def test_python_has_the_same_words(mock: MockProvider, http: httpx2.Client) -> None:
    mock.fail_next("rate_limited", times=2)
    rule = mock.add_fault("error", case="maintenance", key="key-b")
    with pytest.raises(FaultError, match="did you mean error"):
        mock.add_fault("errror")
    for key in ("key-a", "key-a", "key-a", "key-b", "key-b", "key-b"):
        create(http, key)
    assert cases(mock) == ["rate_limited", "rate_limited", "ok", "maintenance", "maintenance", "maintenance"]
    mock.remove_fault(rule.id)
    create(http, "key-b")
    assert cases(mock)[-1] == "ok"
    with pytest.raises(ValueError, match="no fault 'f-9' is armed"):
        mock.remove_fault("f-9")


def test_a_reset_of_one_key_leaves_the_faults_of_others(mock: MockProvider) -> None:
    mock.add_fault("error", key="key-a")
    mock.add_fault("error", key="key-b")
    mock.add_fault("error")
    mock.reset("key-a")
    assert [rule.match.key for rule in mock.faults] == ["key-b", None]
    mock.reset()
    assert mock.faults == []


def test_a_test_is_told_by_its_header(mock: MockProvider, http: httpx2.Client) -> None:
    mock.add_fault("error", case="maintenance", test="checkout-*")
    create(http, **{"X-Mock-Test": "checkout-1"})
    create(http, **{"X-Mock-Test": "search-1"})
    create(http)
    assert cases(mock) == ["maintenance", "ok", "ok"]


def test_what_json_cannot_hold_is_refused_before_it_does_harm(mock: MockProvider, http: httpx2.Client) -> None:
    for value in (10**30, "\ud800"):
        with pytest.raises(FaultError):
            mock.add_fault("field_extra", on="submit", fields={"x": value})
    with pytest.raises(FaultError, match="prompt is a text of 1 to 1000 characters"):
        mock.add_fault("error", prompt="\ud800")
    assert mock.faults == []
    assert mock.capsule
    create(http)
    assert cases(mock) == ["ok"]


def test_a_parameter_that_is_not_known_changes_nothing(mock: MockProvider, http: httpx2.Client) -> None:
    mock.add_fault("error", key="key-b")
    create(http)
    for method, path in (("DELETE", "/_mock/faults?kee=key-a"), ("POST", "/_mock/reset?key=key-a")):
        refused = http.request(method, path)
        assert refused.status_code == 422
    assert "did you mean key?" in http.delete("/_mock/faults?kee=key-a").json()["detail"]
    assert len(mock.faults) == len(mock.tasks) == 1
    assert http.delete("/_mock/faults?key=key-a").json() == {"removed": 0}


# -- scenarios ---------------------------------------------------------------------------------------------------------


def test_a_key_follows_its_own_scenario(mock: MockProvider, http: httpx2.Client) -> None:
    assert http.put("/_mock/keys/key-a", json={"scenario": "generation_failed"}).status_code == 200
    mock.use_scenario("stuck")
    create(http, "key-a")
    create(http, "key-b")
    create(http, "key-b", **{"X-Mock-Scenario": "instant"})
    assert [task.course.scenario for task in mock.tasks] == ["generation_failed", "stuck", "instant"]
    http.put("/_mock/keys/key-a", json={"scenario": None})
    http.put("/_mock/scenario", json={"scenario": None})
    create(http, "key-a")
    assert mock.tasks[-1].course.scenario == "success"


def test_a_scenario_that_is_not_known_changes_nothing(mock: MockProvider, http: httpx2.Client) -> None:
    before = http.get("/_mock/keys/key-a").json()
    refused = http.put("/_mock/keys/key-a", json={"scenario": "stuk", "credits": 5})
    assert refused.status_code == 422
    assert "did you mean stuck" in refused.json()["detail"]
    assert http.get("/_mock/keys/key-a").json() == before
    assert http.put("/_mock/scenario", json={"scenario": "stuk"}).status_code == 422
    with pytest.raises(ScenarioError, match="did you mean stuck"):
        mock.use_scenario("stuk")


def test_an_error_that_some_provider_lacks_is_refused_when_it_is_set_and_says_which() -> None:
    with MockProvider(seed=7) as mock:
        contracts = [service.contract for service in mock.engine.services.values()]
        lone = next(
            (contract, case.id)
            for contract in contracts
            for case in contract.errors.values()
            if all(other is contract or other.find_error(case.id) is None for other in contracts)
        )
        lacking = ", ".join(contract.provider for contract in contracts if contract is not lone[0])
        for key in (None, "key-a"):
            with pytest.raises(ScenarioError) as refused:
                mock.use_scenario(lone[1], key=key)
            hint = "ask for it with X-Mock-Scenario on creates of the others"
            assert str(refused.value) == f"the error {lone[1]!r} is not one of {lacking}; {hint}"
        assert mock.engine.scenarios == {}
        contract, reason = next(
            (contract, case.reason)
            for contract in contracts
            for case in contract.errors.values()
            if case.id == "insufficient_credits" and case.reason and case.reason != case.id
        )
        with pytest.raises(ScenarioError, match=r"; all have insufficient_credits$"):
            mock.use_scenario(reason)
        mock.use_scenario("insufficient_credits")
        with pytest.raises(ScenarioError, match="is not one of"):
            MockProvider(scenario=reason)
    with MockProvider(contract.provider) as alone:
        alone.use_scenario(reason)


# -- the journal -------------------------------------------------------------------------------------------------------


def test_the_journal_is_asked_by_key_fault_and_outcome(mock: MockProvider, http: httpx2.Client) -> None:
    mock.fail_next("maintenance", key="key-a")
    create(http, "key-a")
    create(http, "key-b")

    def found(**query: str) -> list[int]:
        return [entry["seq"] for entry in http.get("/_mock/journal", params=query).json()["entries"]]

    assert found() == [2, 1]
    assert found(key="key-b") == [2]
    assert found(fault="error") == [1]
    assert found(outcome="maintenance") == found(outcome="refused") == [1]
    assert found(outcome="ok") == [2]


def test_each_entry_has_a_line_that_makes_the_call_again(mock: MockProvider, http: httpx2.Client) -> None:
    create(http, "secret-key-1")
    (entry,) = http.get("/_mock/journal").json()["entries"]
    assert entry["curl"].startswith(f"curl -s --globoff {http.base_url}".rstrip("/"))
    assert "$API_KEY" in entry["curl"]
    assert "secret-key-1" not in json.dumps(entry)


def test_the_journal_as_ndjson_and_as_har(mock: MockProvider, http: httpx2.Client) -> None:
    create(http)
    create(http)
    lines = http.get("/_mock/journal", params={"format": "ndjson"}).text.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 2]
    log = http.get("/_mock/journal", params={"format": "har"}).json()["log"]
    assert log["version"] == "1.2"
    assert [entry["request"]["method"] for entry in log["entries"]] == [SUBMIT.method] * 2
    assert json.loads(log["entries"][0]["request"]["postData"]["text"]) == first_body(CONTRACT)


def test_a_download_is_in_the_journal(mock: MockProvider, http: httpx2.Client) -> None:
    create(http, **{"X-Mock-Scenario": "instant"})
    (task,) = mock.tasks
    url = http.get(f"/_mock/tasks/{task.id}").json()["results"][0]["url"]
    assert http.get(url).status_code == 200
    mock.clock.advance(CONTRACT.lifecycle.asset_life_ms / 1000 + 1)
    assert http.get(url).status_code == 404
    found = http.get("/_mock/journal", params={"operation": "result", "task_id": task.id}).json()["entries"]
    assert [entry["decision"][:20] for entry in found] == ["refused: the result ", "the video is sent"]


def test_faults_and_scenarios_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "teapot.yaml").write_text(
        "title: The server is a teapot.\npoint: answer\nact: {status: 418, text: short and stout}\n", "utf-8"
    )
    stories = tmp_path / "stories"
    stories.mkdir()
    (stories / "tea.yaml").write_text("title: Tea first.\nfaults: [{fault: teapot, times: 1}]\n", "utf-8")
    with MockProvider(PROVIDER, faults=tmp_path, scenarios=stories, scenario="tea") as mock:
        assert [in_process(mock) == b"short and stout" for _ in range(2)] == [True, False]
    with pytest.raises(ValueError, match="faults is a folder of YAML files"):
        MockProvider(PROVIDER, faults=tmp_path / "nowhere")


def test_a_refused_call_is_explained(mock: MockProvider, http: httpx2.Client) -> None:
    create(http, **{"X-Mock-Fault": "rate_limited"})
    told = http.get("/_mock/journal/1/explain").json()
    assert told["case"]["id"] == "rate_limited"
    assert "retryable" in told["advice"]
    assert http.get("/_mock/journal/99/explain").status_code == 404


# -- time --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 1e12])
def test_time_never_goes_back(mock: MockProvider, seconds: float) -> None:
    before = mock.clock.now_ms()
    with pytest.raises(ClockError):
        mock.clock.advance(seconds)
    assert mock.clock.now_ms() == before


@pytest.mark.parametrize("speed", [0.1, 1, 60, 10_000])
def test_speed_divides_the_durations(speed: float) -> None:
    with MockProvider(PROVIDER, seed=7) as plain, MockProvider(PROVIDER, seed=7, speed=speed) as fast:
        in_process(plain)
        in_process(fast)
        spans = [
            mock.tasks[0].timeline(mock.clock.now_ms())[-1].start_ms - mock.clock.now_ms() for mock in (plain, fast)
        ]
    assert spans[1] == pytest.approx(spans[0] / speed, abs=5 + 20 / speed)


def test_hours_of_many_tasks_pass_in_one_call() -> None:
    with MockProvider(PROVIDER, credits="unlimited") as mock:
        for _ in range(2000):
            in_process(mock)
        happened = mock.clock.advance(4 * 3600)
        told = len([state for state in CONTRACT.lifecycle.way() if state.name != CONTRACT.lifecycle.initial])
        assert len(happened) == 2000 * told
        assert [h["at_ms"] for h in happened] == sorted(h["at_ms"] for h in happened)


# -- concurrent tests --------------------------------------------------------------------------------------------------

KEYS = [f"test-{number}" for number in range(8)]
CASES = ["maintenance", "rate_limited", "internal_error", "insufficient_credits"]


@pytest.mark.parametrize("calls", [60])
def test_tests_with_keys_of_their_own_never_see_each_other(mock: MockProvider, http: httpx2.Client, calls: int) -> None:
    """Eight tests at once, on one mock, over the socket: each with its own fault, scenario, credits and reset."""
    spared = {key: 5 + number for number, key in enumerate(KEYS)}
    answers: dict[str, list[bytes]] = {key: [] for key in KEYS}

    def run(key: str) -> None:
        number = KEYS.index(key)
        case = CASES[number % len(CASES)]
        with httpx2.Client(base_url=http.base_url, trust_env=False, timeout=30) as own:
            own.put(f"/_mock/keys/{key}", json={"scenario": "stuck" if number % 2 else "instant"})
            fault = {"fault": "error", "case": case, "key": key, "on": "submit", "after": spared[key], "times": 3}
            own.post("/_mock/faults", json={"faults": [fault]}).raise_for_status()
            for _ in range(calls):
                answers[key].append(create(own, key).content)

    with ThreadPoolExecutor(len(KEYS)) as pool:
        list(pool.map(run, KEYS))
    for number, key in enumerate(KEYS):
        records = [record for record in mock.journal if record.key == fingerprint(key)]
        wanted = ["ok"] * spared[key] + [CASES[number % len(CASES)]] * 3
        assert [record.outcome for record in records][: len(wanted)] == wanted
        assert {record.outcome for record in records[len(wanted) :]} <= {"ok"}
        own = [task for task in mock.tasks if task.sandbox.key == key]
        assert len(own) == calls - 3
        assert {task.course.scenario for task in own} == {"stuck" if number % 2 else "instant"}
        assert mock.ledger(key).charged == sum(task.price for task in own)
    mock.reset(KEYS[0])
    assert {rule.match.key for rule in mock.faults} == set(KEYS[1:])
    assert {task.sandbox.key for task in mock.tasks} == set(KEYS[1:])
