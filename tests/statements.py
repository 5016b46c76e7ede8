"""Statements of the providers' pages as data, and what it takes for one to hold."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import jmespath
import jmespath.exceptions
import orjson

from mockreel.domain.callbacks.callback import Outcome, Outgoing
from mockreel.domain.document import task_document
from mockreel_contracts import Contract, ContractError, pointer, yamlfile
from mockreel_contracts.callback_urls import with_callback
from mockreel_contracts.examples import Example, examples_of
from mockreel_contracts.loader import SHIPPED
from tests.calling import Caller, Reply

MISSING = object()
TYPES: dict[str, Any] = {
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "null": lambda v: v is None,
}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a page: where the contract carries it, and the probes that need it."""

    provider: str
    data: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.provider}:{self.data['id']}"

    @property
    def file(self) -> str:
        return str(self.data["at"].partition("#")[0])

    @property
    def pointer(self) -> str:
        return str(self.data["at"].partition("#")[2])


def statements(provider: str) -> list[Statement]:
    """Return the statements of a shipped contract."""
    path = SHIPPED / provider / "statements.yaml"
    if not path.is_file():
        return []
    data, problems = yamlfile.read(path, path.name)
    if problems:
        raise ContractError(str(path.parent), problems)
    return [Statement(provider, item) for item in data]


def all_statements() -> list[Statement]:
    """Return the statements of every shipped contract."""
    return [s for folder in sorted(Path(SHIPPED).iterdir()) for s in statements(folder.name)]


def failures(statement: Statement, contract: Contract) -> list[str]:
    """Return what does not hold; empty when every probe comes out as the page says."""
    example = next((e for e in examples_of(statement.provider) if e.name == statement.data.get("example")), None)
    assert example is not None, (
        f"{statement.id} names the example {statement.data.get('example')!r}, which is not there"
    )
    return [found for probe in statement.data["probes"] if (found := _failure(probe, example, contract))]


def _failure(probe: dict[str, Any], example: Example, contract: Contract) -> str:
    kind = next(k for k in ("accept", "refuse", "effect", "error", "send", "finish", "states", "calls") if k in probe)
    caller = Caller(contract)
    if kind == "send":
        return _sent(probe, example, caller)
    if kind == "error":
        reply = _create(caller, example, {}, {"X-Mock-Fault": probe["error"]})
        return _unmet(probe["expect"], {"answer": {"status": reply.status, "body": reply.body}})
    if kind == "calls":
        return _called(probe, example, caller)
    if kind == "states":
        return _states(probe["states"], example, caller)
    patch = _expanded(probe[kind])
    headers = {"X-Mock-Scenario": "generation_failed"} if probe.get("outcome") == "failed" else {}
    reply = _create(caller, example, patch, headers)
    entry = list(caller.engine.journal)[-1]
    is_made = bool(entry.task_id)
    if kind == "refuse":
        if is_made:
            return f"accepted {probe['refuse']}"
        rule, field = probe["rule"], probe.get("field", "")
        if f"[{rule}]" not in entry.decision or field not in entry.decision:
            return f"refused {probe['refuse']} otherwise than by {rule} at {field}: {entry.decision}"
        return ""
    if not is_made:
        return f"refused {probe[kind]}: {entry.decision}"
    if kind == "finish":
        caller.clock.advance(7200)
        reply = caller.query()
    if kind == "accept":
        return ""
    service = caller.engine.services[contract.provider]
    document = task_document(contract, service.tasks[caller.task_id()], caller.clock.now_ms(), "http://mock.test")
    names = ("inputs", "credits", "price", "error", "results", "output", "body", "request", "seed")
    task = {**document, **{name: document.get(name) for name in names}}
    if task["inputs"] is not None:
        operation = contract.by_role("submit")[0]
        task["inputs"] = {name: task["inputs"].get(name) for name in operation.reads}
    return _unmet(probe["expect"], {"task": task, "answer": {"status": reply.status, "body": reply.body}})


