"""What a program asks of a provider, from its first create to every refusal: the same calls for every mount."""

from __future__ import annotations

import re
from collections.abc import Callable

import orjson

from mockreel import MockProvider
from mockreel_contracts import Contract, Operation
from mockreel_contracts.examples import examples_of
from tests.calling import first_body
from tests.mounts.ways import Ask, Seen, Send

_KEY = "mount-key"
_FILE = re.compile(rb'/_files/[^"\\\s]+')
Told = list[tuple[str, Seen]]
"""The answers, each with the call that it is for."""


class Job:
    """Sends the calls of one provider and keeps what is answered."""

    def __init__(self, mock: MockProvider, contract: Contract, send: Send) -> None:
        self.mock = mock
        self.contract = contract
        self.told: Told = []
        self._send = send

    def ask(
        self, method: str, target: str, body: bytes | None = None, *, key: str | None = _KEY, **headers: str
    ) -> Seen:
        """Send a request, with a key unless it is None."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            auth = self.contract.auth
            sent[auth.header] = f"{auth.schemes[0].capitalize()} {key}"
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        seen = self._send(Ask(method, target, sent, body))
        self.told.append((f"{method} {target} {sent}", seen))
        return seen

    def create(self, body: bytes | None = None, **options: str) -> Seen:
        """Create a task."""
        submit = self.contract.by_role("submit")[0]
        return self.ask(
            submit.method, submit.path, orjson.dumps(first_body(self.contract)) if body is None else body, **options
        )

    def call(self, operation: Operation, task_id: str, **options: str) -> Seen:
        """Call an operation, with a task id where it takes one."""
        path, query = operation.path, ""
        for parameter in operation.parameters:
            if parameter.where == "path":
                path = path.replace("{" + parameter.name + "}", task_id)
            elif parameter.is_required:
                query = f"?{parameter.name}={task_id}"
        body = None
        if "url" in operation.reads:
            body = orjson.dumps({"url": "https://example.com/video.mp4"})
        elif operation.method != "GET":
            body = b"{}"
        return self.ask(operation.method, path + query, body, **options)

    def newest(self) -> str:
        """Return the id of the task that was made last."""
        return self.mock.tasks[-1].id


def whole(job: Job) -> None:
    """From create to the file, looked at in every state."""
    job.create()
    query = job.contract.by_role("query")
    for step in job.mock.tasks[-1].timeline(job.mock.clock.now_ms()):
        job.mock.clock.advance(max(step.start_ms - job.mock.clock.now_ms(), 0) / 1000)
        for operation in query:
            last = job.call(operation, job.newest())
    for found in sorted(set(_FILE.findall(last.body))):
        file = found.decode()
        job.ask("GET", file, key=None)
        job.ask("HEAD", file, key=None)
        for asked in ("bytes=0-99", "bytes=-10", "bytes=5-", "bytes=99999999-", "bytes=3-1, x"):
            job.ask("GET", file, key=None, Range=asked)
        job.ask("POST", file, b"{}", key=None)
        job.ask("GET", file.split("?")[0], key=None)
        for fault in ("result_corrupt", "result_forbidden", "result_no_range", "result_wrong_type"):
            job.ask("GET", file, key=None, X_Mock_Fault=fault)


def others(job: Job) -> None:
    """Every other operation, on a task that runs, one that is done and none; then every example of the contract."""
    job.create()
    for operation in job.contract.operations.values():
        if operation.role != "submit":
            job.call(operation, job.newest())
            job.call(operation, "no-such-task")
    job.create(X_Mock_Scenario="generation_failed")
    job.mock.clock.advance(3600)
    for operation in job.contract.operations.values():
        if operation.role != "submit":
            job.call(operation, job.newest())
            job.ask("HEAD", operation.path)
    for example in examples_of(job.contract.provider):
        if example.operation == job.contract.by_role("submit")[0].id:
            job.create(orjson.dumps(example.body))


def refusals(job: Job) -> None:
    """Every way in which a call is refused."""
    job.create()
    for operation in job.contract.operations.values():
        job.call(operation, "x", key=None)
        job.call(operation, "x", key="mock-402")
        job.call(operation, "x", key="mock-ratelimited")
        job.call(operation, "x", **{job.contract.auth.header: "Nonsense"}, key=None)
        job.ask("PATCH", operation.path, b"{}")
        job.ask("DELETE", operation.path)
        job.ask("GET", operation.path + "/no/such?a=%C3%A9&b=1&b=2")
    for case in job.contract.errors:
        job.create(X_Mock_Fault=case)
    for body in (b"", b"{", b"[]", b"null", b'"text"', b"{}", b'{"model": "nobody/knows"}', b"\xff\xfe", b"[" * 5000):
        job.create(body)
    job.create(Content_Type="text/plain")
    job.create(X_Mock_Scenario="no-such-scenario")
    job.create(X_Mock_Fault="no_such_fault")
    for target in ("/", "/no/such/path", "/v1", "/a%20b/%C3%A9?q=%2F", "/_files/", "/_files/x/y/z?s=1"):
        job.ask("GET", target)
        job.ask("POST", target, b"{}")


def broken(job: Job) -> None:
    """Every fault that changes a body, on a create and on a query of what it made."""
    query = job.contract.by_role("query")[0]
    for kind in job.mock.fault_kinds.values():
        if kind.point == "answer" and not kind.name.startswith("answer_delayed"):
            job.create(X_Mock_Fault=kind.name)
            job.call(query, job.newest() if job.mock.tasks else "x", X_Mock_Fault=kind.name)
    job.mock.fail_next("rate_limited", times=2)
    for _ in range(3):
        job.create()


JOBS: dict[str, Callable[[Job], None]] = {"whole": whole, "others": others, "refusals": refusals, "broken": broken}
