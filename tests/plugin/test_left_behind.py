"""Strict at the end: what a test leaves behind fails it, unless it says that this is meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mockreel_contracts import load
from tests.calling import first_body
from tests.plugin.conftest import PROVIDER, Run

pytest_plugins = "pytester"
Project = Callable[..., None]
NAME = "kie"  # its callbacks are tried once
CONTRACT = load(NAME)

LEAVES = {
    "unexpected_requests": """
    try:
        httpx2.get(BASE + "/v1/video/generation")
    except AssertionError:
        pass  # as a program that catches too much
""",
    "undelivered_callbacks": f"""
    headers = {{{CONTRACT.auth.header!r}: {f"{CONTRACT.auth.schemes[0].capitalize()} test-key"!r}}}
    body = {{**{first_body(CONTRACT)!r}, "callBackUrl": "http://127.0.0.1:9/callback"}}
    httpx2.post({CONTRACT.base_url + CONTRACT.by_role("submit")[0].path!r}, json=body, headers=headers)
    mock_provider.clock.advance(3600)
""",
    "unused_faults": """
    mock_provider.fail_next("rate_limited")
""",
}
TOLD = {
    "unexpected_requests": "- a request that no contract knows: GET /v1/video/generation: no such path; the nearest is "
    "POST /v1/video/generations of gateway (createVideo: submit)",
    "undelivered_callbacks": "- a callback that was not delivered: cb-1 to http://127.0.0.1:9/callback: ",
    "unused_faults": "- a fault that no call met: ",
}
by_kind = pytest.mark.parametrize("kind", LEAVES)


def code(*kinds: str, marker: str = "") -> str:
    """Return a test that leaves things behind."""
    said = f"@pytest.mark.mockreel({f'{PROVIDER!r}, {NAME!r}'}, {marker})\n"
    return f"{said}def test_it(mock_provider):\n    pass\n" + "".join(LEAVES[kind] for kind in kinds)


@by_kind
def test_what_is_left_behind_fails_the_test_at_its_end(project: Project, run: Run, kind: str) -> None:
    project(code(kind))
    result = run()
    result.assert_outcomes(passed=1, errors=1)
    told = result.stdout.str()
    assert "the test left behind:" in told
    assert TOLD[kind] in told
    assert not [other for other in TOLD if other != kind and TOLD[other] in told]
    assert "(mark the test with mockreel(strict=False), or name the checks that it keeps)" in told
    assert "mockreel1:" in told


def test_everything_is_told_at_once(project: Project, run: Run) -> None:
    project(code(*LEAVES))
    told = run().stdout.str()
    assert all(line in told for line in TOLD.values())


def test_a_callback_that_may_not_be_sent_is_told_with_what_a_test_can_do(project: Project, run: Run) -> None:
    project(code("undelivered_callbacks").replace("http://127.0.0.1:9/callback", "https://mine.example/callback"))
    told = run().stdout.str()
    assert (
        "(in a test: give the task callback_receiver.url, or mark it with mockreel(allow_hosts=['mine.example']))"
        in told
    )


@by_kind
def test_each_check_can_be_left_out(project: Project, run: Run, kind: str) -> None:
    project(code(kind, marker=f"strict={[other for other in LEAVES if other != kind]}"))
    run().assert_outcomes(passed=1)


@by_kind
def test_each_check_can_be_kept_alone(project: Project, run: Run, kind: str) -> None:
    project(code(*LEAVES, marker=f"strict={kind!r}"))
    result = run()
    result.assert_outcomes(passed=1, errors=1)
    told = result.stdout.str()
    assert [other for other in TOLD if TOLD[other] in told] == [kind]


@pytest.mark.parametrize("toml", ["", "[tool.mockreel]\nstrict = false"])
def test_all_can_be_left_out_by_the_marker_or_the_project(project: Project, run: Run, toml: str) -> None:
    project(code(*LEAVES, marker="" if toml else "strict=False"), toml)
    run().assert_outcomes(passed=1)


def test_the_marker_brings_back_what_the_project_leaves_out(project: Project, run: Run) -> None:
    project(code(*LEAVES, marker="strict=True"), "[tool.mockreel]\nstrict = []")
    run().assert_outcomes(passed=1, errors=1)


def test_out_of_strict_mode_the_provider_refuses_unexpected_requests(project: Project, run: Run) -> None:
    project("""
@pytest.mark.mockreel(strict=["unused_faults"])
def test_it(mock_provider):
    assert httpx2.get(BASE + "/v1/video/generation").status_code == 404
""")
    run().assert_outcomes(passed=1)


def test_what_is_in_order_is_not_told(project: Project, run: Run) -> None:
    project("""
def test_it(mock_provider):
    mock_provider.fail_next("rate_limited", times=2)
    assert create().status_code == 429
    create(headers={})  # refused, by an operation that there is
    mock_provider.add_fault("html_502")
    mock_provider.remove_faults()
""")
    run().assert_outcomes(passed=1)


def test_of_many_the_first_are_told(project: Project, run: Run) -> None:
    project("""
@pytest.mark.mockreel(strict="unexpected_requests")
def test_it(mock_server):
    for number in range(8):
        httpx2.get(f"{mock_server.url}/nothing/{number}")
""")
    told = run().stdout.str()
    assert told.count("- a request that no contract knows") == 5
    assert "- and 3 more of unexpected_requests" in told


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [
        ("assert False", {"failed": 1}),
        ("pytest.skip('not today')", {"skipped": 1}),
        ("pytest.xfail('known')", {"xfailed": 1}),
    ],
)
def test_a_test_that_did_not_pass_is_not_held_against_it_as_well(
    project: Project, run: Run, ends: str, outcome: dict[str, int]
) -> None:
    project(f"def test_it(mock_provider):\n    mock_provider.fail_next('rate_limited')\n    {ends}\n")
    result = run()
    result.assert_outcomes(**outcome)
    assert "left behind" not in result.stdout.str()
