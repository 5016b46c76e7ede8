"""The fixtures in every kind of test, and beside the plugins that change how tests are run."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.plugin.conftest import Run

pytest_plugins = "pytester"
Project = Callable[..., None]

ASYNC = """
    async with httpx2.AsyncClient(base_url=BASE, headers=HEADERS) as http:
        await http.post(PATH, json=BODY)
    async with httpx.AsyncClient(base_url=BASE, headers=HEADERS) as http:
        await http.post(PATH, json=BODY)
    assert len(mock_provider.tasks) == 2
"""


def test_a_unittest_case_takes_the_fixtures_and_the_marker(project: Project, run: Run) -> None:
    project("""
import unittest

@pytest.mark.usefixtures("mock_provider")
@pytest.mark.mockreel(seed=8)
class TestCase(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _mock(self, mock_provider, mock_clock):
        self.mock, self.clock = mock_provider, mock_clock

    def test_good(self):
        create()
        self.clock.advance(60)
        self.assertEqual([len(self.mock.tasks), self.mock.engine.settings.seed], [1, 8])

    def test_own(self):
        self.assertEqual(len(self.mock.tasks), 0)

    def test_bad(self):
        create()
        self.fail("so it is")

    def test_leaves(self):
        self.mock.fail_next("rate_limited")

    def test_skips(self):
        self.mock.fail_next("rate_limited")
        self.skipTest("not today")

    @unittest.expectedFailure
    def test_expected(self):
        self.fail("so it is")
""")
    result = run()
    result.assert_outcomes(passed=3, failed=1, errors=1, skipped=1, xfailed=1)
    told = result.stdout.str()
    assert told.count("mockreel1:") == 2
    assert "was asked (1 in all)" in told
    assert told.count("- a fault that no call met") == 1


def test_a_unittest_case_needs_only_usefixtures(project: Project, run: Run) -> None:
    project("""
import unittest

@pytest.mark.usefixtures("mock_provider")
class TestCase(unittest.TestCase):
    def test_it(self):
        self.assertLess(create().status_code, 300)

class TestAsync(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def _mock(self, mock_provider):
        self.mock = mock_provider

    async def test_it(self):
        async with httpx2.AsyncClient(base_url=BASE, headers=HEADERS) as http:
            await http.post(PATH, json=BODY)
        self.assertEqual(len(self.mock.tasks), 1)
""")
    run().assert_outcomes(passed=2)


def test_anyio_tests_take_the_fixtures(project: Project, run: Run) -> None:
    project(f"""
@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.anyio
async def test_good(mock_provider):
{ASYNC}

@pytest.mark.anyio
async def test_bad(mock_provider):
{ASYNC}
    assert False
""")
    result = run()
    result.assert_outcomes(passed=1, failed=1)
    assert "was asked (2 in all)" in result.stdout.str()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_asyncio_tests_take_the_fixtures(project: Project, apart: Run, mode: str) -> None:
    mark = "@pytest.mark.asyncio" if mode == "strict" else ""
    project(f"""
{mark}
async def test_good(mock_provider):
{ASYNC}

{mark}
async def test_bad(mock_provider):
{ASYNC}
    assert False

{mark}
async def test_callbacks(mock_provider, mock_server, mock_clock, callback_receiver):
    async with httpx2.AsyncClient(base_url=mock_server.url, headers=HEADERS, trust_env=False) as http:
        await http.post(PATH, json=BODY)
    mock_clock.advance(60)
    assert len(mock_provider.tasks) == 1
""")
    result = apart("-p", "no:randomly", "-p", "no:anyio", f"--asyncio-mode={mode}")
    result.assert_outcomes(passed=2, failed=1)
    assert "was asked (2 in all)" in result.stdout.str()


SHARED_OUT = """
seen = {}

@pytest.mark.parametrize("number", range(8))
@pytest.mark.mockreel(seed=4)
def test_it(mock_provider, mock_server, number):
    first = create().content
    assert [first, len(mock_provider.tasks)] == [seen.setdefault("bytes", first), 1]
    assert httpx2.get(mock_server.url + "/_mock/health").status_code == 200
    assert number != 5

def test_left(mock_provider):
    mock_provider.fail_next("rate_limited")
"""


@pytest.mark.slow
def test_workers_of_xdist_report_as_one_process_does(project: Project, apart: Run) -> None:
    project(SHARED_OUT)
    result = apart("-n", "2", "-p", "no:randomly", "--mockreel-cost")
    result.assert_outcomes(passed=8, failed=1, errors=1)
    told = result.stdout.str()
    assert re.findall(r"was asked \((\d) in all\)", told) == ["1"]
    assert told.count("mockreel1:") == 2
    assert "- a fault that no call met" in told
    assert "gateway: 8 tasks, " in told


@pytest.mark.slow
def test_the_order_and_the_seeds_of_randomly_change_nothing(project: Project, apart: Run) -> None:
    project(SHARED_OUT)
    capsules = []
    for seed in ("1", "2"):
        result = apart("-p", "no:xdist", "-p", "no:asyncio", f"--randomly-seed={seed}")
        result.assert_outcomes(passed=8, failed=1, errors=1)
        capsules.append(sorted(re.findall(r"mockreel1:\S+", result.stdout.str())))
    assert capsules[0] == capsules[1]
    assert len(capsules[0]) == 2
