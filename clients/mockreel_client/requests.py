"""From an operation of the contract and its values to a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from mockreel_client.access import Access
from mockreel_client.effects import Send
from mockreel_client.errors import NotSupportedError
from mockreel_contracts import Operation
from mockreel_contracts.expressions import first_path
from mockreel_contracts.model import Role
from mockreel_contracts.near import near

Query = Mapping[str, str | int | float | bool | Iterable[str | int]]


def operation_of(access: Access, role: Role) -> Operation:
    """Return the first operation with a role. Raises NotSupportedError."""
    found = access.contract.by_role(role)
    if not found:
        raise NotSupportedError(f"{access.provider} has no operation to {_VERBS[role]}", provider=access.provider)
    return found[0]


def request(
    access: Access,
    operation: Operation,
    *,
    values: Mapping[str, str] | None = None,
    body: Any = None,
    query: Query | None = None,
) -> Send:
    """Return the request that carries `values`, by the names under which the contract reads them.

    `body` is sent as JSON; an operation that takes a body and is given none is sent the object of its values, those of
    the path too where its schema has them. Raises NotSupportedError where something in the path is left open.
    """
    parameters: dict[str, Any] = {}
    path, content = operation.path, {} if body is None else body
    for name, value in (values or {}).items():
        where, keys = _place(access.contract.behavior["operations"][operation.id]["reads"][name])
        if where == "path":
            path = path.replace("{" + keys[0] + "}", quote(value, safe=""))
            if operation.body is not None and body is None and keys[0] in operation.body.source.get("properties", {}):
                content[keys[0]] = value
        elif where == "body":
            content[keys[0]] = value
        else:
            parameters[keys[0]] = value
    if "{" in path:
        text = f"{access.provider}'s {operation.id} has a path that cannot be filled: {path}"
        raise NotSupportedError(text, provider=access.provider)
    parameters.update({name: _words(value) for name, value in (query or {}).items()})
    url = f"{access.base_url}{path}" + (f"?{urlencode(parameters, doseq=True)}" if parameters else "")
    headers = access.headers()
    if operation.body is None:
        return Send(operation.method.upper(), url, headers)
    return Send(operation.method.upper(), url, {**headers, "content-type": "application/json"}, orjson.dumps(content))


def check_query(operation: Operation, query: Query) -> None:
    """Raises ValueError for a parameter that the operation does not have."""
    known = [parameter.name for parameter in operation.parameters]
    for name in query:
        if name not in known:
            like = near(str(name), known, most=1)
            hint = f"; did you mean {like[0]}?" if like else f"; there are {', '.join(known) or 'none'}"
            raise ValueError(f"{operation.id} has no parameter {name!r}{hint}")


def place_of(access: Access, operation: Operation, name: str) -> str | None:
    """Return the query parameter from which the contract reads a value, None where it reads none."""
    source = access.contract.behavior["operations"][operation.id].get("reads", {}).get(name)
    return _place(source)[1][0] if source is not None else None


@lru_cache(maxsize=512)
def _place(source: str) -> tuple[str, tuple[str, ...]]:
    """Return where in a request an expression looks first: path, query or body, and the keys that lead there."""
    for root in ("path", "query", "queries", "body"):
        keys = first_path(source, root)
        if keys:
            return root, keys
    raise ValueError(f"{source!r} reads nothing of a request")


def _words(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str | int | float) else list(value)


_VERBS: dict[str, str] = {
    "submit": "create a task",
    "query": "look at a task",
    "cancel": "cancel a task",
    "balance": "ask for the balance",
    "list": "list tasks",
    "download": "download a result",
}
