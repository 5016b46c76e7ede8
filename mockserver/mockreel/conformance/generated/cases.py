"""What Schemathesis makes of a contract's document, before anything is sent: examples, coverage, fuzzing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mockreel.conformance.generated.flat import flat
from mockreel.conformance.generated.made import Made, made
from mockreel.conformance.generated.quiet import Stop, settings
from mockreel_contracts import Contract, Operation

if TYPE_CHECKING:
    from schemathesis.generation.case import Case
    from schemathesis.schemas import APIOperation, BaseSchema

_NOWHERE = "http://localhost"  # of which only the path is used
FUZZED = 40  # cases of each operation, of a model or without one, positive ones and as many negative ones


def document(contract: Contract, paths: Mapping[str, Any] | None = None) -> BaseSchema:
    """Load a contract's OpenAPI document, or only some of its paths. No configuration file is looked for."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    config = SchemathesisConfig()
    schema = schemathesis.openapi.from_dict(
        {**contract.openapi, "paths": paths or contract.openapi["paths"]}, config=config
    )
    schema.config.phases.coverage.unexpected_methods = set()
    schema.config.generation.allow_x00 = False  # a server may refuse NUL, JSON Schema cannot say so
    return schema


def cases(contract: Contract, seed: int, go_on: Callable[[], object]) -> Iterator[Made]:
    """Give every case of the phases examples, coverage and fuzzing, each once; `go_on` may raise before each."""
    from schemathesis.core.result import Ok

    known: set[Any] = set()
    for paths in _parts(contract):
        for found in document(contract, paths).get_all_operations():
            of_schema: APIOperation[Any, Any, Any, Any] | None = found.ok() if isinstance(found, Ok) else None
            if of_schema is None:
                continue
            operation = contract.operations.get(str(of_schema.definition.raw.get("operationId")))
            if operation is None:
                continue
            go_on()
            for case in _of(of_schema, seed, go_on):
                go_on()
                one = from_case(contract, operation, case)
                if one is not None and one.same not in known:
                    known.add(one.same)
                    yield one


def _parts(contract: Contract) -> Iterator[Mapping[str, Any]]:
    """Give the paths of a document in parts: a submit operation comes once for each schema of its models.

    Of a choice between many models Schemathesis would break little more than the choice.
    """
    for operation in contract.operations.values():
        methods = contract.openapi["paths"][operation.path]
        item = methods[operation.method.lower()]
        for schema in {model.file: model.schema.source for model in operation.models.values()}.values():
            body = {**item["requestBody"], "content": {"application/json": {"schema": flat(schema, contract.openapi)}}}
            yield {operation.path: {**_shared(methods), operation.method.lower(): {**item, "requestBody": body}}}
        yield {operation.path: {**_shared(methods), operation.method.lower(): item}}


def _shared(methods: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of all methods of a path."""
    return {name: value for name, value in methods.items() if name in ("parameters", "servers", "summary")}


def from_case(contract: Contract, operation: Operation, case: Case[Any]) -> Made | None:
    """Return the request of a case; None for one that is not sent. Its headers are left to the bench."""
    from schemathesis.core import NOT_SET

    if case.method.lower() != operation.method.lower():
        return None
    try:
        url = _url(case)
    except Exception:  # what cannot be written as a URL says nothing about a server
        return None
    return made(contract, operation, url, ... if case.body is NOT_SET else case.body, _about(case))


def _of(operation: APIOperation[Any, Any, Any, Any], seed: int, go_on: Callable[[], object]) -> Iterator[Case[Any]]:
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
        found: list[Case[Any]] = []

        @seeded(seed)
        @settings(FUZZED)
        @given(operation.as_strategy(generation_mode=mode))
        def draw(case: Case[Any], found: list[Case[Any]] = found) -> None:
            try:
                go_on()
            except Exception as reason:
                raise Stop(reason) from None
            found.append(case)

        with suppress(HypothesisException):  # where no such case can be made, there is nothing to break
            draw()
        yield from found


def _url(case: Case[Any]) -> str:
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


def _about(case: Case[Any]) -> str:
    from schemathesis.generation.meta import CoveragePhaseData

    meta = case.meta
    if meta is None:
        return ""
    data = meta.phase.data
    if isinstance(data, CoveragePhaseData):
        return f"{data.scenario} {data.location or data.parameter or ''}".strip()
    return str(meta.phase.name.value)
