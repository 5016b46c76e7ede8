"""The example exchanges of a contract folder, with the page each comes from."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from mockreel_contracts import pointer, yamlfile
from mockreel_contracts.loader import SHIPPED
from mockreel_contracts.model import Contract, Model
from mockreel_contracts.problem import ContractError, Problem


@dataclass(frozen=True, slots=True)
class Example:
    """A request as a provider's page prints it. `response` is what the page prints as its answer, or None.

    Where the printed request is no valid JSON, `as_printed` is its text and `body` the same with that mended.
    `is_exchange` is False when the page's request and response are not of one call.
    """

    name: str
    provider: str
    page: str
    title: str
    operation: str
    method: str
    path: str
    body: Any
    as_printed: str | None
    as_printed_refused: str | None
    response: Mapping[str, Any] | None
    is_exchange: bool

    def curl(self, base_url: str, scheme: str = "Bearer", key: str = "demo-key") -> str:
        """Return a line to paste into a shell."""
        body = shlex.quote(orjson.dumps(self.body).decode())
        return (
            f"curl -s {base_url}{self.path} -H 'Authorization: {scheme} {key}' "
            f"-H 'Content-Type: application/json' -d {body}"
        )


def examples_of(provider: str, *, root: Path | None = None) -> tuple[Example, ...]:
    """Return the examples of a provider, by name. Raises ContractError for a file that cannot be taken."""
    folder = (root or SHIPPED) / provider
    found = []
    for path in sorted((folder / "examples").glob("*.yaml")):
        file = path.relative_to(folder).as_posix()
        data, problems = yamlfile.read(path, file)
        if problems:
            raise ContractError(str(folder), problems)
        try:
            request = data["request"]
            found.append(
                Example(
                    name=data["name"],
                    provider=provider,
                    page=data["page"],
                    title=data["title"],
                    operation=data["operation"],
                    method=request["method"],
                    path=request["path"],
                    body=request.get("body"),
                    as_printed=data.get("as_printed"),
                    as_printed_refused=data.get("as_printed_refused"),
                    response=data.get("response"),
                    is_exchange=data.get("together", True),
                )
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ContractError(str(folder), (Problem(file, 0, "", f"an example lacks {error}"),)) from None
    return tuple(found)


def samples(contract: Contract, examples: Sequence[Example]) -> list[tuple[str, Example]]:
    """Return a request that is accepted for each model file, by the name of its first model.

    A model that no example is for gets the first example with its name, less the fields that it refuses.
    """
    found = []
    for operation in contract.by_role("submit"):
        own = [example for example in examples if example.operation == operation.id and isinstance(example.body, dict)]
        files = {model.file: model for model in list(operation.models.values())[::-1]}  # the first of each file
        for model in list(files.values())[::-1] if own else []:
            names = [name for name, other in operation.models.items() if other.file == model.file]
            fitting = next((e for e in own if e.body.get(operation.discriminator) in names), None)
            example = fitting or replace(own[0], body=_adapted(own[0].body, operation.discriminator, model))
            if model.schema.is_valid(example.body):
                found.append((str(example.body.get(operation.discriminator, contract.title)), example))
    return found


def _adapted(body: dict[str, Any], discriminator: str, model: Model) -> Any:
    made: Any = {**body, discriminator: model.name} if discriminator else body
    for _ in body:
        violations = model.schema.violations(made)
        if not violations:
            break
        with suppress(KeyError, ValueError):
            made = pointer.without(made, violations[0].pointer)
    return made
