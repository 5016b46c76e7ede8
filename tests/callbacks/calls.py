"""Calls to a mock from a test, and ways to make them while something else goes on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

import orjson

from mockreel.domain.messages import Request
from mockreel.provider import MockProvider
from tests.callbacks.receiver import BOUND_S
from tests.callbacks.subjects import Subject


def create(mock: MockProvider, subject: Subject, url: Any, *, key: str = "test-key", **headers: str) -> str:
    """Create a task that calls `url` back, in-process, and return its id."""
    operation = subject.contract.by_role("submit")[0]
    auth = subject.contract.auth
    sent = {
        auth.header: f"{auth.schemes[0].capitalize()} {key}",
        "content-type": "application/json",
        **{name.lower().replace("_", "-"): value for name, value in headers.items()},
    }
    answered = mock.handle(
        Request(
            operation.method,
            operation.path,
            headers={name.encode(): value.encode() for name, value in sent.items()},
            body=orjson.dumps(subject.calling(url)),
            origin="http://mock.test",
        )
    )
    assert answered.status == subject.contract.replies["submit"].status
    tasks = mock.engine.services[subject.name].tasks
    assert tasks, answered.body
    return next(reversed(tasks))


class Calling:
    """Runs something in a thread; `result` waits for it."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._done: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self._thread.start()

    def _run(self, call: Callable[[], Any]) -> None:
        try:
            self._done.put((call(), None))
        except BaseException as error:
            self._done.put((None, error))

    def result(self, *, within_s: float = BOUND_S) -> Any:
        value, error = self._done.get(timeout=within_s)
        if error is not None:
            raise error
        return value
