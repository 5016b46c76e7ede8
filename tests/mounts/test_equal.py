"""One engine, all mounts: the same calls get the same bytes, whatever stands between."""

from __future__ import annotations

from functools import cache

import pytest

from mockreel import MockProvider
from mockreel_contracts import load, providers
from tests.mounts import ways
from tests.mounts.jobs import JOBS, Job, Told

pytestmark = pytest.mark.slow


@cache
def straight(provider: str, job: str, origin: str) -> Told:
    """Return what the engine itself answers, with URLs of `origin`."""
    with MockProvider(provider, seed=7) as mock, ways.engine(mock, origin) as (_, send):
        made = Job(mock, load(provider), send)
        JOBS[job](made)
        return made.told


@pytest.mark.parametrize("way", ways.WAYS)
@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("provider", providers())
def test_a_mount_answers_the_bytes_of_the_engine(provider: str, job: str, way: str) -> None:
    with MockProvider(provider, seed=7) as mock, ways.WAYS[way](mock) as (origin, send):
        made = Job(mock, load(provider), send)
        JOBS[job](made)
        journal = [str(entry) for entry in mock.journal]
    expected = straight(provider, job, origin)
    assert len(made.told) == len(expected) == len(journal)
    for (call, ours), (same_call, theirs) in zip(made.told, expected, strict=True):
        assert call == same_call
        assert ours == theirs, call


@pytest.mark.parametrize("provider", providers())
def test_the_origin_is_all_that_differs_between_hosts(provider: str) -> None:
    """So what is equal to the engine at its own origin is equal to every other mount."""
    real, other = load(provider).base_url, "http://127.0.0.1:65535"
    ours, theirs = straight(provider, "whole", real), straight(provider, "whole", other)
    for (_, here), (_, there) in zip(ours, theirs, strict=True):
        assert here.status == there.status
        assert here.body.replace(real.encode(), other.encode()) == there.body
        shown = [(name, value) for name, value in here.headers if name != "content-length"]
        assert shown == [(name, value) for name, value in there.headers if name != "content-length"]
    assert any(here.body != there.body for (_, here), (_, there) in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("provider", providers())
def test_the_jobs_meet_what_they_are_made_for(provider: str) -> None:
    """The comparison is of much, and of different things."""
    contract = load(provider)
    whole, others = (straight(provider, job, contract.base_url) for job in ("whole", "others"))
    statuses = {seen.status for _, seen in whole}
    assert {200, 206, 416, 405, 403} <= statuses
    assert any(seen.body[4:8] == b"ftyp" for _, seen in whole)
    assert all(
        any(call.split("?")[0].startswith(f"{o.method} ") for call, _ in others) for o in contract.operations.values()
    )
    broken = straight(provider, "broken", contract.base_url)
    assert len({seen.body for _, seen in broken}) > 30
