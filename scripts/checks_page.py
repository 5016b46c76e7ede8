"""The page of a server's checks, from the checks themselves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from mockreel.conformance.check import LAYERS, all_checks


def page() -> Iterator[str]:
    """Give the lines of the page."""
    yield "# What is checked of a server"
    yield ""
    yield "The checks of [`mockreel verify server`](../guides/verify-a-server.md). Each is a pure function over the"
    yield "record of a run; the place is where in a provider's contract its expectation stands. A check for which there"
    yield "was nothing to look at is reported as such, with what it lacked."
    for layer, each in groupby(all_checks().values(), key=lambda check: check.layer):
        yield from (
            "",
            f"## {layer.capitalize()}",
            "",
            LAYERS[layer],
            "",
            "| check | why | rests on | probes |",
            "| --- | --- | --- | --- |",
        )
        for check in each:
            yield f"| `{check.id}` | {check.why} | `{check.pointer}` | {', '.join(check.probes)} |"
    yield ""
