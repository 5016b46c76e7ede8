"""The receiver of a test: the reference client's, which verifies with whatever the mock signs with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mockreel import MockProvider
from mockreel_client import CallbackEvent, parse_callback
from mockreel_client.receiver import CallbackReceiver


@contextmanager
def receiving(mock: MockProvider) -> Iterator[CallbackReceiver]:
    """Listen on a free port of this machine; callbacks are as old as the mock's own clock says."""
    contracts = [service.contract for service in mock.engine.services.values()]
    calling = [contract for contract in contracts if contract.callback is not None]
    contract = calling[0] if len(calling) == 1 else None
    is_signed = contract is None or (contract.callback is not None and contract.callback.signature is not None)

    def parse(headers: list[tuple[str, str]], body: bytes, path: str, query: str) -> CallbackEvent:
        secrets = mock.engine.signing_secrets() if is_signed else ()
        return parse_callback(
            headers, body, secrets or None, provider=contract, now=mock.clock.now(), path=path, query=query
        )

    receiver = CallbackReceiver(parse)
    with receiver.serve():
        yield receiver
