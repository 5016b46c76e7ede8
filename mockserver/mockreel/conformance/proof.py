"""The proof that checks can fail: each is shown a server in this process that is broken in the way it looks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mockreel.conformance.broken import Broken, fitting, model_of
from mockreel.conformance.broken.examine import examine
from mockreel.conformance.check import Check, all_checks
from mockreel.report import CheckResult, Status
from mockreel_contracts import Contract
from mockreel_contracts.examples import Example


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of it, by the ids of checks.

    `proved` have found a known-bad server, by its name. `failed` have not, with the reason. For `without` there is none
    that means anything for the contract.
    """

    proved: Mapping[str, str]
    failed: Mapping[str, str]
    without: tuple[str, ...]


def prove(
    contract: Contract, wanted: Iterable[Check] | None = None, *, examples: Sequence[Example] | None = None
) -> Proof:
    """Show each check (default: all) a known-bad server, with only the probes that it looks at and one model."""
    chosen = list(all_checks().values() if wanted is None else wanted)
    known = fitting(contract)
    proved: dict[str, str] = {}
    failed: dict[str, str] = {}
    without = []
    for check in chosen:
        own = [broken for broken in known if broken.caught_by == check.id]
        if not own:
            without.append(check.id)
            continue
        for broken in own[:_TRIED]:
            result = _shown(contract, broken, check, examples)
            if result.status is Status.FAIL:
                proved[check.id] = broken.name
                failed.pop(check.id, None)
                break
            failed[check.id] = f"{broken.name}, where {broken.breaks}, is not found: {result.message or 'it passes'}"
    return Proof(proved, failed, tuple(without))


_TRIED = 2  # known-bad servers that a check is shown, until it finds one


def _shown(contract: Contract, broken: Broken, check: Check, examples: Sequence[Example] | None) -> CheckResult:
    """Return what a check makes of a known-bad server: by one of its probes, or where none is enough, by all."""
    model = [model_of(broken, contract)]
    tries = [[probe] for probe in check.probes] if len(check.probes) > 1 else []
    for probes in (*tries, check.probes):
        result = examine(contract, broken, wanted=[check], models=model, examples=examples, probes=probes)[0]
        if result.status is Status.FAIL:
            break
    return result
