"""A caller that keeps what the engine hands to the shell, and ways to go through the life of a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from mockreel.domain.messages import Answer, Request
from mockreel.domain.task import Task
from mockreel_contracts import Contract, Operation, Phase, load, pointer, providers
from tests.calling import Caller, Reply, first_body

CONTRACTS = [load(name) for name in providers()]
by_provider = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
NOTHING = object()


class Watched(Caller):
    """`last` is the answer as the shell gets it: with what becomes of the connection, of the file, and when."""

    last: Answer

    def __init__(self, contract: Contract, **settings: Any) -> None:
        super().__init__(contract, **settings)
        handle = self.engine.handle

        def kept(request: Request) -> Answer:
            self.last = handle(request)
            return self.last

        self.engine.handle = kept  # type: ignore[method-assign]

    @property
    def tasks(self) -> list[Task]:
        return list(self.engine.services[self.contract.provider].tasks.values())

    @property
    def task(self) -> Task:
        return self.tasks[-1]

    @property
    def entry(self) -> Any:
        return list(self.engine.journal)[-1]

    def send(self, *arguments: Any, **options: Any) -> Reply:
        """As a Caller's; a body that cannot be read stays as it came."""
        try:
            return super().send(*arguments, **options)
        except orjson.JSONDecodeError:
            headers = {name.decode(): value.decode() for name, value in self.last.headers}
            return Reply(self.last.status, None, headers, self.last.body)

    def asking(self, role: Any, header: str | None = None, *, key: str | None = None) -> Reply:
        """Call the first operation of a role, on the newest task where it is about one, with a fault."""
        headers = {"X-Mock-Fault": header} if header is not None else {}
        if role == "submit":
            return self.submit(headers=headers, key=key)
        operation = self.contract.by_role(role)[0]
        if "task_id" in operation.reads:
            return self.on_task(role, headers=headers, key=key)
        body = {"url": self.result_url()} if "url" in operation.reads else None
        return self.send(operation.method, operation.path, body, headers=headers, key=key)

    def result_url(self, name: str = "video.mp4") -> str:
        return f"http://mock.test/_files/{self.contract.provider}/{self.task_id()}/{name}"

    def download(self, name: str = "video.mp4") -> Answer:
        """Read a result file of the newest task by its URL."""
        self.send("GET", self.result_url(name).removeprefix("http://mock.test"))
        return self.last

    def finish(self) -> None:
        """Let the newest task come to its end, if it has one; every waiting looks at the real plan."""
        last = self.task.timeline(self.clock.now_ms())[-1]
        self.clock.advance(max(last.start_ms - self.clock.now_ms(), 0) / 1000)

    def walk(self) -> list[tuple[Any, Reply]]:
        """Query the newest task at the start of each of its states; returns the states and the replies."""
        seen = []
        for step in self.task.timeline(self.clock.now_ms()):
            self.clock.advance(max(step.start_ms - self.clock.now_ms(), 0) / 1000)
            seen.append((step.state, self.query()))
        return seen

    def phase(self) -> Phase:
        return self.task.moment(self.clock.now_ms()).state.phase


def operation(contract: Contract, role: Any) -> Operation:
    """Return the first operation of a role."""
    return contract.by_role(role)[0]


def told(contract: Contract, role: Any, name: str, body: Any) -> Any:
    """Return what a body says of a thing, read as the contract has clients read it."""
    return operation(contract, role).answer[name]({"body": body})


def at(body: Any, path: tuple[str, ...]) -> Any:
    """Return what stands at a path of a body, or NOTHING."""
    for key in path:
        if not isinstance(body, Mapping) or key not in body:
            return NOTHING
        body = body[key]
    return body


def pair(
    contract: Contract, role: Any, header: str, *, scenario: str | None = None, **settings: Any
) -> tuple[Watched, Reply, Watched, Reply]:
    """Do the same calls twice, once clean and once with a fault on the call of `role`; all but submit after a create.

    A download, and any call about a task that follows a scenario, comes after the end of the task.
    """
    made = []
    for asked in (None, header):
        caller = Watched(contract, **settings)
        if role != "submit":
            caller.submit(headers={"X-Mock-Scenario": scenario or "success"})
        if role == "download" or scenario is not None:
            caller.finish()
        made.append((caller, caller.asking(role, asked)))
    (clean, good), (hurt, bad) = made
    return clean, good, hurt, bad


def with_prompt(contract: Contract, text: str) -> Any:
    """Return the first example with another prompt, wherever this provider has it."""
    body = first_body(contract)
    return pointer.merge(body, {"input": {"prompt": text}} if "input" in body else {"prompt": text})
