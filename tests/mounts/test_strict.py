"""A request that no contract knows: the whole message, in strict mode and out of it."""

from __future__ import annotations

import httpx
import httpx2
import pytest

from mockreel import MockProvider
from mockreel.interception import UnexpectedRequestError
from mockreel_contracts import load, providers

FIRST, SECOND = providers()[:2]
HOME = load(FIRST).base_url
SUBMIT = load(FIRST).by_role("submit")[0]
OTHER = load(SECOND).by_role("submit")[0]
AUTH = load(FIRST).auth
GOOD = {AUTH.header: f"{AUTH.schemes[0].capitalize()} test-key"}
HINT = (
    "\n  for the provider's own refusal instead: mock.intercept(strict=False), or strict=False in the mockreel marker"
)
NEAREST = f"the nearest is {SUBMIT.method} {SUBMIT.path} of {FIRST} ({SUBMIT.id}: submit)"


def message(method: str, path: str, headers: dict[str, str] = GOOD, *, name: str = FIRST) -> str:
    """Return what a request to the first provider's host raises."""
    with MockProvider(name) as mock, mock.intercept():
        with pytest.raises(UnexpectedRequestError) as caught:
            httpx2.request(method, HOME + path, headers=headers)
        with pytest.raises(UnexpectedRequestError) as same:
            httpx.request(method, HOME + path, headers=headers)
    assert str(same.value) == str(caught.value)
    return str(caught.value)


def test_a_path_that_is_nearly_one_names_it_with_method_provider_and_operation() -> None:
    path = SUBMIT.path[:-1]
    assert message(SUBMIT.method, path) == f"{SUBMIT.method} {HOME}{path}: no such path\n  {NEAREST}{HINT}"


def test_a_wrong_method_names_the_right_one() -> None:
    said = f"DELETE {HOME}{SUBMIT.path}: {SUBMIT.path} takes {SUBMIT.method}, not DELETE\n  {NEAREST}{HINT}"
    assert message("DELETE", SUBMIT.path) == said


def test_a_path_of_another_provider_names_it_and_what_to_do() -> None:
    told = message(OTHER.method, OTHER.path)
    assert told == (
        f"{OTHER.method} {HOME}{OTHER.path}: no such path\n"
        f"  it fits {OTHER.method} {OTHER.path} of {SECOND} ({OTHER.id}: submit), which this mock does not serve: "
        f'MockProvider("{FIRST}", "{SECOND}") does{HINT}'
    )


def test_a_path_like_none_lists_those_that_there_are() -> None:
    known = ", ".join(f"{o.method} {o.path}" for o in load(FIRST).operations.values())
    assert message("GET", "/q") == f"GET {HOME}/q: no such path\n  this mock serves {FIRST}: {known}{HINT}"


@pytest.mark.parametrize(
    ("value", "wrong"), [(None, "the header is missing; send"), ("just-a-key", "the header is not of the form")]
)
def test_a_key_of_the_wrong_form_is_told_too(value: str | None, wrong: str) -> None:
    headers = {} if value is None else {AUTH.header: value}
    told = message(SUBMIT.method, SUBMIT.path[:-1], headers)
    scheme = AUTH.schemes[0].capitalize()
    form = f"{wrong} {AUTH.header.title()}: {scheme} YOUR_API_KEY"
    assert told.splitlines()[2] == f"  the API key would not do either: {form}"


def test_the_control_api_is_not_there() -> None:
    told = message("GET", "/_mock/health")
    assert "the control API is at /_mock of a mock that is served, and of mock.app" in told


def test_a_result_file_that_is_none_gets_no_guesses() -> None:
    assert message("GET", f"/_files/{FIRST}/x") == f"GET {HOME}/_files/{FIRST}/x: no such file{HINT}"


def test_a_key_of_the_wrong_form_on_a_good_path_is_the_providers_to_refuse() -> None:
    with MockProvider(FIRST) as mock, mock.intercept():
        answer = httpx2.request(SUBMIT.method, HOME + SUBMIT.path, json={}, headers={AUTH.header: "just-a-key"})
        assert mock.journal.last is not None
        assert mock.journal.last.outcome == "unauthorized"
    assert b"form" in answer.headers["x-mock-hint"].encode()


def test_out_of_strict_mode_the_provider_refuses() -> None:
    with MockProvider(FIRST) as mock, mock.intercept(strict=False):
        answer = httpx2.get(f"{HOME}/no/such/path", headers=GOOD)
        assert [entry.seq for entry in mock.find(outcome="unexpected")] == [1]
    assert answer.status_code == 404


def test_an_unexpected_request_is_in_the_journal_with_its_answer() -> None:
    with MockProvider(FIRST) as mock, mock.intercept():
        with pytest.raises(UnexpectedRequestError):
            httpx2.get(f"{HOME}/no/such/path")
        assert [entry.seq for entry in mock.find(outcome="unexpected")] == [1]
