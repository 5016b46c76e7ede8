"""Calls without a key, with a malformed one, with a wrong one: every operation must refuse them."""

from __future__ import annotations

from mockreel.conformance.bench import Bench
from mockreel.conformance.exchange import Intent
from mockreel.conformance.probes.refusals import NO_RESULT, NO_TASK, body_for
from mockreel_contracts import Operation

NAME = "auth"
_OTHERS = ("Basic", "Digest", "Token", "Bearer")


def probe(bench: Bench) -> None:
    """Call each operation with bad credentials; its request is otherwise one that is taken."""
    auth = bench.contract.auth
    scheme = auth.schemes[0].capitalize()
    other = next(name for name in _OTHERS if name.lower() not in {known.lower() for known in auth.schemes})
    for operation in bench.contract.operations.values():
        _call(bench, operation, "no API key", key="none")
        _call(bench, operation, "an empty header", key="none", header="")
        _call(bench, operation, "a scheme without an API key", key="none", header=scheme)
        _call(bench, operation, "a scheme that the contract does not know", key="none", header=f"{other} bW9jazptb2Nr")
        _call(bench, operation, f"the API key in the scheme {other}", key="own", header=f"{other} {bench.key('own')}")
        if bench.keys.wrong is not None:
            _call(bench, operation, "an API key that nobody has", key="wrong")
    if bench.keys.wrong is None:
        bench.record.miss(NAME, "no API key is known to be wrong; give --wrong-key")


def _call(bench: Bench, operation: Operation, rule: str, *, key: str, header: str | None = None) -> None:
    body = body_for(bench, operation) if operation.role == "submit" else None
    here = {"task_id": NO_TASK, "url": NO_RESULT}
    values = {name: value for name, value in here.items() if name in operation.reads}
    intent = Intent(
        NAME,
        "refuse",
        refusal="unauthorized",
        case=bench.contract.refusal("unauthorized", operation).id,
        rule=rule,
        pointer="behavior.yaml#/auth",
    )
    headers = {bench.contract.auth.header: header} if header is not None else {}
    bench.call(operation, intent, values=values, body=body, key=key, headers=headers)
