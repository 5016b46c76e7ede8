"""The list of an account: its own tasks are there, those of others are not."""

from __future__ import annotations

from typing import Any

from mockreel.conformance.bench import Bench
from mockreel.conformance.exchange import Intent, Trial
from mockreel.conformance.making import bodies
from mockreel_contracts import Operation, Phase
from mockreel_contracts.expressions import first_path

NAME = "list"
INTENT = Intent(NAME, "accept", pointer="behavior.yaml#/operations")
LOOK = Intent(NAME, pointer="behavior.yaml#/operations")
BY_ID = "the list of one task, by its id"
"""The rule of the intent of a list that is asked for by the id of its task."""


def probe(bench: Bench) -> None:
    """List a task with its own key, and with another."""
    operations = bench.contract.by_role("list")
    if not operations:
        return
    for operation in operations:
        for trial in _trials(bench):
            for query in (None, _by_id(bench, operation, trial)):
                if query is None and not bench.keys.can_mint:
                    continue  # a list of the user's own may be longer than a page
                intent = Intent(NAME, rule=BY_ID if query else "", pointer=f"{LOOK.pointer}/{operation.id}")
                bench.call(operation, intent, query=query, key=trial.key, task=trial)
            if bench.keys.can_mint or bench.keys.other:
                other = "list-stranger" if bench.keys.can_mint else "other"
                bench.call(operation, LOOK, key=other, task=trial)
                query = _by_id(bench, operation, trial)
                if query is not None:
                    bench.call(
                        operation, Intent(NAME, rule=BY_ID, pointer=LOOK.pointer), query=query, key=other, task=trial
                    )


def _trials(bench: Bench) -> list[Trial]:
    """Return the tasks to list: two of fresh accounts, or the latest that there is."""
    if bench.has_control:
        body = bodies.cheapest(bench)
        keys = [bench.role("list"), bench.role("list-stranger")]
        made = [bench.submit(body, INTENT, key=key, plan=Phase.SUCCEEDED, scenario="fast") for key in keys]
        return [trial for trial in made[:1] if trial.task_id]
    known = [trial for trial in bench.record.trials if trial.task_id and trial.key == "own"]
    if not known:
        bench.record.miss(NAME, "no task was made that could be listed")
    return known[-1:]


def _by_id(bench: Bench, operation: Operation, trial: Trial) -> dict[str, Any] | None:
    """Return the query that asks for one task, None where the contract has none."""
    source = bench.contract.behavior["operations"][operation.id].get("reads", {}).get("ids", "")
    keys = (first_path(source, "queries") or first_path(source, "query")) if source else ()
    return {keys[0]: [trial.task_id]} if keys else None
