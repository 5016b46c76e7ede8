"""A run against a known-bad server in this process, on a manual clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from mockreel.conformance import judging, verify
from mockreel.conformance.bench import Bench, Keys
from mockreel.conformance.broken.broken import Broken
from mockreel.conformance.broken.server import BrokenServer
from mockreel.conformance.budget import Budget
from mockreel.conformance.check import Check, checks
from mockreel.conformance.control import LocalControl
from mockreel.conformance.receiver import Receiver
from mockreel.conformance.target import WRONG_KEY
from mockreel.domain.settings import DEFAULT_SECRET
from mockreel.report import CheckResult
from mockreel_contracts import Contract
from mockreel_contracts.examples import Example


def examine(
    contract: Contract,
    *broken: Broken,
    wanted: Iterable[Check] | None = None,
    seed: int = 0,
    models: Sequence[str] = (),
    examples: Sequence[Example] | None = None,
    probes: Iterable[str] | None = None,
) -> tuple[CheckResult, ...]:
    """Return what checks (default: all) make of a server with these faults.

    Done is only what the checks look at, or `probes`.
    """
    chosen = tuple(checks().values() if wanted is None else wanted)
    needed = {probe for check in chosen for probe in check.probes} if probes is None else set(probes)
    with served(contract, *broken, seed=seed, models=models, examples=examples) as bench:
        verify.run(bench, only=needed)
        return judging.judge(bench.record, chosen)


@contextmanager
def served(
    contract: Contract,
    *broken: Broken,
    seed: int = 0,
    models: Sequence[str] = (),
    examples: Sequence[Example] | None = None,
) -> Iterator[Bench]:
    """Give a bench at a server with these faults."""
    import httpx2

    with ExitStack() as stack:
        server = BrokenServer(contract, *broken, seed=seed)
        stack.callback(server.close)
        control = LocalControl(server)
        receiver = None
        if contract.callback is not None:
            receiver = Receiver(control.now_ms)
            stack.enter_context(receiver.serve())
        yield Bench(
            contract,
            contract.base_url,
            stack.enter_context(httpx2.Client(transport=server.transport())),
            keys=Keys("proof-key", "proof-key-other", WRONG_KEY, can_mint=True),
            budget=Budget(None),
            control=control,
            has_control=True,
            receiver=receiver,
            examples=examples,
            models=models,
            seed=seed,
            callback_secret=DEFAULT_SECRET,
        )
