"""Tasks that are made quickly after one another, and with other keys: their ids must differ."""

from __future__ import annotations

from mockreel.conformance import watching
from mockreel.conformance.bench import Bench
from mockreel.conformance.exchange import Intent
from mockreel.conformance.making import bodies
from mockreel_contracts import Phase

NAME = "ids"
INTENT = Intent(NAME, "accept", pointer="behavior.yaml#/ids/task")
LOOK = Intent(NAME, pointer="behavior.yaml#/ids/task")
_COUNT = 5
_OTHERS = 2


def probe(bench: Bench) -> None:
    """Make tasks as fast as it goes, and look at each."""
    if not bench.has_control:
        bench.record.miss(NAME, "without a control no tasks are made for their ids alone")
        return
    body = bodies.cheapest(bench)
    keys = [*[bench.role(NAME)] * _COUNT, *[bench.role("ids-other")] * _OTHERS, bench.role(NAME)]
    trials = [bench.submit(body, INTENT, key=key, plan=Phase.SUCCEEDED, scenario="fast") for key in keys]
    for trial in trials:
        if trial.task_id:
            watching.look(bench, trial, LOOK)
