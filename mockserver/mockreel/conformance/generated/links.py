"""Schemathesis' stateful phase: the links of a contract's document are followed from answer to request."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mockreel.conformance.exchange import Exchange
from mockreel.conformance.generated.cases import from_case
from mockreel.conformance.generated.made import Made
from mockreel.conformance.generated.quiet import settings
from mockreel_contracts import Contract

if TYPE_CHECKING:
    from schemathesis.core.transport import Response
    from schemathesis.generation.case import Case
    from schemathesis.schemas import BaseSchema

SCENARIOS = 8
STEPS = 4  # calls of a scenario, at most


def follow(contract: Contract, schema: BaseSchema, seed: int, send: Callable[[Made], Exchange | None]) -> None:
    """Follow the links. `send` sends one request; it returns None for one that is not to be sent."""
    import hypothesis
    from schemathesis.core.errors import NoLinksFound

    machine: Any = schema.as_state_machine()
    sends = [send]  # taken out at the end: whoever keeps the class keeps no run with it

    class Walk(machine):  # type: ignore[misc]
        def call(self, case: Case[Any], **_: Any) -> Response:
            operation = contract.operations.get(str(case.operation.definition.raw.get("operationId")))
            made = from_case(contract, operation, case) if operation is not None else None
            return _response(case, sends[0](made) if made is not None else None)

        def validate_response(self, *_: Any, **__: Any) -> None:
            """Judge nothing: the record is judged."""

    try:
        hypothesis.seed(seed)(Walk).run(settings=settings(SCENARIOS, stateful_step_count=STEPS))
    except NoLinksFound:
        return
    finally:
        sends.clear()
        _forget(Walk)


def _forget(machine: type) -> None:
    """Take a machine out of what Hypothesis keeps for good: with it goes a whole schema, and each run makes one."""
    from hypothesis import stateful

    with suppress(AttributeError):  # versions differ in what they keep; then some memory is not given back
        stateful.RuleBasedStateMachine._setup_state_per_class.pop(machine, None)  # noqa: SLF001
        stateful.RuleStrategy._setup_for.cache_clear()  # noqa: SLF001


def _response(case: Case[Any], exchange: Exchange | None) -> Response:
    """Return an answer as Schemathesis reads it; of a request that was not sent, one that no link begins with."""
    from requests import Request
    from schemathesis.core.transport import Response

    request = Request(case.method.upper(), exchange.url if exchange is not None else "http://localhost").prepare()
    if exchange is None or exchange.problem:
        return Response(503, {}, b"", request, 0.0, False)
    headers = {name: [value] for name, value in exchange.headers.items()}
    body = exchange.body if exchange.json is not None else b""  # what nobody can read gives no link
    return Response(exchange.status, headers, body, request, exchange.took_s, False)
