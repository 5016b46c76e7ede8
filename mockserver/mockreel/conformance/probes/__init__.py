"""What a run does, in order: each probe sends requests with a known intent, and judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockreel.conformance import generated
from mockreel.conformance.bench import Bench
from mockreel.conformance.probes import (
    auth,
    callbacks,
    cancel,
    credits,
    download,
    edges,
    error_cases,
    expiry,
    ids,
    lifecycle,
    listing,
    refusals,
    retention,
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
    callbacks.NAME: callbacks.probe,
    cancel.NAME: cancel.probe,
    credits.NAME: credits.probe,
    ids.NAME: ids.probe,
    listing.NAME: listing.probe,
    download.NAME: download.probe,
    strangers.NAME: strangers.probe,
    task_errors.NAME: task_errors.probe,
    edges.NAME: edges.probe,
    "generated_paid": generated.probe_paid,
    expiry.NAME: expiry.probe,
    retention.NAME: retention.probe,
}
"""Those that make tasks, within the budget. The last ones move a manual clock far on."""
