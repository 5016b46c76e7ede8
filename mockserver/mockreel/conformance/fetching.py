"""Fetching the files that results lead to."""

from __future__ import annotations

from urllib.parse import urlsplit

from mockreel.conformance import tracing
from mockreel.conformance.bench import Bench
from mockreel.conformance.exchange import Exchange, Intent, Record, Trial
from mockreel.conformance.target import is_loopback

FIRST_BYTES = {"range": "bytes=0-1023"}


def fetch_results(bench: Bench, trial: Trial, intent: Intent) -> list[Exchange]:
    """Fetch each result of a task once; returns what came."""
    return [fetched for url in urls_of(bench.record, trial) if (fetched := fetch(bench, trial, url, intent))]


def fetch(bench: Bench, trial: Trial, url: str, intent: Intent) -> Exchange | None:
    """Fetch a file without the API key: whole from the server itself, its first bytes from elsewhere.

    Plain HTTP is spoken with the server itself and with this machine alone.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_own = host == urlsplit(bench.base_url).hostname or is_loopback(host)
    if not host or parts.scheme not in ("http", "https") or (not is_own and parts.scheme != "https"):
        return None
    return bench.send("GET", url, {} if is_own else FIRST_BYTES, b"", intent, key="none", task=trial)


def urls_of(record: Record, trial: Trial) -> tuple[str, ...]:
    """Return the URLs of a task's results as they were told last."""
    for sight in reversed(tracing.sights(record, trial)):
        if sight.seen.urls:
            return sight.seen.urls
    return ()
