"""Every fault but those of the connection and of callbacks: the same on the socket and in-process, and gone afterwards.

Those of the connection stand in test_transport and test_wire, those of callbacks in tests/callbacks/test_adversary.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from mockreel import MockProvider, faults
from mockreel_contracts import Contract, Operation
from tests.calling import first_body
from tests.faults.exchange import outcome
from tests.faults.watched import by_provider

KEY = "everywhere-key"
STEPS_S = (0, 3, 8, 60, 90, 600, 7200)  # from one look to the next
KINDS = sorted(
    kind.name
    for kind in faults.shipped().values()
    if kind.point not in ("network", "callback") and not {"delay_s", "slow_s"} & set(kind.act)
)
Seen = list[tuple[Any, ...]]


class Story:
    """One task's life as a client sees it, on a mock of its own."""

    def __init__(self, mock: MockProvider, contract: Contract, http: httpx2.Client) -> None:
        self.mock = mock
        self.contract = contract
        self.http = http

    def call(self, operation: Operation, **values: str) -> tuple[Any, ...]:
        path, query = operation.path, {}
        for name, value in values.items():
            source = self.contract.behavior["operations"][operation.id]["reads"][name]
            root, _, field = source.partition(".")
            if root == "path":
                path = path.replace(f"{{{field}}}", value)
            else:
                query[field] = value
        body = first_body(self.contract) if operation.role == "submit" else {}
        auth = f"{self.contract.auth.schemes[0].capitalize()} {KEY}"
        return outcome(
            lambda: self.http.request(
                operation.method,
                path,
                params=query,
                headers={self.contract.auth.header: auth},
                **({"json": body} if operation.body is not None else {}),  # type: ignore[arg-type]
            )
        )

    def told(self) -> Seen:
        """Submit, look again and again while time passes, fetch the result, ask for the balance, list, cancel."""
        by_role = self.contract.by_role
        seen = [self.call(by_role("submit")[0])]
        task_id = self.mock.tasks[-1].id if self.mock.tasks else "no-task"
        for step_s in STEPS_S:
            self.mock.clock.advance(step_s)
            seen.append(self.call(by_role("query")[0], task_id=task_id))
        for task in self.mock.tasks:
            for url in self.urls(task.id):
                seen.append(outcome(lambda url=url: self.http.get(url, headers={"Range": "bytes=0-99"})))  # type: ignore[misc]
                seen.append(outcome(lambda url=url: self.http.get(url)))  # type: ignore[misc]
        for role in ("balance", "list"):
            seen.extend(self.call(operation) for operation in by_role(role))  # type: ignore[arg-type]
        seen.extend(self.call(operation, task_id=task_id) for operation in by_role("cancel"))
        return seen

    def urls(self, task_id: str) -> list[str]:
        shown = self.mock.task(task_id).get("results") or []
        links = [value for result in shown for value in result.values() if str(value).startswith("http")]
        return [f"{urlsplit(link).path}?{urlsplit(link).query}" for link in links]


@by_provider
@pytest.mark.parametrize("fault", KINDS)
def test_a_fault_is_the_same_on_the_socket_and_in_process_and_leaves_nothing(contract: Contract, fault: str) -> None:
    with MockProvider(contract.provider, seed=5) as mock, mock.serve() as url:
        on_socket = both(mock, contract, url, None, fault)
    with MockProvider(contract.provider, seed=5) as mock:
        in_process = both(mock, contract, url, mock.transport(), fault)
    assert in_process[0] == on_socket[0]
    assert in_process[1] == on_socket[1] == fresh(contract, advanced_s=sum(STEPS_S))


def both(
    mock: MockProvider, contract: Contract, base: str, transport: httpx2.BaseTransport | None, fault: str
) -> tuple[Seen, Seen]:
    """Return what is told under a fault, and what is told afterwards."""
    with httpx2.Client(transport=transport, base_url=base, trust_env=False, timeout=10) as http:
        story = Story(mock, contract, http)
        mock.add_fault(fault)
        under = told(story, base)
        assert any(fault in entry.faults for entry in mock.journal), mock.journal.last
        mock.reset()
        return under, told(story, base)


def told(story: Story, base: str) -> Seen:
    """Return what a story tells, whatever host it was told by."""
    return [
        (status, {**headers, "content-length": ""}, body.replace(base.encode(), b"http://host"))
        if len(rest) == 1
        else (status, headers, body)
        for status, headers, *rest in story.told()
        for body in (rest or [b""])
    ]


_FRESH: dict[str, Seen] = {}


def fresh(contract: Contract, *, advanced_s: float) -> Seen:
    """Return what a mock tells that never had a fault, at the same time."""
    if contract.provider not in _FRESH:
        with MockProvider(contract.provider, seed=5) as mock:
            mock.clock.advance(advanced_s)
            with httpx2.Client(transport=mock.transport(), base_url="http://mock.test") as http:
                _FRESH[contract.provider] = told(Story(mock, contract, http), "http://mock.test")
    return _FRESH[contract.provider]


@by_provider
def test_the_story_reaches_what_faults_act_on(contract: Contract) -> None:
    seen = fresh(contract, advanced_s=sum(STEPS_S))
    assert [status for status, *_ in seen[: 1 + len(STEPS_S)]] == [200] * (1 + len(STEPS_S))
    assert 206 in [status for status, *_ in seen]


def test_every_fault_is_here_or_with_the_connection_or_the_callbacks() -> None:
    assert len(KINDS) > 40
