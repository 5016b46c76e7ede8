"""What a run does, in order: each probe sends requests with a known intent, and judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockreel.conformance import generated
from mockreel.conformance.bench import Bench
from mockreel.conformance.probes import (
    auth,
    credits,
    edges,
    error_cases,
    lifecycle,
    refusals,
    rules,
    strangers,
    task_errors,
)

Probe = Callable[[Bench], None]

FREE: Mapping[str, Probe] = {
    auth.NAME: auth.probe,
    refusals.NAME: refusals.probe,
    rules.NAME: rules.probe,
    error_cases.NAME: error_cases.probe,
    "generated": generated.probe,
}
"""Those that cost nothing with a server that keeps the contract; they come first."""

PAID: Mapping[str, Probe] = {
    lifecycle.NAME: lifecycle.probe,
    task_errors.NAME: task_errors.probe,
    credits.NAME: credits.probe,
    strangers.NAME: strangers.probe,
    edges.NAME: edges.probe,
    "generated_paid": generated.probe_paid,
}
"""Those that make tasks, within the budget."""
