"""Calls without a key, with a malformed one, with a wrong one: every operation must refuse them."""

from __future__ import annotations

from mockreel.conformance.bench import Bench
from mockreel.conformance.exchange import Intent
from mockreel_contracts import Operation

NO_TASK = "mockreel-no-such-task"


def probe(bench: Bench) -> None:
    """Call each operation with bad credentials; its request is otherwise one that is taken."""
    auth = bench.contract.auth
    scheme = auth.schemes[0].capitalize()
    for operation in bench.contract.operations.values():
        _call(bench, operation, "no API key", key="none")
        _call(bench, operation, "a scheme without an API key", key="none", header=scheme)
        _call(bench, operation, "a scheme that the contract does not know", key="none", header="Basic bW9jazptb2Nr")
        if bench.keys.wrong is not None:
            _call(bench, operation, "an API key that nobody has", key="wrong")
    if bench.keys.wrong is None:
        bench.record.miss("auth", "no API key is known to be wrong; give --wrong-key")


def _call(bench: Bench, operation: Operation, rule: str, *, key: str, header: str | None = None) -> None:
    body = next(iter(bench.samples.values()), None) if operation.role == "submit" else None
    values = {name: NO_TASK for name in ("task_id", "url") if name in operation.reads}
    intent = Intent(
        "auth",
        "refuse",
        refusal="unauthorized",
        case=bench.contract.refusal("unauthorized", operation).id,
        rule=rule,
        pointer="behavior.yaml#/auth",
    )
    headers = {bench.contract.auth.header: header} if header is not None else {}
    bench.call(operation, intent, values=values, body=body, key=key, headers=headers)
