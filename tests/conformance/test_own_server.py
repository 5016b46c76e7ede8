"""Our own mock keeps every contract, however it is mounted, and a run reaches all of the contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mockreel.conformance import verify_server
from mockreel.provider import MockProvider
from mockreel.report import Report, Status
from mockreel_contracts import load, providers

PROFILES = [(name, profile) for name in providers() for profile in load(name).profiles]
Mount = Callable[[MockProvider], Report]


def intercepted(mock: MockProvider) -> Report:
    contract = next(iter(mock.engine.services.values())).contract
    with mock.intercept(strict=False):
        return verify_server(
            contract.base_url,
            contract.provider,
            api_key="verify-key",
            profile=contract.profile,
            control=mock,
            max_time_s=300,
        )


def on_a_socket(mock: MockProvider) -> Report:
    contract = next(iter(mock.engine.services.values())).contract
    with mock.serve() as url:
        return verify_server(url, contract.provider, api_key="verify-key", profile=contract.profile, max_time_s=300)


def told(report: Report) -> list[str]:
    return [
        f"{check.status} {check.id}: {check.message}"
        for check in report.checks
        if check.status in (Status.FAIL, Status.WARN)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("mount", [intercepted, on_a_socket], ids=lambda mount: mount.__name__)
@pytest.mark.parametrize("provider", providers())
def test_our_server_passes_on_every_other_mount(provider: str, mount: Mount) -> None:
    with MockProvider(provider, seed=7) as mock:
        report = mount(mock)
    assert told(report) == []
    assert report.verdict == "pass"
    missed = {each.name: each.missed for each in report.coverage if each.name in WHOLE}
    assert missed == dict.fromkeys(missed, ())


WHOLE = ("operations", "errors", "states", "transitions", "callbacks")


@pytest.mark.slow
@pytest.mark.parametrize(("provider", "profile"), PROFILES)
def test_our_server_passes_in_process_under_every_profile(provider: str, profile: str) -> None:
    with MockProvider(provider, seed=11, profile=profile) as mock:
        report = verify_server(mock, max_time_s=300)
    assert told(report) == []
    missed = {each.name: each.missed for each in report.coverage if each.name in WHOLE}
    assert missed == dict.fromkeys(missed, ())
