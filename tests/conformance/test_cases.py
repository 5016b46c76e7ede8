"""A run as tests of pytest, one for each check."""

from __future__ import annotations

import pytest

from mockreel.conformance import all_checks

pytest_plugins = "pytester"

TEST = """
import pytest
from mockreel import MockProvider
from mockreel.conformance import one_test_per_check, verify_server
from mockreel_contracts import providers

runs = []

def verify():
    runs.append(1)
    mock = MockProvider(providers()[0], seed=1)
    {broken}
    return verify_server(mock, only={only})

@one_test_per_check(verify)
def test_server(case):
    case()
    assert len(runs) == 1
"""
ONLY = ["auth_not_enforced"]


@pytest.fixture(autouse=True)
def _quiet(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


def test_there_is_a_test_for_each_check(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST.format(broken="", only=ONLY))
    told = pytester.runpytest_subprocess("--collect-only", "-q", "-p", "no:randomly")
    assert sum("test_server[" in line for line in told.outlines) == len(all_checks())


def test_a_check_that_is_kept_passes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST.format(broken="", only=ONLY))
    told = pytester.runpytest_subprocess("-q", "-p", "no:randomly", "-k", "auth_not_enforced")
    told.assert_outcomes(passed=1)


def test_a_check_that_is_broken_fails_with_what_was_sent_and_what_came(pytester: pytest.Pytester) -> None:
    broken = """
    handle = mock.engine.handle
    def let_in(request):
        return handle(request._replace(headers={**request.headers, b"authorization": b"Bearer anybody"}))
    mock.engine.handle = let_in"""
    pytester.makepyfile(TEST.format(broken=broken.strip(), only=ONLY))
    told = pytester.runpytest_subprocess("-q", "-p", "no:randomly", "-k", "auth_not_enforced")
    told.assert_outcomes(failed=1)
    told.stdout.fnmatch_lines(
        ["*auth_not_enforced: A call without a good API key*", "*curl -s *", "*the same run again: *"]
    )
    told.stdout.no_fnmatch_line("*def __call__*")  # where a check stands in the kit is nothing to the tester
