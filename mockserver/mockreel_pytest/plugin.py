"""The hooks and fixtures. Nothing of the mock is imported until a test uses one of them."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockreel import MockProvider
    from mockreel.server.steering import SteeredClock
    from mockreel_client.receiver import CallbackReceiver
    from mockreel_pytest.mounts import Asked, MockServer

_COST = "mockreel_cost"


@dataclass(slots=True)
class _Run:
    """One run of a test that uses a mock."""

    mock: MockProvider
    has_passed: bool = False
    is_told: bool = False


_RUN = pytest.StashKey[_Run]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the command line."""
    group = parser.getgroup("mockreel", "mock providers of asynchronous video APIs")
    group.addoption(
        "--mockreel-cost", action="store_true", help="say at the end what the tasks of all tests would have cost"
    )
    group.addoption("--mockreel-seed", type=int, metavar="N", help="the seed of every mock that sets none of its own")


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the marker."""
    config.addinivalue_line(
        "markers",
        "mockreel(*providers, scenario=..., seed=..., profile=..., pace=..., clock=..., strict=..., hosts=...): how "
        "the mock of a test is set up. Takes every argument of MockProvider; `strict` is what fails the test at its "
        "end (True, False, or some of unexpected_requests, undelivered_callbacks, unused_faults), `hosts` are further "
        "hosts that mock_provider answers. Defaults stand in pyproject.toml under [tool.mockreel].",
    )


@pytest.fixture
def _mockreel(request: pytest.FixtureRequest) -> Iterator[Asked]:
    """The one mock of a test, which all the other fixtures share."""
    from mockreel_pytest import mounts, strictness

    wrong_setting = ""
    try:
        asked = mounts.asked_by(request)
    except pytest.UsageError as error:
        wrong_setting = str(error)
    if wrong_setting:  # outside the except clause, or pytest tells it twice
        pytest.fail(wrong_setting, pytrace=False)
    run = request.node.stash[_RUN] = _Run(asked.mock)
    with asked.mock:
        yield asked
    if request.config.getoption("--mockreel-cost"):
        request.node.user_properties.append((_COST, mounts.cost_of(asked.mock)))
    wrong = strictness.complaints(asked.mock, asked.strict) if run.has_passed else []
    if wrong:
        pytest.fail("\n".join(["the test left behind:", *wrong, strictness.HINT]), pytrace=False)


@pytest.fixture
def mock_provider(_mockreel: Asked) -> Iterator[MockProvider]:
    """A mock that answers, in-process, what httpx and httpx2 send to the provider's own host."""
    with _mockreel.mock.intercept(*_mockreel.hosts, strict="unexpected_requests" in _mockreel.strict):
        yield _mockreel.mock


@pytest.fixture
def mock_server(_mockreel: Asked) -> Iterator[MockServer]:
    """The same mock on a real socket of this machine: `.url`, `.mock`."""
    from mockreel_pytest.mounts import MockServer

    with _mockreel.mock.serve() as url:
        yield MockServer(_mockreel.mock, url)


@pytest.fixture
def mock_clock(_mockreel: Asked) -> SteeredClock:
    """The clock of the mock: `advance(seconds)` moves it, and sends the callbacks that fall due."""
    return _mockreel.mock.clock


@pytest.fixture
def callback_receiver(_mockreel: Asked) -> Iterator[CallbackReceiver]:
    """A receiver of callbacks at `.url`, which verifies them: `.events`, `.refused`."""
    from mockreel_pytest.receiver import receiving

    with receiving(_mockreel.mock) as receiver:
        yield receiver


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put into the first failing report of a test what its mock was asked, and how to run it again."""
    report = yield
    run = item.stash.get(_RUN, None)
    if run is None:
        return report
    if report.when == "call":
        run.has_passed = report.passed and not run.is_told  # a failed subtest has its own report before
    if report.failed and not run.is_told:
        from mockreel_pytest.story import story

        run.is_told = True
        report.sections.append(("mockreel", story(run.mock)))
    if report.when == "teardown":  # what is done need not be kept
        del item.stash[_RUN]
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what the tests would have cost."""
    if not config.getoption("--mockreel-cost"):
        return
    totals: dict[str, list[float]] = {}
    for report in (report for reports in terminalreporter.stats.values() for report in reports):
        if getattr(report, "when", None) != "teardown":
            continue
        for name, costs in report.user_properties:
            if name == _COST:
                for provider, (tasks, credits, usd) in costs.items():
                    total = totals.setdefault(provider, [0, 0.0, 0.0])
                    total[0], total[1], total[2] = total[0] + tasks, total[1] + credits, total[2] + usd
    terminalreporter.section("mockreel: what these tests would have cost")
    for provider, (tasks, credits, usd) in sorted(totals.items()):
        dollars = f", about {usd:,.2f} USD" if usd else ""
        terminalreporter.write_line(f"{provider}: {tasks:g} tasks, {credits:,.10g} credits{dollars}")
    if not totals:
        terminalreporter.write_line("nothing: no test used a mock")
