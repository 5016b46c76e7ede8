"""A task asked for, canceled, listed and downloaded with the API key of somebody else."""

from __future__ import annotations

from mockreel.conformance.bench import Bench
from mockreel.conformance.evidence import reading
from mockreel.conformance.exchange import Intent, Trial
from mockreel_contracts import Operation, Phase

NAME = "strangers"
_LOOKS = 20
_SLOWEST_S = 20.0  # of a fast task at the contract's own speed


def probe(bench: Bench) -> None:
    """Make a task, and let another key try it; then its result, where a mock can have one soon."""
    if bench.keys.other is None:
        bench.record.miss(NAME, "no second API key is known; give --other-key")
        return
    body = min(bench.samples.values(), key=lambda sample: bench.price(sample) or 0, default=None)
    if body is None:
        bench.record.miss(NAME, "the contract has no example that could be sent")
        return
    trial = bench.submit(body, Intent(NAME, "accept"))
    if not trial.task_id:
        bench.record.miss(NAME, "no task could be made")
        return
    bench.look(trial, Intent(NAME))
    for operation in bench.contract.operations.values():
        if operation.role in ("query", "cancel", "download") and "task_id" in operation.reads:
            _refused(bench, operation, trial, "unknown_task", {})
    for operation in bench.contract.by_role("list"):
        bench.call(operation, Intent(NAME), key="other", task=trial)
    bench.look(trial, Intent(NAME))
    links = [operation for operation in bench.contract.by_role("download") if "url" in operation.reads]
    if links and bench.has_control:
        done = bench.submit(body, Intent(NAME, "accept"), plan=Phase.SUCCEEDED, scenario="fast")
        for url in _urls(bench, done)[:1]:
            for operation in links:
                _refused(bench, operation, done, "foreign_url", {"url": url})


def _refused(bench: Bench, operation: Operation, trial: Trial, refusal: str, values: dict[str, str]) -> None:
    case = bench.contract.refusal(refusal, operation).id
    at = f"behavior.yaml#/errors/{case}"
    intent = Intent(NAME, "refuse", refusal, case, "the task of another API key", pointer=at)
    bench.call(operation, intent, values=values, key="other", task=trial)


def _urls(bench: Bench, trial: Trial) -> tuple[str, ...]:
    """Return the result URLs of a fast task when it is done."""
    for _ in range(_LOOKS if trial.task_id else 0):
        seen = reading.seen(bench.contract, bench.look(trial, Intent(NAME)))
        if seen is not None and seen.urls:
            return seen.urls
        bench.wait(_SLOWEST_S / bench.control.speed / _LOOKS)
    return ()
