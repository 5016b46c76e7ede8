"""What may be verified, and at what cost."""

from __future__ import annotations

import socket
from decimal import Decimal

import pytest

from mockreel.conformance import verify_server
from mockreel.conformance.budget import Budget, Withheld
from mockreel.conformance.target import Target, bench, is_loopback, key_of
from mockreel.provider import MockProvider
from mockreel_contracts import load, providers

FIRST = load(providers()[0])


def test_a_host_elsewhere_is_given_no_credits_unless_they_are_allowed() -> None:
    with bench(Target("http://192.0.2.1", FIRST, "key")) as made:
        assert made.budget.limit == Decimal(0)
        assert made.receiver is None, "it could not be reached"
        assert not made.has_control, "nobody has asked for one"
    with bench(Target("http://192.0.2.1", FIRST, "key", budget=Decimal(50))) as made:
        assert made.budget.limit == Decimal(50)


def test_a_mock_of_this_machine_is_steered_and_may_cost_what_it_likes() -> None:
    with MockProvider(FIRST.provider) as mock, mock.serve() as url, bench(Target(url, FIRST, "key")) as made:
        assert made.budget.limit is None
        assert made.has_control
        assert made.keys.can_mint
        assert made.control.is_manual
    with bench(Target("http://127.0.0.1:1", FIRST, "key")) as made:
        assert not made.has_control, "nobody answers there"
        assert not made.keys.can_mint
        assert made.keys.wrong is None


@pytest.mark.parametrize(
    ("host", "here"),
    [("localhost", True), ("127.0.0.2", True), ("::1", True), ("mock.localhost", True), ("example.com", False)]  # noqa: RUF005
    + [("127.0.0.1.example.com", False), ("10.0.0.1", False), ("", False)],
)
def test_this_machine_is_known_by_its_name_alone(host: str, here: bool) -> None:
    assert is_loopback(host) is here


def test_the_environment_has_a_key_for_all_or_for_one_provider() -> None:
    assert key_of("some-one", {"SOME_ONE_API_KEY": "one"}) == "one"
    assert key_of("some-one", {"SOME_ONE_API_KEY": "one", "MOCKREEL_API_KEY": "all"}) == "all"
    assert key_of("some-one", {}) == ""


def test_a_budget_is_kept_before_the_money_is_spent() -> None:
    budget = Budget(Decimal(100))
    budget.check(Decimal(100))
    budget.spend(Decimal(60))
    with pytest.raises(Withheld, match="costs 60 credits and 40 of the budget are left"):
        budget.check(Decimal(60))
    with pytest.raises(Withheld, match="has no price"):
        budget.check(None)


def test_after_a_task_that_nobody_wanted_nothing_is_sent_that_may_cost() -> None:
    budget = Budget(Decimal(0))
    budget.check(Decimal(0))
    budget.spend(Decimal(10))
    with pytest.raises(Withheld, match="should have been refused made a task beyond the budget"):
        budget.check(Decimal(0))
    assert budget.spent == 10


def test_no_key_is_shown_by_a_target() -> None:
    shown = repr(Target("http://127.0.0.1:1", FIRST, "secret-1", other_key="secret-2", callback_secret="secret-3"))
    assert "secret-" not in shown


def test_a_server_that_never_answers_does_not_hold_the_run() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        report = verify_server(url, FIRST.provider, api_key="key", max_time_s=0.3, control="none")
    assert report.verdict == "inconclusive"
    assert any("the time of the run was over" in note for note in report.notes)
    assert report.facts["requests"] == "0", "the run gave up, not the server"
