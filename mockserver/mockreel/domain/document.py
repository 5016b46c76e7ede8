"""The documents that replies are made from, computed as far as a reply asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockreel.domain import assets
from mockreel.domain.ledger import plain
from mockreel.domain.sandbox import Sandbox
from mockreel.domain.task import Task
from mockreel_contracts import Contract, Operation, Phase
from mockreel_contracts.model import Model


class Lazy(dict[str, Any]):
    """A mapping whose values are made when they are first asked for (JMESPath asks with `get`)."""

    __slots__ = ("_makers",)

    def __init__(self, known: Mapping[str, Any], makers: Mapping[str, Callable[[], Any]]) -> None:
        super().__init__(known)
        self._makers = makers

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of `key`, made now if it has not been asked for before."""
        if key in self:
            return self[key]
        make = self._makers.get(key)
        if make is None:
            return default
        value = self[key] = make()
        return value

    def whole(self) -> dict[str, Any]:
        """Return everything, plain."""
        return {key: self.get(key) for key in (*self, *self._makers)}


def reads_document(
    operation: Operation,
    raw: Any,
    model: Model | None,
    queries: Mapping[str, list[str]],
    path: Mapping[str, str],
    headers: Mapping[bytes, bytes],
) -> Lazy:
    """Return the document over which an operation's `reads` are evaluated."""
    schema = model.schema if model is not None else operation.body
    return Lazy(
        {
            "raw": raw,
            "queries": queries,
            "path": path,
            "model": {"name": model.name, "facts": model.facts} if model is not None else None,
        },
        {
            "body": lambda: schema.filled(raw) if schema is not None else raw,
            "query": lambda: {name: values[0] for name, values in queries.items()},
            "headers": lambda: {k.decode("latin-1"): v.decode("latin-1") for k, v in headers.items()},
        },
    )


def values_of(operation: Operation, document: Mapping[str, Any]) -> Lazy:
    """Return what an operation reads, by name."""
    readers = {name: _reader(expression, document) for name, expression in operation.reads.items()}
    return Lazy({"": True}, readers)  # JMESPath takes an empty object for false


def inputs_of(task: Task) -> Lazy:
    """Return what the submit operation read from a task's request."""
    document = reads_document(task.operation, task.request(), task.model, {}, {}, {})
    return values_of(task.operation, document)


def task_document(contract: Contract, task: Task, now_ms: int, origin: str) -> Lazy:
    """Return the `task` that replies see. Times are Unix milliseconds."""
    moment = task.moment(now_ms)
    phase = moment.state.phase
    is_over = phase.is_terminal
    return Lazy(
        {
            "id": task.id,
            "model": task.model.name,
            "state": moment.state.wire,
            "phase": phase.value,
            "progress": moment.progress,
            "created_ms": task.created_ms,
            "updated_ms": moment.entered_ms,
            "completed_ms": moment.entered_ms if is_over else None,
            "cost_ms": moment.entered_ms - task.created_ms if is_over else None,
            "facts": task.model.facts,
        },
        {
            "request": task.request,
            "inputs": lambda: inputs_of(task),
            "body": lambda: task.model.schema.filled(task.request()),
            "credits": lambda: plain(task.sandbox.charged_now(task, moment)),
            "price": lambda: plain(task.price),
            "seed": lambda: 1 + task.sandbox.dice.number("seed", task.sandbox.key, task.ordinal, below=2**31 - 2),
            "error": lambda: _task_error(contract, moment.error) if moment.error else None,
            "results": lambda: _results(contract, task, origin) if phase is Phase.SUCCEEDED else None,
            "output": lambda: _output(task),
        },
    )


def account_document(contract: Contract, sandbox: Sandbox, now_ms: int) -> Lazy:
    """Return the `account` that replies see."""
    account = sandbox.account
    phases: list[Phase] = []

    def count(phase: Phase) -> int:
        if not phases:
            phases.extend(task.moment(now_ms).state.phase for task in sandbox.tasks)
        return phases.count(phase)

    return Lazy(
        {
            "balance": plain(account.balance),
            "granted": plain(account.granted),
            "charged": plain(account.charged),
            "refunded": plain(account.refunded),
            "unlimited": account.is_unlimited,
            "concurrency": contract.concurrency.tasks if contract.concurrency else 0,
        },
        {"running": lambda: count(Phase.RUNNING), "queued": lambda: count(Phase.QUEUED)},
    )


def output_of(task: Task) -> assets.Output:
    """Return what a task's video is like."""
    inputs = inputs_of(task)
    return assets.output_of({name: inputs.get(name) for name in ("duration_s", "resolution", "aspect_ratio")})


def _output(task: Task) -> dict[str, Any]:
    output = output_of(task)
    return {"duration_s": output.duration_s, "width": output.width, "height": output.height, "fps": output.fps}


def _reader(expression: Callable[[Any], Any], document: Mapping[str, Any]) -> Callable[[], Any]:
    return lambda: expression(document)


def _task_error(contract: Contract, case_id: str) -> dict[str, Any]:
    case = contract.errors[case_id]
    return {
        "case": case.id,
        "code": case.code,
        "reason": case.reason,
        "message": case.message,
        "task_code": case.task_code,
        "task_message": case.task_message,
    }


def _results(contract: Contract, task: Task, origin: str) -> list[dict[str, Any]]:
    def link(name: str) -> str:
        return assets.url(origin, contract.provider, task.id, name)

    return [
        {
            "id": task.id,
            "url": link("video.mp4"),
            "cover_url": link("cover.png"),
            "watermarked_url": link("watermarked.mp4"),
        }
    ]
