"""Runs against a mock, and against one that is bent: requests and answers changed on their way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2

from mockreel import MockProvider
from mockreel.conformance import judging, verify
from mockreel.conformance.bench import Bench, Keys
from mockreel.conformance.budget import Budget
from mockreel.conformance.control import Control, LocalControl, NoControl
from mockreel.report import CheckResult, Finding, Status
from mockreel_contracts import load

BendRequest = Callable[[httpx2.Request, Any], Any]
"""Takes a request and its body as JSON; returns the body to send on."""
BendAnswer = Callable[[httpx2.Request, httpx2.Response], httpx2.Response | None]
"""Takes a request and its answer; returns another answer, or None to leave it."""

ALL_KEYS = Keys("own-key", "other-key", "mock-unauthorized", can_mint=True)


class Bent(httpx2.BaseTransport):
    """A transport that bends what goes through it."""

    def __init__(self, inner: httpx2.BaseTransport, request: BendRequest | None, answer: BendAnswer | None) -> None:
        self._inner, self._request, self._answer = inner, request, answer

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        sent = request
        if self._request is not None and request.content:
            try:
                body = json.loads(request.content)
            except ValueError:
                body = None
            if body is not None:
                headers = {name: value for name, value in request.headers.items() if name != "content-length"}
                content = json.dumps(self._request(request, body)).encode()
                sent = httpx2.Request(request.method, request.url, headers=headers, content=content)
        answer = self._inner.handle_request(sent)
        answer.read()
        return (self._answer(request, answer) if self._answer is not None else None) or answer


def bench(
    provider: str,
    profile: str = "documented",
    *,
    request: BendRequest | None = None,
    answer: BendAnswer | None = None,
    keys: Keys = ALL_KEYS,
    control: bool = True,
    budget: Budget | None = None,
    models: tuple[str, ...] = (),
    **settings: Any,
) -> Bench:
    """Return a bench with a mock of its own."""
    mock = MockProvider(provider, seed=7, profile=profile, **settings)
    contract = load(provider, profile=profile)
    http = httpx2.Client(transport=Bent(mock.transport(), request, answer))
    steering: Control = LocalControl(mock) if control else NoControl()
    return Bench(
        contract,
        contract.base_url,
        http,
        keys=keys,
        budget=budget or Budget(None),
        control=steering,
        has_control=control,
        models=models,
    )


def judged(bench: Bench, *probes: str) -> dict[str, CheckResult]:
    """Let probes do their work; return what the checks say, by id."""
    verify.run(bench, only=probes)
    return {result.id: result for result in judging.judge(bench.record)}


def failed(results: dict[str, CheckResult]) -> dict[str, list[Finding]]:
    """Return the findings of the checks that failed."""
    return {name: list(result.findings) for name, result in results.items() if result.status is Status.FAIL}


def json_answer(answer: httpx2.Response, body: Any, status: int | None = None) -> httpx2.Response:
    """Return an answer with another body, and its other headers as they are."""
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return httpx2.Response(status or answer.status_code, headers=headers, content=json.dumps(body).encode())
