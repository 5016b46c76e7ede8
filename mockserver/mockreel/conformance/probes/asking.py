"""Asking again where a server was only busy."""

from __future__ import annotations

from typing import Any

from mockreel.conformance.bench import Bench
from mockreel.conformance.evidence import reading
from mockreel.conformance.exchange import Exchange, Intent
from mockreel_contracts import Operation

_TIMES = 4
_LONGEST_S = 60.0  # that is waited once


def ask(bench: Bench, operation: Operation, intent: Intent, **more: Any) -> Exchange:
    """Call an operation as `bench.call` does; where the answer is to come later, wait as it says, up to three times."""
    for _ in range(_TIMES):
        exchange = bench.call(operation, intent, **more)
        if not is_busy(bench, exchange):
            break
        bench.wait(pause_s(bench, exchange))
    return exchange


def is_busy(bench: Bench, exchange: Exchange) -> bool:
    """Whether an answer says, unasked, that too many requests came."""
    if exchange.intent.refusal == "error":
        return False
    return any(case.like == "rate_limited" and case.retryable for case in reading.cases_of(bench.contract, exchange))


def pause_s(bench: Bench, exchange: Exchange) -> float:
    """Return how long to wait after a busy answer."""
    text = exchange.headers.get("retry-after", "")
    window_s = bench.contract.rate.window_ms / 1000 if bench.contract.rate else 1.0
    return min(float(text) if text.isascii() and text.isdecimal() else window_s, _LONGEST_S)
