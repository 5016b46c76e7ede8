"""The report of a failing test: what its mock was asked, and how to run it again."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx2

from mockreel import MockProvider
from tests.plugin.conftest import PRELUDE, Run

pytest_plugins = "pytester"
Project = Callable[..., None]
TOLD = "------ mockreel ------"


def test_a_failing_test_tells_the_journal_the_curl_lines_and_the_capsule(project: Project, run: Run) -> None:
    project("""
@pytest.mark.mockreel(seed=5)
def test_it(mock_provider):
    create()
    create(headers={})
    assert False, "so it is"
""")
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*---- mockreel ----*",
            "what <MockProvider gateway, kie, vidu, seed 5> was asked (2 in all):",
            "  1 POST /v1/video/generations -> 200: task made, *",
            "  2 POST /v1/video/generations -> 401: refused: *",
            "the same calls again, to a served mock:",
            '  curl -s --globoff http://127.0.0.1:8455/v1/video/generations * -H "Authorization: Bearer $API_KEY" *',
            "  curl -s --globoff http://127.0.0.1:8455/v1/video/generations -H 'Content-Type: application/json' --*",
            "the same mock again: MockProvider.from_capsule(...) or mockreel serve --capsule with",
            "  mockreel1:*",
        ],
        consecutive=True,
    )
    assert "test-key" not in result.stdout.str().split("---- mockreel ----")[1]


def test_the_capsule_plays_the_same_bytes_again(project: Project, run: Run) -> None:
    calls = """
    got = [create().content]
    mock.clock.advance(5)
    got += [create().content, create(headers={}).content, create(json={"model": "nobody"}).content]
"""
    project(f"""
@pytest.mark.mockreel(seed=77, scenario="slow", credits=500)
def test_it(mock_provider):
    mock = mock_provider
    mock.add_fault("field_extra", on="submit", after=1)
{calls}
    print("BYTES", got)
    assert False
""")
    told = run("-s").stdout.str()
    capsule = re.search(r"mockreel1:\S+", told)
    printed = re.search(r"^(?:\S* )?BYTES (\[.*\])$", told, re.MULTILINE)
    assert capsule is not None
    assert printed is not None
    names: dict[str, object] = {"httpx2": httpx2}
    exec(PRELUDE, names)  # noqa: S102 - the same calls
    for line, is_same in ((capsule[0], True), (MockProvider(seed=78).capsule, False)):
        with MockProvider.from_capsule(line) as mock, mock.intercept():
            names["mock"] = mock
            exec("if True:" + calls, names)  # noqa: S102
            assert (repr(names["got"]) == printed[1]) is is_same


def test_a_long_journal_is_cut(project: Project, run: Run) -> None:
    project("""
def test_it(mock_provider):
    for number in range(30):
        create(json={"model": "line\\nbreak" * 100})
    assert False
""")
    told = run().stdout.str().split("---- mockreel ----")[1]
    assert "  … 10 before" in told
    entries = [line for line in told.splitlines() if re.match(r"  \d+ POST ", line)]
    assert len(entries) == 20
    assert max(map(len, entries)) <= 203
    assert told.count("curl -s") == 10
    assert "the last calls again, to a served mock:" in told


def test_a_passing_a_skipped_and_an_expected_failure_report_nothing(project: Project, run: Run) -> None:
    project("""
def test_passing(mock_provider):
    create()

def test_skipped(mock_provider):
    pytest.skip("not today")

@pytest.mark.xfail(strict=True)
def test_expected(mock_provider):
    assert False

@pytest.mark.xfail(strict=True)
def test_expected_in_strict(mock_provider):
    httpx2.get(BASE + "/no/such")
""")
    result = run("-rA")
    result.assert_outcomes(passed=1, skipped=1, xfailed=2)
    assert "mockreel1:" not in result.stdout.str()


def test_a_success_that_was_not_expected_is_told(project: Project, run: Run) -> None:
    project("@pytest.mark.xfail(strict=True)\ndef test_it(mock_provider): create()")
    result = run()
    result.assert_outcomes(failed=1)
    assert result.stdout.str().count("mockreel1:") == 1


def test_a_failure_in_a_fixture_after_the_mock_is_told(project: Project, run: Run) -> None:
    project("""
@pytest.fixture
def mine(mock_provider):
    create()
    raise RuntimeError("set-up")

def test_it(mine): pass
""")
    result = run()
    result.assert_outcomes(errors=1)
    assert "was asked (1 in all)" in result.stdout.str()


def test_a_failure_in_a_fixture_before_the_mock_tells_nothing(project: Project, run: Run) -> None:
    project("""
@pytest.fixture
def mine():
    raise RuntimeError("set-up")

def test_it(mine, mock_provider): pass
""")
    result = run()
    result.assert_outcomes(errors=1)
    assert "mockreel1:" not in result.stdout.str()


def test_a_failure_in_a_teardown_is_told(project: Project, run: Run) -> None:
    project("""
@pytest.fixture
def mine(mock_provider):
    yield
    create()
    raise RuntimeError("teardown")

def test_it(mine): pass
""")
    result = run()
    result.assert_outcomes(passed=1, errors=1)
    assert "was asked (1 in all)" in result.stdout.str()


def test_a_test_that_fails_twice_is_told_once(project: Project, run: Run) -> None:
    project("""
@pytest.fixture
def mine(mock_provider):
    yield
    raise RuntimeError("teardown")

def test_it(mine): assert False
""")
    result = run()
    result.assert_outcomes(failed=1, errors=1)
    assert result.stdout.str().count("mockreel1:") == 1


def test_each_case_of_a_parametrized_test_tells_its_own(project: Project, run: Run) -> None:
    project("""
@pytest.mark.parametrize("count", [1, 2, 3])
def test_it(mock_provider, count):
    for _ in range(count):
        create()
    assert count == 2
""")
    result = run()
    result.assert_outcomes(passed=1, failed=2)
    told = result.stdout.str()
    assert re.findall(r"was asked \((\d) in all\)", told) == ["1", "3"]


def test_a_failed_subtest_is_told_once_and_its_test_is_not_checked(project: Project, run: Run) -> None:
    project("""
def test_it(mock_provider, subtests):
    mock_provider.fail_next("rate_limited")
    for number in range(2):
        with subtests.test(number=number):
            assert number
""")
    told = run().stdout.str()
    assert told.count("mockreel1:") == 1
    assert "left behind" not in told


def test_a_mock_that_was_asked_nothing_says_so(project: Project, run: Run) -> None:
    project("def test_it(mock_provider): assert False")
    told = run().stdout.str()
    assert "<MockProvider gateway, kie, vidu, seed 0> was asked nothing." in told
    assert "curl" not in told.split("---- mockreel ----")[1]
    assert (
        "mock_provider answers httpx and httpx2 only; give what sends with anything else the URL of mock_server" in told
    )


def test_a_call_with_a_long_body_is_told_without_its_curl_line(project: Project, run: Run) -> None:
    project("""
def test_it(mock_provider):
    create(json={**BODY, "seed": "9" * 300_000})
    create()
    assert False
""")
    told = run().stdout.str().split("---- mockreel ----")[1]
    assert re.search(
        r"^  # call 1, POST /v1/video/generations: left out, for its line has \d{4} characters$", told, re.MULTILINE
    )
    assert told.count("curl -s") == 1
    assert len(told) < 3000
