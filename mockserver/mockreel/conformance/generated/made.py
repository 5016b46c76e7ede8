"""A generated request as it will be sent: nothing in it makes a server call anybody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from mockreel.conformance.making import parameters
from mockreel_contracts import Contract, Operation, pointer
from mockreel_contracts.expressions import first_path

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HOST = "example.com"  # reserved for such use (RFC 2606)
_INLINE = re.compile(r"\s*data:", re.IGNORECASE)
_UNROUTABLE = ("", ".", "..")


@dataclass(frozen=True, slots=True)
class Made:
    """One request. `content` is None where it has no body; `about` says in Schemathesis' words what it tries."""

    operation: Operation
    path: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, tuple[str, ...]], ...]
    content: bytes | None
    about: str = ""

    @property
    def same(self) -> tuple[Any, ...]:
        """What two requests share that are one."""
        return self.operation.id, self.path, self.query, self.content


def made(contract: Contract, operation: Operation, url: str, body: Any, about: str) -> Made | None:
    """Return the request to `url` with `body` (a JSON value, bytes as they are, `...` for none); None for one not sent.

    Not sent: what says nothing about a server (a path that leads elsewhere) and what cannot be written as JSON.
    Hosts of URLs become example.com, files sent inside the request such URLs (JSON Schema cannot ask of them that they
    hold a picture), and callback URLs are left out.
    """
    path, queries = parameters.sent(operation, url)
    if any(value in _UNROUTABLE or "/" in value or "\\" in value for value in path.values()):
        return None
    if ("{" in operation.path) != bool(path):
        return None
    try:
        content = _content(contract, operation, body)
    except ValueError:
        return None
    return Made(
        operation,
        tuple(path.items()),
        tuple((name, tuple(values)) for name, values in queries.items()),
        content,
        about,
    )


def bare(contract: Contract, operation: Operation, body: Any) -> Any:
    """Return a body without inline files, without URLs that lead anywhere and without a callback URL."""
    source = contract.behavior["operations"][operation.id].get("reads", {}).get("callback_url", "")
    keys = first_path(source, "body") if source else ()
    if keys and isinstance(body, dict):
        at = pointer.of(keys)
        try:
            if isinstance(pointer.get(body, at), str):
                body = pointer.without(body, at)
        except KeyError:
            pass
    return _harmless(body)


def _content(contract: Contract, operation: Operation, body: Any) -> bytes | None:
    """Return a body as it is sent. Raises ValueError for one that is not."""
    if body is ...:
        return None
    if isinstance(body, bytes):
        content = body
    else:
        try:
            content = orjson.dumps(bare(contract, operation, body))
        except TypeError as error:  # which orjson's own error is
            raise ValueError(str(error)) from None
    if b"[[mock:" in content:
        raise ValueError("it would choose an outcome of a mock")
    return content


def _harmless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _harmless(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_harmless(item) for item in value]
    if isinstance(value, str) and _INLINE.match(value):
        return f"https://{_HOST}/0"
    if isinstance(value, str) and _URL.match(value):
        try:
            host = urlsplit(value).netloc
        except ValueError:
            return value
        scheme, _, rest = value.partition("://")
        return f"{scheme}://{_HOST}{rest.removeprefix(host)}" if host else value
    return value
