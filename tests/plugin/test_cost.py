"""`--mockreel-cost`: what the tests of a run would have cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mockreel_contracts import load, providers
from tests.calling import Caller, first_body
from tests.plugin.conftest import PROVIDER, Run

pytest_plugins = "pytester"
Project = Callable[..., None]
HEADING = "mockreel: what these tests would have cost"


def price(provider: str) -> float:
    """Return what the first example of a contract costs, by an engine of its own."""
    caller = Caller(load(provider))
    caller.submit()
    return float(caller.engine.services[provider].sandbox(caller.key).account.charged)


def lines(result: pytest.RunResult) -> list[str]:
    told = result.stdout.str().splitlines()
    start = next(number for number, line in enumerate(told) if HEADING in line)
    return [line for line in told[start + 1 :] if ": " in line]


@pytest.mark.parametrize("provider", providers())
def test_tasks_credits_and_dollars_are_summed(project: Project, run: Run, provider: str) -> None:
    contract = load(provider)
    submit, auth = contract.by_role("submit")[0], contract.auth
    project(f"""
@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.mockreel({provider!r}, strict=False)
def test_it(mock_provider, count):
    for _ in range(count):
        httpx2.post({contract.base_url + submit.path!r}, json={first_body(contract)!r}, headers={{
            {auth.header!r}: {f"{auth.schemes[0].capitalize()} test-key"!r}
        }})
""")
    credits = 3 * price(provider)
    usd = credits * float(contract.credits.usd or 0)
    dollars = f", about {usd:,.2f} USD" if usd else ""
    result = run("--mockreel-cost")
    result.assert_outcomes(passed=3)
    assert lines(result)[0] == f"{provider}: 3 tasks, {credits:,.10g} credits{dollars}"
    assert credits


def test_what_is_paid_back_and_what_is_refused_costs_nothing(project: Project, run: Run) -> None:
    project(f"""
@pytest.mark.mockreel({PROVIDER!r}, scenario="generation_failed")
def test_failed(mock_provider):
    create()
    mock_provider.clock.advance(3600)

def test_refused(mock_provider):
    create(headers={{}})
""")
    result = run("--mockreel-cost")
    result.assert_outcomes(passed=2)
    assert lines(result)[0] == f"{PROVIDER}: 1 tasks, 0 credits"


def test_failing_tests_cost_too_and_providers_are_told_apart(project: Project, run: Run) -> None:
    other = next(name for name in providers() if name != PROVIDER)
    contract = load(other)
    project(f"""
def test_it(mock_provider):
    create()
    headers = {{{contract.auth.header!r}: {f"{contract.auth.schemes[0].capitalize()} k"!r}}}
    url = {contract.base_url + contract.by_role("submit")[0].path!r}
    httpx2.post(url, json={first_body(contract)!r}, headers=headers)
    assert False
""")
    told = lines(run("--mockreel-cost"))
    assert [line.split(",")[0] for line in told[:2]] == [f"{PROVIDER}: 1 tasks", f"{other}: 1 tasks"]


def test_a_run_without_mocks_says_so_and_without_the_option_nothing_is_said(
    project: Project, run: Run, pytester: pytest.Pytester
) -> None:
    project("def test_it(): pass\n")
    assert lines(run("--mockreel-cost"))[0] == "nothing: no test used a mock"
    project("def test_it(mock_provider): create()\n")
    result = run("--junitxml=found.xml")
    assert HEADING not in result.stdout.str()
    assert "mockreel" not in (pytester.path / "found.xml").read_text("utf-8").replace("_mockreel", "")
