"""One request at a broken server: what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from mockreel.domain.document import reads_document, values_of
from mockreel.domain.intake import query_values
from mockreel.domain.messages import Answer, Request
from mockreel.domain.sandbox import Sandbox
from mockreel.domain.service import Service
from mockreel.domain.task import Task
from mockreel_contracts import Contract, Operation, Phase


class Memory(dict[str, Any]):
    """What a server remembers for one of its faults. `contract` is the true one."""

    def __init__(self, contract: Contract) -> None:
        super().__init__()
        self.contract = contract


@dataclass
class Visit:
    """`operation` is None for a path or a method that no operation has; then `methods` are those of the path.

    `contract` is the true one. `memory` lasts as long as the server, for each of its faults apart.
    """

    contract: Contract
    service: Service
    operation: Operation | None
    methods: tuple[str, ...]
    path: Mapping[str, str]
    request: Request
    now_ms: int
    memory: Memory
    ask: Callable[[Request], Answer]
    """Has the server answer another request first, as a correct one would."""

    @property
    def role(self) -> str:
        """The role of the operation, or ''."""
        return self.operation.role if self.operation is not None else ""

    @cached_property
    def key(self) -> str:
        """The API key that was sent, or ''."""
        value = self.request.headers.get(self.contract.auth.header.encode(), b"").decode("latin-1")
        scheme, _, key = value.strip().partition(" ")
        return key.strip() if scheme.lower() in self.contract.auth.schemes else ""

    @cached_property
    def task_id(self) -> str:
        """The task id that was asked for, or ''."""
        if self.operation is None or "task_id" not in self.operation.reads:
            return ""
        queries = query_values(self.request.query)
        document = reads_document(self.operation, None, None, queries, self.path, self.request.headers)
        return str(values_of(self.operation, document).get("task_id") or "")

    @property
    def task(self) -> Task | None:
        """The task that was asked for, whoever's it is."""
        return self.service.tasks.get(self.task_id)

    @property
    def phase(self) -> Phase | None:
        """The phase of that task."""
        return self.task.moment(self.now_ms).state.phase if self.task is not None else None

    @property
    def sandbox(self) -> Sandbox:
        """What belongs to the API key, kept from now on."""
        return self.service.sandboxes.setdefault(self.key, self.service.sandbox(self.key))

    @cached_property
    def body(self) -> Any:
        """The body of the request as JSON, None where it is none."""
        try:
            return orjson.loads(self.request.body)
        except orjson.JSONDecodeError:
            return None

    def is_good(self, answer: Answer) -> bool:
        """Whether an answer means success."""
        if not 200 <= answer.status < 300:
            return False
        if answer.asset is not None:
            return True
        document = {"body": json_of(answer)}
        code = self.contract.error_reads.code(document)
        reason = self.contract.error_reads.reason(document)
        return (code in (None, "") and reason in (None, "")) or code in self.contract.error_reads.success


def json_of(answer: Answer) -> Any:
    """Return the body of an answer as JSON, None where it is none."""
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None
