"""What a mock costs a test: the plugin's import, its set-up and end, and each call, against what respx alone costs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

import httpx2
import pytest
import respx

from mockreel import MockProvider
from tests.benchmarks import report
from tests.benchmarks.processes import PATIENCE_S, ROOT
from tests.benchmarks.subjects import PROVIDERS, subject

ROUNDS, COUNT = 30, 50
IMPORTS = """
import time
began = time.perf_counter()
import pytest
between = time.perf_counter()
import mockreel_pytest.plugin
print(time.perf_counter() - between, between - began)
"""


def test_import_of_the_plugin_against_pytest() -> None:
    """`import mockreel_pytest.plugin` after `import pytest`, in new processes."""
    times = [_imports() for _ in range(16)][1:]
    ours, theirs = [a for a, _ in times], [b for _, b in times]
    note = f"{median(ours) * 1000:.2f} ms, import pytest {median(theirs) * 1000:.0f} ms"
    report.at_most("import of the pytest plugin, against import pytest", report.ratio(ours, theirs), 0.05, note=note)
    report.at_most("import of the pytest plugin", median(ours) * 1000, 30, unit="ms")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_call_against_a_plain_respx_route(provider: str) -> None:
    """A query by httpx2: answered by the mock's transport, by an intercepted host, and by one route of respx."""
    made = subject(provider)
    with ExitStack() as stack:
        mock = stack.enter_context(MockProvider(provider, seed=7, credits="unlimited"))
        ways = {
            "transport": stack.enter_context(httpx2.Client(transport=mock.transport())),
            "intercept": stack.enter_context(httpx2.Client()),
            "respx": stack.enter_context(httpx2.Client()),
        }
        mock.handle(made.create())
        request = made.query(mock.tasks[0].id)
        url = f"{made.contract.base_url}{request.path}" + (f"?{request.query.decode()}" if request.query else "")
        own = (b"host", b"content-length")
        headers = {name.decode(): value.decode() for name, value in request.headers.items() if name not in own}
        body = mock.handle(request).body
        times: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(ROUNDS + 2):
            order = list(ways)[number % 3 :] + list(ways)[: number % 3]
            for name in order:
                with _mounted(name, mock, url, body):
                    took = _time(lambda http=ways[name]: http.get(url, headers=headers), body)  # type: ignore[misc]
                if number >= 2:
                    times[name].append(took)
    note = ", ".join(f"{name} {median(took) * 1e6:.0f} us" for name, took in times.items())
    told = "against a plain respx route"
    by_transport, by_intercept = (report.ratio(times[name], times["respx"]) for name in ("transport", "intercept"))
    report.at_most(f"call by transport, {told}, {provider}", by_transport, 0.7, note=note)
    report.inform(f"call by intercept, {told}, {provider}", by_intercept, unit="x")  # respx and the engine


@pytest.mark.parametrize("provider", PROVIDERS)
def test_set_up_and_end_against_respx(provider: str) -> None:
    """A mock made, entered and left, as the fixture does for each test / two routers of respx with one route each."""

    def ours() -> None:
        with MockProvider(provider) as mock, mock.intercept():
            pass

    def theirs() -> None:
        with respx.mock(assert_all_called=False) as one, respx.mock(using="httpcore2", assert_all_called=False) as two:
            one.get("https://example.com/").respond(200)
            two.get("https://example.com/").respond(200)

    def served() -> None:
        with MockProvider(provider) as mock, mock.serve():
            pass

    pairs = [(_once(ours), _once(theirs)) for _ in range(3 * ROUNDS)][2:]
    times = [_once(served) for _ in range(10)][1:]
    note = f"{median(a for a, _ in pairs) * 1000:.2f} ms, respx {median(b for _, b in pairs) * 1000:.2f} ms"
    measured = report.ratio([a for a, _ in pairs], [b for _, b in pairs])
    report.at_most(f"mock set up and ended, against respx, {provider}", measured, 3, note=note)
    report.inform(f"mock served and stopped, {provider}", median(times) * 1000, unit="ms")


def _imports() -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=PATIENCE_S
    )
    ours, theirs = done.stdout.split()
    return float(ours), float(theirs)


@contextmanager
def _mounted(name: str, mock: MockProvider, url: str, body: bytes) -> Iterator[None]:
    if name == "intercept":
        with mock.intercept():
            yield
    elif name == "respx":
        with respx.mock(using="httpcore2") as router:
            router.get(url).respond(200, content=body, headers={"content-type": "application/json"})
            yield
    else:
        yield


def _time(call: Callable[[], httpx2.Response], body: bytes) -> float:
    """Return the seconds of one of many calls, all of which get this body."""
    began = time.perf_counter()
    answers = [call() for _ in range(COUNT)]
    took = time.perf_counter() - began
    assert all(answer.content == body for answer in answers)
    return took / COUNT


def _once(what: Callable[[], None]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began
