"""What Schemathesis makes of a contract's document, before anything is sent: examples, coverage, fuzzing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mockreel.conformance.generated.made import Made, made
from mockreel.conformance.generated.quiet import settings
from mockreel_contracts import Contract, Operation

if TYPE_CHECKING:
    from schemathesis.generation.case import Case
    from schemathesis.schemas import APIOperation, BaseSchema

_NOWHERE = "http://localhost"  # of which only the path is used
FUZZED = 40  # cases of each operation, positive ones and negative ones


def document(contract: Contract) -> BaseSchema:
    """Load a contract's OpenAPI document. No configuration file is looked for."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    config = SchemathesisConfig()
    schema = schemathesis.openapi.from_dict({**contract.openapi}, config=config)
    schema.config.phases.coverage.unexpected_methods = set()
    schema.config.generation.allow_x00 = False  # a server may refuse NUL, JSON Schema cannot say so
    return schema


def cases(contract: Contract, schema: BaseSchema, seed: int, stop: Callable[[], None]) -> Iterator[Made]:
    """Give every case of the phases examples, coverage and fuzzing, each once; `stop` may end it between operations."""
    known: set[Any] = set()
    for found in schema.get_all_operations():
        of_schema = found.ok()
        operation = contract.operations.get(str(of_schema.definition.raw.get("operationId")))
        if operation is None:
            continue
        stop()
        for case in _of(of_schema, seed):
            one = from_case(contract, operation, case)
            if one is not None and one.same not in known:
                known.add(one.same)
                yield one


def from_case(contract: Contract, operation: Operation, case: Case) -> Made | None:
    """Return the request of a case; None for one that is not sent. Its headers are left to the bench."""
    from schemathesis.core import NOT_SET

    if case.method.lower() != operation.method.lower():
        return None
    try:
        url = _url(case)
    except Exception:  # what cannot be written as a URL says nothing about a server
        return None
    return made(contract, operation, url, ... if case.body is NOT_SET else case.body, _about(case))


def _of(operation: APIOperation, seed: int) -> Iterator[Case]:
    from hypothesis import given
    from hypothesis import seed as seeded
    from hypothesis.errors import HypothesisException
    from schemathesis.generation import GenerationMode
    from schemathesis.generation.drivers import CoverageGenerator, ExamplesGenerator
    from schemathesis.generation.feedback import NO_FEEDBACK
    from schemathesis.generation.overrides import Override

    yield from ExamplesGenerator(operation=operation, override=Override(), feedback=NO_FEEDBACK, fill_missing=False)
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        yield from CoverageGenerator(
            operation=operation,
            generation_modes=[mode],
            generation_config=operation.schema.config.generation_for(operation=operation, phase="coverage"),
            auth_storage=None,
            override=Override(),
            feedback=NO_FEEDBACK,
        )
        found: list[Case] = []

        @seeded(seed)
        @settings(FUZZED)
        @given(operation.as_strategy(generation_mode=mode))
        def draw(case: Case, found: list[Case] = found) -> None:
            found.append(case)

        try:
            draw()
        except HypothesisException:
            pass  # no such case can be made: there is nothing to break
        yield from found


def _url(case: Case) -> str:
    """Return the path and the query of a case as they go over the wire."""
    from requests import Request
    from schemathesis.core import NOT_SET
    from schemathesis.transport.requests import REQUESTS_TRANSPORT

    bodiless = case.derive()
    bodiless.freeze_metadata()
    bodiless.body, bodiless.media_type = NOT_SET, None
    sent = REQUESTS_TRANSPORT.serialize_case(bodiless, base_url=_NOWHERE)
    url = Request("GET", sent["url"], params=sent["params"]).prepare().url
    parts = urlsplit(url or "")
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _about(case: Case) -> str:
    from schemathesis.generation.meta import CoveragePhaseData

    meta = case.meta
    if meta is None:
        return ""
    data = meta.phase.data
    if isinstance(data, CoveragePhaseData):
        return f"{data.scenario} {data.location or data.parameter or ''}".strip()
    return str(meta.phase.name.value)
