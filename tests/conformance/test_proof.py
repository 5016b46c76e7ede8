"""Before a run, each check is shown a server that is broken on purpose; one that does not find it passes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mockreel import MockProvider
from mockreel.conformance import verify_server
from mockreel.conformance.check import Check, all_checks
from mockreel.conformance.exchange import Record
from mockreel.conformance.proof import prove
from mockreel.conformance.target import Target
from mockreel.conformance.verify import verify
from mockreel.report import Finding, Status
from mockreel_contracts import load, providers


@pytest.mark.parametrize("provider", providers())
def test_every_check_that_means_something_finds_a_known_bad_server(provider: str) -> None:
    proof = prove(load(provider))
    assert proof.failed == {}
    assert len(proof.proved) + len(proof.without) == len(all_checks())


def test_no_check_is_without_a_known_bad_server_everywhere() -> None:
    from mockreel.conformance.broken import all_broken

    assert set(all_checks()) == {broken.caught_by for broken in all_broken().values()}


def blind(check: Check) -> Check:
    def look(record: Record) -> Iterator[Finding | None]:
        yield from (None for _ in record.exchanges)

    return replace(check, look=look)


def test_a_check_that_cannot_fail_passes_nothing() -> None:
    check = blind(all_checks()["auth_not_enforced"])
    with MockProvider("kie") as mock:
        report = verify(Target(mock, load("kie")), [check])
    (result,) = report.checks
    assert result.status is Status.INCONCLUSIVE
    assert "does not find a server in this process where" in result.message
    assert report.verdict == "inconclusive"
    assert report.facts["proved"].startswith("0 of 1 ")
    assert any(note.startswith("auth_not_enforced: ") for note in report.notes)


def test_without_time_nothing_is_proved() -> None:
    proof = prove(load("kie"), [all_checks()["auth_not_enforced"]], has_time=lambda: False)
    assert proof.proved == {}
    assert "--max-time" in proof.failed["auth_not_enforced"]


def test_a_report_says_how_many_checks_were_proved() -> None:
    with MockProvider("kie") as mock:
        report = verify_server(mock, only=["auth_not_enforced", "unknown_route_answered"])
    assert report.verdict == "pass"
    assert report.facts["proved"].startswith("2 of 2 ")
