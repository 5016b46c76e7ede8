"""What 100,000 pending tasks cost. They cost no CPU: a task's state is computed when somebody looks."""

from __future__ import annotations

import pytest

from tests.benchmarks import report
from tests.benchmarks.processes import child
from tests.benchmarks.subjects import PROVIDERS

TASKS = 100_000
BODY = 350  # bytes


@pytest.mark.parametrize("provider", PROVIDERS)
def test_memory_of_many_tasks(provider: str) -> None:
    """Growth of the resident size. Beyond the body: the task, its id, its places in the tables, the ledger's part."""
    found = child("memory", {"provider": provider, "tasks": TASKS, "size": BODY})
    name = f"memory of 100,000 tasks with {BODY}-byte bodies, {provider}"
    report.at_most(name, found["bytes_per_task"] * 100_000 / 1e6, 70, unit="MB")
    beyond = found["bytes_per_task"] - found["body_bytes"]
    report.at_most(f"a pending task beyond its body, {provider}", beyond, 200, unit="bytes")
