"""Operations that lead to a result: before it is there, when it is there, and after the link's life."""

from __future__ import annotations

from mockreel.conformance import fetching, watching
from mockreel.conformance.bench import Bench
from mockreel.conformance.exchange import Exchange, Intent, Trial
from mockreel.conformance.making import bodies
from mockreel.conformance.probes.lifecycle import succeeded
from mockreel_client.values import read
from mockreel_contracts import Operation, Phase

NAME = "download"
POINTER = "behavior.yaml#/operations"
LOOK = Intent(NAME, pointer=POINTER)
LIVE = "a fresh link"
DEAD = "a link after its life"
"""The rules of the intents of fetches."""


def probe(bench: Bench) -> None:
    """Ask for a task's result, and follow the link."""
    operations = bench.contract.by_role("download")
    if not operations:
        return
    trial = _made(bench, operations) if bench.has_control else succeeded(bench)
    if trial is None:
        bench.record.miss(NAME, "no task has succeeded whose result could be downloaded")
        return
    for operation in operations:
        _download(bench, operation, trial)


def _made(bench: Bench, operations: tuple[Operation, ...]) -> Trial | None:
    """Make a task, ask too early for its result, and wait for it."""
    intent = Intent(NAME, "accept", pointer=POINTER)
    trial = bench.submit(bodies.cheapest(bench), intent, key=bench.role(NAME), plan=Phase.SUCCEEDED, scenario="fast")
    for operation in operations:
        if "task_id" in operation.reads and trial.task_id and bench.control.is_manual:
            case = bench.contract.refusal("not_ready", operation)
            rule, pointer = "a task that is not done", f"behavior.yaml#/errors/{case.id}"
            early = Intent(NAME, "refuse", "not_ready", case.id, rule, pointer=pointer)
            bench.call(operation, early, key=trial.key, task=trial)
    watching.watch(bench, [trial], LOOK)
    trial.is_over = True
    return trial if fetching.urls_of(bench.record, trial) else None


def _download(bench: Bench, operation: Operation, trial: Trial) -> None:
    intent = Intent(NAME, "accept", pointer=f"{POINTER}/{operation.id}")
    url = fetching.urls_of(bench.record, trial)[0]
    values = {"url": url} if "url" in operation.reads else {}
    answer = bench.call(operation, intent, values=values, key=trial.key, task=trial)
    link = link_of(answer)
    if link is None:
        return
    fetching.fetch(bench, trial, link, Intent(NAME, rule=LIVE, pointer=intent.pointer))
    if operation.link_life_ms is not None and bench.control.is_manual:
        bench.wait(operation.link_life_ms / 1000 + 60)
        fetching.fetch(bench, trial, link, Intent(NAME, rule=DEAD, pointer=intent.pointer))


def link_of(answer: Exchange) -> str | None:
    """Return the link that an answer gives, None where it gives none."""
    if answer.operation is None:
        return None
    link = read(answer.operation.answer.get("url"), {"body": answer.json, "headers": answer.headers})
    return link if isinstance(link, str) and link else None
