"""Every error of the contract, asked of a mock by name, at each operation that may give it."""

from __future__ import annotations

from mockreel.conformance.bench import Bench
from mockreel.conformance.exchange import Intent
from mockreel.conformance.probes.refusals import NO_RESULT, NO_TASK, body_for
from mockreel_contracts import ErrorCase, Operation

NAME = "error_cases"


def probe(bench: Bench) -> None:
    """Ask for each case, between two looks at the balance."""
    if not bench.has_control:
        bench.record.miss(NAME, "only a mock can be asked for an error; give --control")
        return
    key = bench.role(NAME)
    bench.balance(Intent(NAME), key=key)
    for case in bench.contract.errors.values():
        for operation in bench.contract.operations.values():
            if _may_give(bench, operation, case):
                at = f"behavior.yaml#/errors/{case.id}"
                intent = Intent(NAME, "refuse", "error", case.id, f"the error {case.id}", pointer=at)
                body = body_for(bench, operation) if operation.role == "submit" else None
                here = {"task_id": NO_TASK, "url": NO_RESULT}
                values = {name: value for name, value in here.items() if name in operation.reads}
                bench.call(operation, intent, values=values, body=body, headers=bench.fault(case.id), key=key)
    bench.balance(Intent(NAME), key=key)


def _may_give(bench: Bench, operation: Operation, case: ErrorCase) -> bool:
    if operation.role == "submit" and body_for(bench, operation) is None:
        return False
    return operation.role in case.stages or "auth" in case.stages
