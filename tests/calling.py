"""Calls to an engine, as short as a test wants them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from mockreel import faults
from mockreel.domain.clock import ManualClock
from mockreel.domain.engine import Engine
from mockreel.domain.messages import Request
from mockreel.domain.settings import Settings
from mockreel.scenarios import shipped
from mockreel_contracts import Contract
from mockreel_contracts.examples import examples_of


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as a test looks at it."""

    status: int
    body: Any
    headers: dict[str, str]
    raw: bytes


class Caller:
    """An engine of some contracts on a manual clock."""

    def __init__(self, *contracts: Contract, seed: int = 7, key: str = "test-key", **settings: Any) -> None:
        self.clock = ManualClock()
        self.engine = Engine(
            contracts,
            clock=self.clock,
            settings=Settings(seed=seed, scenarios=shipped(), faults=faults.shipped(), **settings),
        )
        self.contract = contracts[0]
        self.key = key

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        key: str | None = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str | None] | None = None,
    ) -> Reply:
        """Send a request; `headers` are added, and None takes one away."""
        scheme = self.contract.auth.schemes[0].capitalize()
        sent: dict[str, str | None] = {self.contract.auth.header: f"{scheme} {key or self.key}"}
        content = raw if raw is not None else (orjson.dumps(body) if body is not None else b"")
        if content:
            sent["content-type"] = "application/json"
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        answer = self.engine.handle(
            Request(
                method,
                path,
                urlencode(query or {}, doseq=True).encode(),
                {k.encode(): v.encode() for k, v in sent.items() if v is not None},
                content,
                "http://mock.test",
            )
        )
        is_json = answer.asset is None and answer.body[:1] in (b"{", b"[")
        return Reply(
            answer.status,
            orjson.loads(answer.body) if is_json else answer.asset,
            {k.decode(): v.decode() for k, v in answer.headers},
            answer.body,
        )

    def submit(self, body: Any = None, **options: Any) -> Reply:
        """Create a task with `body`, or with the first example of the contract's folder."""
        operation = self.contract.by_role("submit")[0]
        return self.send(
            operation.method, operation.path, first_body(self.contract) if body is None else body, **options
        )

    def task_id(self) -> str:
        """Return the id of the newest task."""
        return next(reversed(self.engine.services[self.contract.provider].tasks))

    def query(self, task_id: str | None = None, **options: Any) -> Reply:
        """Query a task (default: the newest) with the contract's first query operation."""
        return self.on_task("query", task_id, **options)

    def on_task(self, role: Any, task_id: str | None = None, **options: Any) -> Reply:
        """Call the first operation of a role with a task id, wherever the operation wants it."""
        operation = self.contract.by_role(role)[0]
        path, query = operation.path, {}
        for parameter in operation.parameters:
            if parameter.where == "path":
                path = path.replace("{" + parameter.name + "}", task_id or self.task_id())
            elif parameter.is_required:
                query[parameter.name] = task_id or self.task_id()
        return self.send(operation.method, path, query=query, **options)

    def balance(self) -> Any:
        """Return the balance as the ledger has it, everything due settled."""
        self.engine.settle()
        return self.engine.services[self.contract.provider].sandbox(self.key).account.balance


def first_body(contract: Contract) -> Any:
    """Return the body of the first create example of a contract."""
    submit = contract.by_role("submit")[0].id
    return next(e.body for e in examples_of(contract.provider) if e.operation == submit)
