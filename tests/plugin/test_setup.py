"""From the marker and pyproject.toml to the mock: what counts more, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mockreel_contracts import providers
from tests.plugin.conftest import PROVIDER, Run

pytest_plugins = "pytester"
Project = Callable[..., None]
SECOND = providers()[1]


def test_a_test_needs_no_more_than_the_fixture(project: Project, run: Run) -> None:
    project("""
def test_it(mock_provider):
    create()
    assert len(mock_provider.tasks) == 1
""")
    run().assert_outcomes(passed=1)


def test_what_is_said_nearer_to_the_test_counts_more(project: Project, run: Run) -> None:
    project(
        f"""
pytestmark = pytest.mark.mockreel(seed=2, pace="polls")

def seen(mock):
    settings = mock.engine.settings
    return settings.seed, settings.pace.value, settings.scenario, list(mock.engine.services)

def test_module(mock_provider):
    assert seen(mock_provider) == (2, "polls", "slow", [{PROVIDER!r}])

@pytest.mark.mockreel(seed=3)
class TestClass:
    def test_class(self, mock_provider):
        assert seen(mock_provider) == (3, "polls", "slow", [{PROVIDER!r}])

    @pytest.mark.mockreel({SECOND!r}, seed=4, scenario="stuck")
    def test_function(self, mock_provider):
        assert seen(mock_provider) == (4, "polls", "stuck", [{SECOND!r}])

    @pytest.mark.mockreel(seed=5)
    @pytest.mark.mockreel(seed=6, scenario="fast")
    def test_two_of_one_function(self, mock_provider):
        assert seen(mock_provider) == (6, "polls", "fast", [{PROVIDER!r}])
""",
        f'[tool.mockreel]\nprovider = "{PROVIDER}"\nseed = 1\npace = "instant"\nscenario = "slow"',
    )
    run().assert_outcomes(passed=4)


def test_every_argument_of_the_marker_is_taken(project: Project, run: Run) -> None:
    project(f"""
@pytest.mark.mockreel(
    provider=["{PROVIDER}", "{SECOND}"], scenario="stuck", seed=9, profile="{PROVIDER}=strict", pace="polls", looks=2,
    clock="real", speed=5, credits=3, limits=True, callback_secret=None, allow_hosts=["private"],
    hosts=["stage.example"], strict=False,
)
def test_it(mock_provider):
    settings = mock_provider.engine.settings
    assert list(mock_provider.engine.services) == ["{PROVIDER}", "{SECOND}"]
    assert (settings.scenario, settings.seed, settings.pace.value, settings.looks) == ("stuck", 9, "polls", 2)
    assert (settings.speed, settings.credits, settings.limits, settings.callback_secret) == (5, 3, True, None)
    assert mock_provider.engine.services["{PROVIDER}"].contract.profile == "strict"
    assert not mock_provider.clock.is_manual
    create("https://stage.example", json={{}})
    create("https://stage.example/no/such/path")
    assert len(mock_provider.journal) == 2
""")
    run().assert_outcomes(passed=1)


def test_folders_of_the_project_file_are_relative_to_it(project: Project, run: Run, pytester: pytest.Pytester) -> None:
    project(
        """
def test_it(mock_provider):
    assert mock_provider.scenarios["mine"].title == "A story of our own."
""",
        '[tool.mockreel]\nscenarios = "stories"',
    )
    folder = pytester.mkdir("stories")
    (folder / "mine.yaml").write_text("title: A story of our own.\nfaults: [{fault: task_slow, factor: 2}]\n", "utf-8")
    pytester.mkdir("elsewhere")
    run("--rootdir", str(pytester.path), "test_it.py").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "told"),
    [
        (
            "sceario='stuck'",
            "the marker of test_it.py::test_it has the unknown setting 'sceario'; did you mean scenario?",
        ),
        (
            "nonsense=1",
            "the marker of test_it.py::test_it has the unknown setting 'nonsense'; there are provider, strict,",
        ),
        ("scenario='suck'", "knows no scenario 'suck'; did you mean stuck?"),
        ("provider='nobody'", "no provider 'nobody'; there are "),
        ("provider=7", "provider is a text or a list of texts, got 7"),
        ("'a', provider='b'", "names providers twice: ('a',) and provider="),
        ("clock='manul'", "clock is real, manual or an object like ManualClock, got 'manul'"),
        ("seed='7'", "seed is a whole number of at most 100 digits, got '7'"),
        ("errors='xml'", "errors is body or http, got 'xml'"),
        (
            "strict=['faults']",
            "strict is true, false or some of unexpected_requests, undelivered_callbacks, unused_faults",
        ),
        ("hosts=['']", "what is intercepted is a host"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_be_right(project: Project, run: Run, marker: str, told: str) -> None:
    project(f"""
@pytest.mark.mockreel({marker})
def test_it(mock_provider):
    pass
""")
    result = run()
    result.assert_outcomes(errors=1)
    assert told in result.stdout.str()
    assert "another exception" not in result.stdout.str()


@pytest.mark.parametrize("marker", ["'kie', 'vidu'", "['kie', 'vidu']", "provider=['kie', 'vidu']"])
def test_several_providers_are_named_in_any_of_these_ways(project: Project, run: Run, marker: str) -> None:
    project(f"""
@pytest.mark.mockreel({marker})
def test_it(mock_provider):
    assert repr(mock_provider) == "<MockProvider kie, vidu, seed 0>"
""")
    run().assert_outcomes(passed=1)


@pytest.mark.parametrize("marker", ["allow_hosts='example.com'", "allow_hosts=['example.com']"])
def test_one_host_may_be_allowed_without_a_list(project: Project, run: Run, marker: str) -> None:
    project(f"""
@pytest.mark.mockreel({marker})
def test_it(mock_provider):
    assert mock_provider.engine.settings.allow_hosts == ("example.com",)
""")
    run().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("[tool.mockreel]\nsede = 1", "pyproject.toml has the unknown setting 'sede'; did you mean seed?"),
        ("[tool.mockreel]\nseed = 'x'", "mockreel: seed is a whole number of at most 100 digits, got 'x'"),
        ("[tool]\nmockreel = 3", "[tool.mockreel] is a table, got 3"),
    ],
)
def test_a_project_file_that_cannot_be_is_refused(project: Project, run: Run, toml: str, told: str) -> None:
    project("def test_it(mock_provider): pass\ndef test_two(): pass", toml)
    result = run()
    result.assert_outcomes(errors=1, passed=1)
    assert told in result.stdout.str()


def test_the_seed_of_the_command_line_is_for_mocks_that_set_none(project: Project, run: Run) -> None:
    project("""
def test_none(mock_provider):
    assert mock_provider.engine.settings.seed == 33

@pytest.mark.mockreel(seed=4)
def test_own(mock_provider):
    assert mock_provider.engine.settings.seed == 4
""")
    run("--mockreel-seed", "33").assert_outcomes(passed=2)


def test_the_marker_is_registered(project: Project, run: Run) -> None:
    project("@pytest.mark.mockreel\ndef test_it(): pass")
    run("--strict-markers").assert_outcomes(passed=1)
    result = run("--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.mockreel(*providers, scenario=...*"])
