"""A request that no contract knows: what it is nearest to, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from urllib.parse import urlsplit

import mockreel_contracts
from mockreel.domain import assets
from mockreel.domain.engine import Engine
from mockreel.domain.messages import Request
from mockreel.domain.refusal import Refusal
from mockreel_contracts import Contract, Operation

_ALIKE = 0.5  # 1 is the same
_COMPARED = 200  # characters


def told(engine: Engine, request: Request, decision: str) -> str:
    """Return what is to be known of a request that was for no operation: a line, and hints under it."""
    lines = [f"{request.method} {request.origin}{request.path}: {plain(decision)}"]
    lines += hints(engine, request.method, request.path)
    found = _nearest(_served(engine), request.method, request.path)
    if found is not None:
        try:
            engine.authorize(*found, request)
        except Refusal as refused:
            lines.append(f"the API key would not do either: {refused.decision}")
    return "\n  ".join(lines)


def plain(decision: str) -> str:
    """Return what the journal says of such a request, without what `hints` says better."""
    return decision.removeprefix("refused: ").partition("; the nearest is ")[0]


def whose(host: str) -> str | None:
    """Return the provider that ships with a contract and has its API on this host."""
    for name in mockreel_contracts.providers():
        servers = mockreel_contracts.load(name).openapi.get("servers", ())
        if any(urlsplit(str(server["url"])).hostname == host for server in servers):
            return name
    return None


def hints(engine: Engine, method: str, path: str) -> list[str]:
    """Return a line for each thing that a method and a path are nearly or elsewhere."""
    if path.startswith("/_mock"):
        return [
            "the control API is at /_mock of a mock that is served, and of mock.app; here the mock itself has it all"
        ]
    if path.startswith(assets.PREFIX):
        return []
    served = _served(engine)
    found = _nearest(served, method, path)
    if found is None or not _fits(found[1].path, path):
        for contract in _others(served):
            other = _nearest([contract], method, path)
            if other is not None and _fits(other[1].path, path):
                names = ", ".join(f'"{each.provider}"' for each in (*served, contract))
                return [f"it fits {_named(*other)}, which this mock does not serve: MockProvider({names}) does"]
    if found is not None:
        return [f"the nearest is {_named(*found)}"]
    known = (f"{operation.method} {operation.path}" for each in served for operation in each.operations.values())
    return [f"this mock serves {', '.join(each.provider for each in served)}: {', '.join(known)}"]


def _served(engine: Engine) -> list[Contract]:
    return [service.contract for service in engine.services.values()]


def _others(served: list[Contract]) -> Iterator[Contract]:
    """Yield the contracts that ship and are not served."""
    for name in mockreel_contracts.providers():
        if name not in (contract.provider for contract in served):
            yield mockreel_contracts.load(name)


def _nearest(contracts: list[Contract], method: str, path: str) -> tuple[Contract, Operation] | None:
    """Return the operation most like a method and a path, if any is; of like paths that of the same method."""

    def likeness(operation: Operation) -> tuple[float, bool]:
        if _fits(operation.path, path):
            return 2, operation.method == method
        return difflib.SequenceMatcher(None, path[:_COMPARED], operation.path).ratio(), operation.method == method

    known = [(contract, operation) for contract in contracts for operation in contract.operations.values()]
    best = max(known, key=lambda pair: likeness(pair[1]), default=None)
    return best if best is not None and likeness(best[1])[0] >= _ALIKE else None


def _fits(template: str, path: str) -> bool:
    wanted, given = template.strip("/").split("/"), path.strip("/").split("/")
    return len(wanted) == len(given) and all(a == b or a.startswith("{") for a, b in zip(wanted, given, strict=True))


def _named(contract: Contract, operation: Operation) -> str:
    return f"{operation.method} {operation.path} of {contract.provider} ({operation.id}: {operation.role})"
