"""The example exchanges of a contract folder, with the page each comes from."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from mockreel_contracts import yamlfile
from mockreel_contracts.loader import SHIPPED
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
