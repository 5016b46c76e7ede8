"""The requests that are measured: of every shipped contract, the first create example and the query of its task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mockreel.domain.clock import Clock, ManualClock
from mockreel.domain.engine import Engine
from mockreel.domain.messages import Request
from mockreel.domain.settings import Settings
from mockreel.scenarios import shipped
from mockreel_contracts import Contract, load, providers
from tests.calling import first_body

PROVIDERS = providers()
KEY = "bench-key"
ORIGIN = "http://127.0.0.1:8455"


@dataclass(frozen=True, slots=True)
class Subject:
    """A contract and its create body."""

    contract: Contract
    body: bytes

    @property
    def headers(self) -> dict[bytes, bytes]:
        """The headers that a common client sends with a create, in lower case, as a server hands them on."""
        auth = self.contract.auth
        return {
            b"host": b"127.0.0.1:8455",
            auth.header.encode(): f"{auth.schemes[0].capitalize()} {KEY}".encode(),
            b"content-type": b"application/json",
            b"content-length": str(len(self.body)).encode(),
        }

    def engine(self, clock: Clock | None = None) -> Engine:
        """Return an engine of this contract in which nothing has happened, with credits without end."""
        settings = Settings(seed=7, credits=None, scenarios=shipped())
        return Engine([self.contract], clock=clock or ManualClock(), settings=settings)

    def create(self, body: bytes | None = None) -> Request:
        """Return the create request."""
        operation = self.contract.by_role("submit")[0]
        return Request(operation.method, operation.path, b"", self.headers, body or self.body, ORIGIN)

    def query(self, task_id: str) -> Request:
        """Return the query request of a task."""
        operation = self.contract.by_role("query")[0]
        path, query = operation.path, b""
        for parameter in operation.parameters:
            if parameter.where == "path":
                path = path.replace("{" + parameter.name + "}", task_id)
            elif parameter.is_required:
                query = f"{parameter.name}={task_id}".encode()
        return Request(operation.method, path, query, self.headers, b"", ORIGIN)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the body's model, whole: what a server without us would compile."""
        operation = self.contract.by_role("submit")[0]
        model = operation.models[orjson.loads(self.body)[operation.discriminator]]
        components = {"schemas": self.contract.openapi.get("components", {}).get("schemas", {})}
        return {"allOf": [dict(model.schema.source)], "components": components}


def subject(provider: str) -> Subject:
    """Return the subject of a shipped contract."""
    contract = load(provider)
    return Subject(contract, orjson.dumps(first_body(contract)))


def body_of(made: Subject, size: int, number: int) -> bytes:
    """Return the subject's body with a prompt that makes it `size` bytes long; `number` makes it a body of its own.

    The bytes are copied: orjson's own hold 4 KB of memory, which the bytes that a socket gives do not.
    """
    value = orjson.loads(made.body)
    place = value if isinstance(value.get("prompt"), str) else value["input"]
    place["prompt"] = f"{number:08d}"
    place["prompt"] += "x" * max(size - len(orjson.dumps(value)), 0)
    return bytes(bytearray(orjson.dumps(value)))


def wire(request: Request, headers: Mapping[bytes, bytes]) -> bytes:
    """Return a request as HTTP/1.1 sends it."""
    target = request.path + (f"?{request.query.decode()}" if request.query else "")
    sent = [(name, value) for name, value in headers.items() if name != b"content-length" or request.body]
    lines = [f"{request.method} {target} HTTP/1.1".encode(), *(name + b": " + value for name, value in sent)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + request.body
