"""Requests that Schemathesis makes of a contract's OpenAPI document, sent and written down by the bench."""

from mockreel.conformance.generated.probes import probe, probe_paid

__all__ = ["probe", "probe_paid"]
