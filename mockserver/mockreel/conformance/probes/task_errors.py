"""Tasks that end with each error that a task can end with."""

from __future__ import annotations

from mockreel.conformance import watching
from mockreel.conformance.bench import Bench
from mockreel.conformance.exchange import Intent
from mockreel.conformance.making import bodies
from mockreel_contracts import Phase

NAME = "task_errors"
INTENT = Intent(NAME, "accept", pointer="behavior.yaml#/errors")
LOOK = Intent(NAME, pointer="behavior.yaml#/errors")


def probe(bench: Bench) -> None:
    """Have a task fail with each ErrorCase of a task by its name, which only a control can ask for."""
    if not bench.has_control:
        bench.record.miss(NAME, "without a control no task can be made to fail with an error of choice")
        return
    own = bench.contract.lifecycle
    left = {case.error for case in own.expiries} | {own.cancellation}  # these come by expiry and by cancellation
    cases = [case.id for case in bench.contract.errors.values() if "task" in case.stages and case.id not in left]
    body, key = bodies.cheapest(bench), bench.role(NAME)
    trials = [bench.submit(body, INTENT, key=key, plan=Phase.FAILED, scenario=case) for case in cases]
    watching.watch(bench, trials, LOOK)
    for trial in trials:
        trial.is_over = True
