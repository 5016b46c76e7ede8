"""Tasks for a client that only receives: they are made for it, and its callbacks are waited for."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from mockreel.domain.callbacks.callback import Status
from mockreel.domain.messages import Request
from mockreel.provider import MockProvider
from mockreel.verdict.runner.process import Process
from mockreel.verdict.runner.stopping import Stop
from mockreel.verdict.runner.wording import UsageError
from mockreel_contracts import Contract
from mockreel_contracts.callback_urls import with_callback
from mockreel_contracts.examples import examples_of, samples

_STEP_S = 0.05
_SETTLING_S = 0.5  # what is delivered in a client's last moments does not count
_UNDER_WAY = (Status.SENDING, Status.RETRYING)


@dataclass(frozen=True, slots=True)
class Order:
    """What the task is made from: its contract (in the folder `root`), the API key, the mock's URL, the client's."""

    contract: Contract
    root: Path | None
    key: str
    origin: str
    url: str


def drive(mock: MockProvider, process: Process, order: Order, timeout_s: float, stop: Stop) -> None:
    """Make a task that calls `url` back as soon as somebody listens there, and wait until all has been delivered.

    Ends early when the client ends, and after `timeout_s`. Raises UsageError where no task can be made.
    """
    until_ms = mock.clock.now_ms() + timeout_s * 1000
    parts = urlsplit(order.url)
    address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    is_made = False
    while not process.wait(_STEP_S, stop) and not stop.is_set() and mock.clock.now_ms() < until_ms:
        if not is_made and _listens(address):
            _create(mock, order)
            is_made = True
        if is_made and _is_over(mock):
            process.wait(_SETTLING_S, stop)
            return


def _create(mock: MockProvider, order: Order) -> None:
    contract = order.contract
    found = samples(contract, examples_of(contract.provider, root=order.root))
    if not found:
        raise UsageError(f"{contract.provider} has no example of a request, so no task can be made for a receiver")
    example = found[0][1]
    body = with_callback(contract.operations[example.operation], contract, example.body, order.url)
    headers = {
        contract.auth.header.lower().encode(): f"{contract.auth.schemes[0].capitalize()} {order.key}".encode(),
        b"content-type": b"application/json",
    }
    mock.handle(Request(example.method, example.path, b"", headers, orjson.dumps(body), order.origin))


def _is_over(mock: MockProvider) -> bool:
    """Whether every callback has been taken, or will never be."""
    with mock.engine.lock:
        if mock.engine.outbox.next_due_ms() is not None or mock.engine.outbox.watched:
            return False
    return not any(callback.status in _UNDER_WAY for callback in mock.callbacks)


def _listens(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, 1):
            return True
    except OSError:
        return False
