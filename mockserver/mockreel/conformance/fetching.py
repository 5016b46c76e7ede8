"""Fetching the files that results lead to."""

from __future__ import annotations

from ipaddress import ip_address

from mockreel.conformance.bench import Bench
from mockreel.conformance.evidence import tracing
from mockreel.conformance.exchange import Exchange, Intent, Record, Trial
from mockreel.conformance.target import is_loopback

FIRST_BYTES = {"range": "bytes=0-1023"}
MOST = 10  # results of a task that are fetched
NOT_FETCHED = "a result is not fetched whose URL leads neither to the server itself nor by HTTPS to a public address"


def fetch_results(bench: Bench, trial: Trial, intent: Intent) -> list[Exchange]:
    """Fetch each result of a task once; returns what came."""
    return [fetched for url in urls_of(bench.record, trial) if (fetched := fetch(bench, trial, url, intent))]


def fetch(bench: Bench, trial: Trial, url: str, intent: Intent) -> Exchange | None:
    """Fetch the beginning of a file without the API key, where `may_fetch` allows it; None where it does not."""
    if not may_fetch(url, bench.base_url, is_local=bench.is_local):
        bench.record.miss(intent.probe, NOT_FETCHED)
        return None
    is_here = host_of(url) == host_of(bench.base_url) or is_loopback(host_of(url))
    return bench.send("GET", url, {} if is_here else FIRST_BYTES, b"", intent, key="none", task=trial)


def may_fetch(url: str, base_url: str, *, is_local: bool = False) -> bool:
    """Whether a URL that a server at `base_url` told is fetched: what a server tells must not lead into our network.

    From the server's own host by HTTP and HTTPS; from this machine only where the server is on it, too; from elsewhere
    by HTTPS, whose certificate must be that of the name, and not from an address that is no public one.
    """
    host, own = host_of(url), host_of(base_url)
    scheme = url.partition(":")[0].lower()
    if not host or scheme not in ("http", "https"):
        return False
    if is_loopback(host):
        return is_local or is_loopback(own)
    return host == own or (scheme == "https" and not _is_inside(host))


def host_of(url: str) -> str:
    """Return the host that a URL leads to, read by what will send to it; '' for what is no URL."""
    import httpx2

    try:
        return httpx2.URL(url).host
    except httpx2.InvalidURL:
        return ""


def _is_inside(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_global


def urls_of(record: Record, trial: Trial) -> tuple[str, ...]:
    """Return the URLs of a task's first results as they were told last."""
    for sight in reversed(tracing.sights(record, trial)):
        if sight.seen.urls:
            return sight.seen.urls[:MOST]
    return ()
