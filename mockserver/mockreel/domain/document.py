"""The documents that replies are made from, computed as far as a reply asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from mockreel.domain import assets
from mockreel.domain.ledger import plain
from mockreel.domain.sandbox import Sandbox
from mockreel.domain.task import Task
from mockreel.domain.timeline import Moment
from mockreel_contracts import Contract, Operation, Phase, Schema
from mockreel_contracts.model import Model

_SEEDS = 2**31 - 2  # how many there are: 1 to 2147483646


class Lazy(dict[str, Any]):
    """A mapping whose values are made of one thing, each when it is first asked for (JMESPath asks with `get`).

    `known` values are there already. Going through all of it (`dict(lazy)`, `{**lazy}`) makes what is not made yet.
    """

    __slots__ = ("_makers", "_of")

    def __init__(self, known: Mapping[str, Any], makers: Mapping[str, Callable[[Any], Any]], of: Any = None) -> None:
        super().__init__(known)
        self._makers = makers
        self._of = of

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of `key`, made now if it has not been asked for before."""
        if key in self:
            return self[key]
        make = self._makers.get(key)
        if make is None:
            return default
        value = self[key] = make(self._of)
        return value

    def keys(self) -> Any:
        """Return the names of everything, all of it made."""
        for key in self._makers:
            self.get(key)
        return super().keys()

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self.keys()))


class _Sent(NamedTuple):
    """What came with a request, of which an operation's `reads` are made."""

    raw: Any
    schema: Schema | None
    queries: Mapping[str, list[str]]
    headers: Mapping[bytes, bytes]


_SENT: Mapping[str, Callable[[_Sent], Any]] = {
    "body": lambda sent: sent.schema.filled(sent.raw) if sent.schema is not None else sent.raw,
    "query": lambda sent: {name: values[0] for name, values in sent.queries.items()},
    "headers": lambda sent: {k.decode("latin-1"): v.decode("latin-1") for k, v in sent.headers.items()},
}


def reads_document(
    operation: Operation,
    raw: Any,
    model: Model | None,
    queries: Mapping[str, list[str]],
    path: Mapping[str, str],
    headers: Mapping[bytes, bytes],
    now_ms: int = 0,
) -> Lazy:
    """Return the document over which an operation's `reads` are evaluated."""
    known = {
        "now_ms": now_ms,
        "raw": raw,
        "queries": queries,
        "path": path,
        "model": {"name": model.name, "facts": model.facts} if model is not None else None,
    }
    return Lazy(known, _SENT, _Sent(raw, model.schema if model is not None else operation.body, queries, headers))


def values_of(operation: Operation, document: Mapping[str, Any]) -> Lazy:
    """Return what an operation reads, by name."""
    return Lazy({"": True}, operation.reads, document)  # JMESPath takes an empty object for false


def inputs_of(task: Task) -> Lazy:
    """Return what the submit operation read from a task's request."""
    document = reads_document(task.operation, task.request(), task.model, {}, {}, {})
    return values_of(task.operation, document)


class _Look:
    """A task at the moment of a look; where it stands is computed when it is asked for."""

    __slots__ = ("_moment", "contract", "now_ms", "origin", "task")

    def __init__(self, contract: Contract, task: Task, now_ms: int, origin: str, moment: Moment | None = None) -> None:
        self.contract = contract
        self.task = task
        self.now_ms = now_ms
        self.origin = origin
        self._moment = moment

    @property
    def moment(self) -> Moment:
        if self._moment is None:
            self._moment = self.task.moment(self.now_ms)
        return self._moment

    @property
    def ended_ms(self) -> int | None:
        return self.moment.entered_ms if self.moment.state.phase.is_terminal else None


_TASK: Mapping[str, Callable[[_Look], Any]] = {
    "state": lambda look: look.moment.state.wire,
    "phase": lambda look: look.moment.state.phase.value,
    "progress": lambda look: look.moment.progress,
    "updated_ms": lambda look: look.moment.entered_ms,
    "completed_ms": lambda look: look.ended_ms,
    "cost_ms": lambda look: None if look.ended_ms is None else look.ended_ms - look.task.created_ms,
    "request": lambda look: look.task.request(),
    "inputs": lambda look: inputs_of(look.task),
    "body": lambda look: look.task.model.schema.filled(look.task.request()),
    "credits": lambda look: plain(look.task.sandbox.charged_now(look.task, look.moment)),
    "price": lambda look: plain(look.task.price),
    "seed": lambda look: (
        1 + look.task.sandbox.dice.number("seed", look.task.sandbox.key, look.task.ordinal, below=_SEEDS)
    ),
    "error": lambda look: _task_error(look.contract, look.moment.error) if look.moment.error else None,
    "results": lambda look: _results(look) if look.moment.state.phase is Phase.SUCCEEDED else None,
    "output": lambda look: _output(look.task),
}


def task_document(contract: Contract, task: Task, now_ms: int, origin: str, *, moment: Moment | None = None) -> Lazy:
    """Return the `task` that replies see. Times are Unix milliseconds."""
    known = {"id": task.id, "model": task.model.name, "created_ms": task.created_ms, "facts": task.model.facts}
    return Lazy(known, _TASK, _Look(contract, task, now_ms, origin, moment))


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
        {"running": lambda _: count(Phase.RUNNING), "queued": lambda _: count(Phase.QUEUED)},
    )


def output_of(task: Task) -> assets.Output:
    """Return what a task's video is like."""
    inputs = inputs_of(task)
    return assets.output_of({name: inputs.get(name) for name in ("duration_s", "resolution", "aspect_ratio")})


def _output(task: Task) -> dict[str, Any]:
    output = output_of(task)
    return {"duration_s": output.duration_s, "width": output.width, "height": output.height, "fps": output.fps}


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


def _results(look: _Look) -> list[dict[str, Any]] | None:
    task_id = look.task.id
    wrong = look.task.met("task").get("result")
    if wrong in ("none", "empty"):
        return None if wrong == "none" else [{}]

    def link(name: str) -> str:
        return assets.url(look.origin, look.contract.provider, task_id, name)

    return [
        {
            "id": task_id,
            "url": link("video.mp4") if wrong != "partial" else "",
            "cover_url": link("cover.png"),
            "watermarked_url": link("watermarked.mp4"),
        }
    ]
