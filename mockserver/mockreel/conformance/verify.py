"""A whole run: the probes in their order, the checks over what they recorded, and the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mockreel.conformance import probes
from mockreel.conformance.bench import Bench, TimeUp
from mockreel.conformance.budget import Withheld

Tell = Callable[[str], None]


def run(bench: Bench, *, only: Sequence[str] | None = None, tell: Tell = lambda line: None) -> None:
    """Let the probes (default: all) do their work, those that cost nothing first.

    A probe that may not spend, or for which there is no time, is noted in the record; Unreachable ends the run.
    """
    for name, probe in {**probes.FREE, **probes.PAID}.items():
        if only is not None and name not in only:
            continue
        tell(name)
        try:
            probe(bench)
        except Withheld as withheld:
            bench.record.miss(name, str(withheld))
        except TimeUp:
            bench.record.miss(name, "the time of the run was over; give --max-time more")
