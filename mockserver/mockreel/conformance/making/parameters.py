"""Which rules of its parameters a URL keeps and breaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from mockreel.domain import intake
from mockreel_contracts import Operation
from mockreel_contracts.model import Parameter

GIVEN = "given"
"""Stands for the rule of a parameter that has none: it is reached by any request that has it."""
_TEXTS = ("string", "array")  # which any text of a URL is
_EDGES: Mapping[str, Callable[[str], float]] = {"minimum": float, "maximum": float, "minLength": len, "maxLength": len}


def sent(operation: Operation, url: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the path and the query parameters of a URL that an operation was called at."""
    parts = urlsplit(url)
    found = _template(operation.path).search(parts.path)
    path = {}
    if found is not None:
        keys = re.findall(r"\{([^{}]+)\}", operation.path)
        path = {key: unquote(value) for key, value in zip(keys, found.groups(), strict=True)}
    return path, intake.query_values(parts.query.encode("latin-1", "replace"))


def rules_of(demands: Mapping[str, Any], parameter: Parameter) -> list[str]:
    """Return the keywords of a parameter's rules, without those that no URL can break."""
    found = ["required"] if parameter.is_required and parameter.where == "query" else []
    for keyword, wanted in demands.items():
        is_text = keyword == "type" and wanted in _TEXTS
        is_empty = parameter.where == "path" and keyword == "minLength"  # it would be another path
        if not is_text and not is_empty:
            found.append(keyword)
    return found or [GIVEN]


def name(operation: Operation, parameter: Parameter, keyword: str, side: str) -> str:
    """Return the name of a parameter's rule."""
    return f"{operation.id} {parameter.where}.{parameter.name} {keyword} {side}"


def reached(operation: Operation, url: str, demands: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Give the names of the rules that a URL reaches; `demands` are those of each parameter, by its name."""
    path, queries = sent(operation, url)
    violations = intake.check_parameters(operation, queries, path)
    broken = {(violation.pointer, violation.keyword) for violation in violations}
    if len(broken) > 1:
        return
    for parameter in operation.parameters:
        if broken:
            yield from (
                name(operation, parameter, keyword, "broken")
                for where, keyword in broken
                if where == f"{parameter.where}.{parameter.name}"
            )
            continue
        given = queries.get(parameter.name) if parameter.where == "query" else [path.get(parameter.name, "")]
        wanted = demands[parameter.name]
        for keyword in rules_of(wanted, parameter) if given else ():
            if keyword not in _EDGES or _stands_at(given or (), keyword, wanted[keyword]):
                yield name(operation, parameter, keyword, "kept")


def _stands_at(given: Sequence[str], keyword: str, bound: Any) -> bool:
    try:
        return any(_EDGES[keyword](text) == bound for text in given)
    except ValueError:
        return False


@lru_cache(maxsize=256)
def _template(path: str) -> re.Pattern[str]:
    pieces = [re.escape(piece) for piece in re.split(r"\{[^{}]+\}", path)]
    return re.compile("([^/]+)".join(pieces) + "$")
