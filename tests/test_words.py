"""What can be asked and told has the same names in Python and in the control API, and does the same."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mockreel import MockProvider
from mockreel.domain.faults.kind import FaultError
from mockreel.domain.journal import Entry
from mockreel.domain.scenario import ScenarioError
from mockreel.server.steering import SteeredClock
from mockreel_contracts import load, providers
from tests.calling import first_body

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "control-and-python.md"
WITH_CALLBACKS = next(name for name in providers() if load(name).callback is not None)
PAGES = {"limit", "format"}  # how much of a list the control API shows, and as what


def sections() -> list[set[str]]:
    """Return the words of both sides, of Python alone, of the control API alone, as the page has them."""
    parts = re.split(r"^## .*$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return [set(re.findall(r"^\| (\w+) \| `", part, flags=re.MULTILINE)) for part in parts]


def operations() -> dict[str, set[str]]:
    """Return each operation of the control API, and what it takes."""
    with MockProvider() as mock:
        described: dict[str, Any] = mock.app.control().openapi()
    found = {}
    for path, methods in described["paths"].items():
        for operation in methods.values():
            taken = {each["name"] for each in operation.get("parameters", ())}
            text = json.dumps(operation.get("requestBody", {}))
            for name in re.findall(r"#/components/schemas/(\w+)", text):
                taken |= described["components"]["schemas"][name]["properties"].keys()
            found[operation["operationId"]] = taken
            assert path.startswith("/_mock/")
    return found


def members() -> dict[str, Any]:
    """Return what a mock and its clock have in public."""
    own = {name: each for kind in (MockProvider, SteeredClock) for name, each in inspect.getmembers(kind)}
    return {"clock": property(), **{name: each for name, each in own.items() if not name.startswith("_")}}


def test_no_side_has_a_word_that_the_other_has_not() -> None:
    both, python, control = sections()
    assert set(members()) == both | python
    assert set(operations()) == both | control
    assert len(python) + len(control) < len(both)


def test_a_word_takes_the_same_on_both_sides() -> None:
    both = sections()[0]
    for word, taken in operations().items():
        member = members().get(word)
        if word in both and not isinstance(member, property):
            own = inspect.signature(member).parameters.values()
            assert {p.name for p in own if p.name != "self" and p.kind is not p.VAR_KEYWORD} == taken - PAGES, word


def test_finding_takes_what_the_journal_takes() -> None:
    asked = set(inspect.signature(MockProvider.find).parameters) - {"self"}
    assert asked == operations()["journal"] - PAGES


# -- and does the same -------------------------------------------------------------------------------------------------

PROVIDER = providers()[0]
CONTRACT = load(PROVIDER)
SUBMIT = CONTRACT.by_role("submit")[0]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[MockProvider, httpx2.Client]]:
    with (
        MockProvider(seed=7) as mock,
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
    return http.request(SUBMIT.method, SUBMIT.path, json=first_body(CONTRACT), headers={**auth, **headers})


def test_a_key_is_given_credits_a_secret_and_a_scenario(mock: MockProvider, http: httpx2.Client) -> None:
    mock.set_key("key-a", credits=12.5, callback_secret="hush", scenario="stuck", provider=WITH_CALLBACKS)
    shown = http.get("/_mock/keys/key-a", params={"provider": WITH_CALLBACKS}).json()
    assert list(shown) == [WITH_CALLBACKS]
    assert (shown[WITH_CALLBACKS]["balance"], shown[WITH_CALLBACKS]["scenario"]) == (12.5, "stuck")
    assert mock.ledger("key-a", WITH_CALLBACKS).balance == Decimal("12.5")
    mock.set_key("key-a", credits="unlimited", scenario=None)
    assert {each["balance"] for each in http.get("/_mock/keys/key-a").json().values()} == {"unlimited"}
    http.put("/_mock/keys/key-a", json={"credits": 3})
    assert mock.ledger("key-a", WITH_CALLBACKS).balance == 3


def test_a_secret_of_a_key_is_in_use() -> None:
    with MockProvider(WITH_CALLBACKS) as mock:
        service = mock.engine.services[WITH_CALLBACKS]
        assert mock.engine.secret_kind("key-a", service) == "default"
        mock.set_key("key-a", callback_secret="hush")
        assert mock.engine.secret_kind("key-a", service) == "own"
        mock.set_key("key-a", callback_secret=None)
        assert mock.engine.secret_kind("key-a", service) == "none"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, 'say credits (a number or "unlimited"), callback_secret or scenario (text or None)'),
        ({"credits": -1}, "credits are a number from 0 to 1,000,000,000,000, or unlimited; got -1"),
        ({"callback_secret": ""}, "a callback secret is a text of 1 or more characters; None turns signing off"),
        ({"credits": 5, "provider": "nobody"}, "no provider 'nobody' is served"),
        ({"credits": 5, "scenario": "stuk"}, "did you mean stuck"),
    ],
)
def test_what_a_key_cannot_be_given_changes_nothing(mock: MockProvider, given: dict[str, Any], says: str) -> None:
    before = mock.ledger("key-a", PROVIDER).balance
    with pytest.raises(ValueError, match=re.escape(says)):
        mock.set_key("key-a", **given)
    assert mock.ledger("key-a", PROVIDER).balance == before


def test_faults_are_armed_all_or_none_and_disarmed_at_once(mock: MockProvider, http: httpx2.Client) -> None:
    with pytest.raises(FaultError, match="did you mean error"):
        mock.add_faults([{"fault": "error"}, {"fault": "eror"}])
    assert mock.faults == []
    mock.add_faults([{"fault": "error", "key": "key-a"}, {"fault": "html_502"}])
    assert [rule["fault"] for rule in http.get("/_mock/faults").json()["faults"]] == ["error", "html_502"]
    assert (mock.remove_faults("key-a"), mock.remove_faults()) == (1, 1)
    assert http.get("/_mock/faults").json()["faults"] == []


def test_the_next_calls_are_made_to_fail_from_outside_too(mock: MockProvider, http: httpx2.Client) -> None:
    made = http.post("/_mock/faults/fail_next", json={"case": 429, "times": 2, "key": "key-a"})
    assert (made.status_code, made.json()["fields"], made.json()["times"]) == (201, {"case": "429"}, 2)
    for _ in range(3):
        create(http)
    assert [record.outcome for record in mock.find()] == ["rate_limited", "rate_limited", "ok"]
    refused = http.post("/_mock/faults/fail_next", json={"case": "rate_limted"})
    assert (refused.status_code, "did you mean rate_limited" in refused.json()["detail"]) == (422, True)


def test_what_can_be_chosen_is_listed(mock: MockProvider, http: httpx2.Client) -> None:
    assert list(mock.fault_kinds) == list(http.get("/_mock/faults/kinds").json())
    assert list(mock.scenarios) == list(http.get("/_mock/scenarios").json())
    assert {name: list(cases) for name, cases in mock.errors.items()} == {
        name: list(cases) for name, cases in http.get("/_mock/errors").json().items()
    }


def test_a_scenario_is_chosen_for_all_and_for_a_key(mock: MockProvider, http: httpx2.Client) -> None:
    mock.use_scenario("stuck")
    http.put("/_mock/scenario", json={"scenario": "slow", "key": "key-a"})
    assert (mock.scenario, http.get("/_mock/scenario").json()) == ("stuck", {"scenario": "stuck"})
    create(http, "key-a")
    create(http, "key-b")
    assert [task.course.scenario for task in mock.tasks] == ["slow", "stuck"]
    with pytest.raises(ScenarioError):
        mock.use_scenario("stuk")


def test_the_journal_is_searched_and_exported(mock: MockProvider, http: httpx2.Client) -> None:
    mock.fail_next("maintenance", key="key-a")
    create(http, "key-a")
    create(http, "key-b")
    (task,) = mock.tasks
    for asked, wanted in (
        ({}, [1, 2]),
        ({"key": "key-b"}, [2]),
        ({"fault": "error"}, [1]),
        ({"outcome": "refused"}, [1]),
        ({"outcome": "maintenance"}, [1]),
        ({"task_id": task.id, "operation": SUBMIT.id}, [2]),
        ({"operation": "result"}, []),
    ):
        assert [record.seq for record in mock.find(**asked)] == wanted
        shown = http.get("/_mock/journal", params=asked).json()["entries"]
        assert [entry["seq"] for entry in reversed(shown)] == wanted
    origin = str(http.base_url).rstrip("/")
    for form in ("ndjson", "har", "curl"):
        answer = http.get("/_mock/journal", params={"format": form, "fault": "error"})
        assert mock.export(form, origin=origin, fault="error") == answer.text  # type: ignore[arg-type]
        assert f"{origin}{SUBMIT.path}" in answer.text
        assert "key-a" not in answer.text
    with pytest.raises(ValueError, match="a form is ndjson, har or curl, got 'xml'"):
        mock.export("xml")  # type: ignore[arg-type]


def test_a_refused_call_and_a_task_are_explained(mock: MockProvider, http: httpx2.Client) -> None:
    create(http, **{"X-Mock-Fault": "rate_limited"})
    create(http)
    told, shown = mock.explain_call(1), http.get("/_mock/journal/1/explain").json()
    for each in (told, shown):
        del each["entry"]["curl"]  # which has the mock's address
    assert json.loads(json.dumps(told)) == shown
    with pytest.raises(ValueError, match="the journal has no entry 99; it keeps the last 10000"):
        mock.explain_call(99)
    (task,) = mock.tasks
    assert mock.explain(task.id)["why"] == http.get(f"/_mock/tasks/{task.id}/explain").json()["why"]
    assert mock.task(task.id)["model"] == task.model.name
    with pytest.raises(ValueError, match="there is no task 'nothing'"):
        mock.task("nothing")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nobody/knows/this", 404),
        ("DELETE", SUBMIT.path, None),
        ("POST", f"/_files/{PROVIDER}/x/video.mp4", 405),
        ("GET", f"/_files/{PROVIDER}/video.mp4", 404),
        ("GET", "/_files/nobody/x/video.mp4", 404),
    ],
)
def test_a_request_that_no_contract_knows_is_kept_and_explained(
    mock: MockProvider, http: httpx2.Client, method: str, path: str, status: int | None
) -> None:
    answer = http.request(method, path)
    assert status in (None, answer.status_code)
    create(http)
    assert [(each.path, each.status) for each in mock.find(outcome="unexpected")] == [(path, answer.status_code)]
    (missed, good) = mock.find()
    assert isinstance(missed, Entry)
    assert isinstance(good, Entry)
    assert (missed.is_unexpected, missed.operation, good.is_unexpected) == (True, "", False)
    assert missed.outcome != "ok"
    shown = http.get("/_mock/journal", params={"outcome": "unexpected"}).json()["entries"]
    assert [(each["method"], each["is_unexpected"]) for each in shown] == [(method, True)]
    told = http.get(f"/_mock/journal/{missed.seq}/explain").json()
    assert told["advice"] == "no contract has such an operation: correct the path or the method"
    assert told["why"] == mock.explain_call(missed.seq)["why"] == missed.decision
    assert all(mock.export(form) for form in ("ndjson", "har", "curl"))  # type: ignore[arg-type]


def test_an_operation_that_is_refused_is_not_unexpected(mock: MockProvider, http: httpx2.Client) -> None:
    create(http, **{"X-Mock-Fault": "rate_limited"})
    http.get(f"/_files/{PROVIDER}/nothing/video.mp4")
    assert mock.find(outcome="unexpected") == []
    assert len(mock.find()) == 2


def test_a_callback_is_sent_once_more(mock: MockProvider) -> None:
    with pytest.raises(ValueError, match="there is no callback 'cb-99'"):
        mock.redeliver("cb-99")
