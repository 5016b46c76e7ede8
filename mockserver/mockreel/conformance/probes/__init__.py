"""What a run does, in order: each probe sends requests with a known intent, and judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockreel.conformance.bench import Bench
from mockreel.conformance.probes import auth

Probe = Callable[[Bench], None]

FREE: Mapping[str, Probe] = {"auth": auth.probe}
"""Those that cost nothing with a server that keeps the contract; they come first."""

PAID: Mapping[str, Probe] = {}
"""Those that make tasks, within the budget."""