def _create(caller: Caller, example: Example, patch: Any, headers: dict[str, str]) -> Reply:
    return caller.send(example.method, example.path, pointer.merge(example.body, patch), headers=dict(headers))


def _sent(probe: dict[str, Any], example: Example, caller: Caller) -> str:
    send = probe["send"]
    body = pointer.merge(example.body, _expanded(send.get("body", {})))
    method, path = send.get("method", example.method), send.get("path", example.path)
    raw = send["raw"].encode() if "raw" in send else None
    reply = caller.send(method, path, body if method != "GET" else None, raw=raw, headers=send.get("headers"))
    answer = {"status": reply.status, "body": reply.body, "headers": reply.headers}
    return _unmet(probe["expect"], {"answer": answer})


def _states(wanted: list[str], example: Example, caller: Caller) -> str:
    contract = caller.contract
    caller = Caller(contract, pace="polls")
    _create(caller, example, {}, {})
    service = caller.engine.services[contract.provider]
    seen: list[str] = []
    for _ in range(20):
        seen.append(service.tasks[caller.task_id()].moment(caller.clock.now_ms()).state.wire)
        caller.query()
    ordered = list(dict.fromkeys(seen))
    return "" if ordered == wanted else f"went through {ordered}, not {wanted}"


def _called(probe: dict[str, Any], example: Example, caller: Caller) -> str:
    """Let a task with a callback URL come to its end before a receiver that answers `answer` (default 200).

    `calls` are the states that are told and how often each is sent; `expect` sees the last callback and the query.
    """
    operation = caller.contract.operations[example.operation]
    body = with_callback(operation, caller.contract, example.body, "http://127.0.0.1:9/callback?a=1")
    scenario = "generation_failed" if probe.get("outcome") == "failed" else "success"
    caller.send(example.method, example.path, body, headers={"X-Mock-Scenario": scenario})
    sent: list[tuple[str, Outgoing]] = []
    for _ in range(50):
        due_ms = caller.engine.outbox.next_due_ms()
        if due_ms is None:
            break
        caller.clock.advance(max(due_ms - caller.clock.now_ms(), 0) / 1000)
        while (outgoing := caller.engine.outbox.start(caller.clock.now_ms())) is not None:
            state = caller.contract.lifecycle.states[outgoing.callback.state].wire
            sent.append((state, outgoing))
            caller.engine.outbox.report(outgoing, Outcome(probe.get("answer", 200)), caller.clock.now_ms())
    counted = [[state, len(list(group))] for state, group in groupby(state for state, _ in sent)]
    if counted != probe["calls"]:
        return f"{counted} was sent, not {probe['calls']}"
    last = sent[-1][1]
    callback = {"body": orjson.loads(last.body), "headers": {k.lower(): v for k, v in last.headers}}
    return _unmet(probe.get("expect", {}), {"callback": callback, "query": caller.query().body})


def _unmet(expect: dict[str, Any], document: dict[str, Any]) -> str:
    for expression, wanted in expect.items():
        try:
            got = jmespath.search(expression, document)
        except jmespath.exceptions.JMESPathError as error:
            return f"{expression}: {error}"
        if isinstance(wanted, dict) and "$type" in wanted:
            if not TYPES[wanted["$type"]](got):
                return f"{expression} is {got!r}, not of type {wanted['$type']}"
        elif got != wanted or isinstance(got, bool) != isinstance(wanted, bool):
            return f"{expression} is {got!r}, not {wanted!r}"
    return ""


def _expanded(value: Any) -> Any:
    """Replace {$repeat: [text, times]}."""
    if isinstance(value, dict):
        if "$repeat" in value:
            text, times = value["$repeat"]
            return text * times if isinstance(text, str) else [text] * times
        return {key: _expanded(item) for key, item in value.items()}
    return [_expanded(item) for item in value] if isinstance(value, list) else value
