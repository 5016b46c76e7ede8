"""The page of a server's checks, from the checks themselves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from mockreel.conformance.check import checks

_LAYERS = {
    "schema": "The form of every answer.",
    "refusals": "What must be refused, how it is refused, and what must not be.",
    "auth": "Who may call, and see what.",
    "lifecycle": "How a task goes from its create to its end, and what is left of it.",
    "credits": "What is charged and paid back.",
    "ids": "The names of tasks.",
    "idempotence": "Looking changes nothing.",
    "list": "The list of tasks.",
    "download": "Links to results.",
    "callbacks": "What is sent when a task changes.",
}


def page() -> Iterator[str]:
    """Give the lines of the page."""
    yield "# What is checked of a server"
    yield ""
    yield "The checks of [`mockreel verify server`](../guides/verify-a-server.md). Each is a pure function over the"
    yield "record of a run; the place is where in a provider's contract its expectation stands. A check for which there"
    yield "was nothing to look at is reported as such, with what it lacked."
    order = list(_LAYERS)
    found = sorted(checks().values(), key=lambda check: order.index(check.layer))
    for layer, each in groupby(found, key=lambda check: check.layer):
        yield from (
            "",
            f"## {layer.capitalize()}",
            "",
            _LAYERS[layer],
            "",
            "| check | why | rests on | probes |",
            "| --- | --- | --- | --- |",
        )
        for check in each:
            yield f"| `{check.id}` | {check.why} | `{check.pointer}` | {', '.join(check.probes)} |"
    yield ""
