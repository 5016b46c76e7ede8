"""Whether calls are refused that come with no good API key."""

from __future__ import annotations

from collections.abc import Iterator

from mockreel.conformance import findings, reading
from mockreel.conformance.check import check
from mockreel.conformance.exchange import Record
from mockreel.report import Finding


@check(
    layer="auth",
    why="A call without a good API key reads nothing, makes nothing and costs nobody anything.",
    pointer="behavior.yaml#/auth",
    probes=("auth",),
)
def auth_not_enforced(record: Record) -> Iterator[Finding | None]:
    """Nothing that is to be refused for its key is carried out."""
    for exchange in record.of("auth"):
        if reading.is_good(record.contract, exchange):
            yield findings.of(
                record,
                exchange,
                f"a call with {exchange.intent.rule} is carried out",
                cause="the API key is not looked at, or any text is taken for one",
            )
        elif not exchange.problem:
            yield None
