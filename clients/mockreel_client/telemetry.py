"""Spans of OpenTelemetry, where its API is installed; nothing at all where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any


@contextmanager
def span(name: str, provider: str, task_id: str | None = None) -> Iterator[None]:
    """Enclose what a client does: a span `mockreel_client NAME`, with the provider, the task and what went wrong."""
    tracer = _tracer()
    if tracer is None:
        yield
        return
    from opentelemetry.trace import SpanKind

    attributes = {"mockreel.provider": provider} | ({"mockreel.task_id": task_id} if task_id else {})
    with tracer.start_as_current_span(f"mockreel_client {name}", kind=SpanKind.CLIENT, attributes=attributes):
        yield


@lru_cache(maxsize=1)
def _tracer() -> Any:
    try:
        from opentelemetry.trace import get_tracer
    except ImportError:
        return None
    return get_tracer("mockreel_client")
