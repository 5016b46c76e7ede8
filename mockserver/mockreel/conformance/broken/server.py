"""A server that is broken on purpose: our mock with a mutating layer around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from mockreel import faults, scenarios
from mockreel.conformance.broken.broken import Broken
from mockreel.conformance.broken.redrawn import redrawn, retold
from mockreel.conformance.broken.visit import Memory, Visit
from mockreel.desk import Desk
from mockreel.domain.clock import Clock
from mockreel.domain.engine import Engine
from mockreel.domain.messages import Answer, Request
from mockreel.domain.settings import Settings
from mockreel.options import clock_of
from mockreel_contracts import Contract

if TYPE_CHECKING:
    from mockreel.server.app import MockApp
    from mockreel.transport import MockTransport


class BrokenEngine(Engine):
    """An engine that goes by what it believes of the contract, and mishears, misremembers and misspeaks."""

    def __init__(
        self, contract: Contract, broken: Sequence[Broken], *, clock: Clock, settings: Mapping[str, Any]
    ) -> None:
        self._true = contract
        self._broken = broken
        self._memories = {each.name: Memory(contract) for each in broken}
        believed = contract
        chosen = dict(settings)
        for each in broken:
            if each.believe is not None:
                believed = each.believe(believed)
            for role, draw in each.draw.items():
                believed = redrawn(believed, role, draw, self._memories[each.name])
            if each.tell is not None:
                believed = retold(believed, partial(each.tell, contract))
            chosen |= each.options
        made = Settings(faults=faults.shipped(), scenarios=scenarios.shipped(), **chosen)
        super().__init__([believed], clock=clock, settings=made)

    def handle(self, request: Request) -> Answer:
        """Answer a request as a broken server does."""
        with self.lock:
            visits: dict[str, Visit] = {}
            for each in self._broken:
                visits[each.name] = self._visit(each.name, request)
                if each.hear is not None:
                    request = each.hear(visits[each.name], request)
            (service,) = self.services.values()
            known = len(service.tasks)
            answer = super().handle(request)
            if len(service.tasks) > known:
                for each in self._broken:
                    if each.bear is not None:
                        each.bear(next(reversed(service.tasks.values())))
            for each in self._broken:
                if each.say is not None:
                    answer = each.say(visits[each.name], answer)
            return answer

    def _visit(self, name: str, request: Request) -> Visit:
        (service,) = self.services.values()
        match = self._router.find(request.method, request.path)
        operation = match.target[1] if match is not None and match.target is not None else None
        path = dict(zip(match.names, match.values, strict=False)) if match is not None else {}
        methods = match.methods if match is not None else ()
        now_ms = self.clock.now_ms()
        memory = self._memories[name]
        return Visit(self._true, service, operation, methods, path, request, now_ms, memory, super().handle)


class BrokenServer(Desk):
    """A mock of one contract with faults built in (none: a correct server); otherwise like a MockProvider.

    `contract` stays what the server should keep. Faults that change the same thing do not go together.
    """

    def __init__(
        self,
        contract: Contract,
        *broken: Broken,
        seed: int = 0,
        clock: Literal["real", "manual"] | Clock = "manual",
        speed: float = 1.0,
        errors: Literal["body", "http"] | None = None,
        credits: Decimal | None = Decimal(10_000),
    ) -> None:
        self.contract = contract
        self.broken = broken
        settings = {"seed": seed, "speed": speed, "errors": errors, "credits": credits}
        super().__init__(BrokenEngine(contract, broken, clock=clock_of(clock), settings=settings))
        self.engine.outbox.records.on_trouble = None  # callbacks that go wrong are no news here
        self._app: MockApp | None = None
        for each in broken:
            if each.arm is not None:
                each.arm(self)

    def close(self) -> None:
        """Stop sending callbacks."""
        self._courier.stop()

    @property
    def app(self) -> MockApp:
        """The ASGI application."""
        if self._app is None:
            from mockreel.server.app import MockApp

            self._app = MockApp(self.engine, courier=self._courier)
        return self._app

    def handle(self, request: Request) -> Answer:
        """Answer one request in-process."""
        return self._finished(self.engine.handle(request), request)

    def transport(self) -> MockTransport:
        """Return a transport for one httpx2 client that answers whatever host is called."""
        from mockreel.transport import MockTransport

        return MockTransport(self.engine.handle, self._finished)

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Serve on a loopback port in a thread; gives the base URL."""
        from mockreel.server import run

        background = run.Background(self.app, run.bind("127.0.0.1", 0))
        background.start()
        try:
            yield background.url
        finally:
            background.stop()

    def _finished(self, answer: Answer, request: Request) -> Answer:
        from mockreel.server.app import rendered

        if answer.waits_for is not None:
            self._courier.send_first(answer.waits_for)
            answer = replace(answer, waits_for=None)
        return rendered(answer, request)
