"""The proof that checks can fail: each is shown a server in this process that is broken in the way it looks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from mockreel.conformance.broken import Broken, fitting, model_of
from mockreel.conformance.broken.examine import examine
from mockreel.conformance.check import Check, all_checks
from mockreel.report import CheckResult, Status
from mockreel_contracts import Contract
from mockreel_contracts.examples import Example

_TRIED = 2  # known-bad servers that a check is shown, until it finds one


@dataclass(slots=True)
class Proof:
    """What came of it, by the ids of checks.

    `proved` have found a known-bad server, by its name. `failed` have not, with the reason. For `without` there is none
    that means anything for the contract.
    """

    proved: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    without: list[str] = field(default_factory=list)

    def told(self) -> str:
        """Return it in one line."""
        total = len(self.proved) + len(self.failed)
        found = f"{len(self.proved)} of {total} checks found a server that is broken on purpose"
        return f"{found}; {len(self.without)} have nothing to look at in this contract" if self.without else found

    def weighed(self, result: CheckResult) -> CheckResult:
        """Return a result as it counts: only a check that can fail may pass."""
        if result.status is not Status.PASS or result.id in self.proved:
            return result
        why = self.failed.get(result.id, "no known-bad server of this contract shows that the check can fail")
        return replace(result, status=Status.INCONCLUSIVE, message=f"nothing wrong was seen, but {why}")


def prove(
    contract: Contract,
    wanted: Iterable[Check] | None = None,
    *,
    examples: Sequence[Example] | None = None,
    has_time: Callable[[], bool] = lambda: True,
) -> Proof:
    """Show each check (default: all) a known-bad server, with only the probes that it looks at and one model."""
    proof = Proof()
    known = fitting(contract, examples)
    for check in all_checks().values() if wanted is None else wanted:
        own = [broken for broken in known if broken.caught_by == check.id]
        if not own:
            proof.without.append(check.id)
        elif not has_time():
            proof.failed[check.id] = "there was no time to prove that the check can fail; give --max-time more"
        else:
            _show(proof, contract, check, own[:_TRIED], examples)
    return proof


def _show(
    proof: Proof, contract: Contract, check: Check, own: Sequence[Broken], examples: Sequence[Example] | None
) -> None:
    for broken in own:
        result = _shown(contract, broken, check, examples)
        if result.status is Status.FAIL:
            proof.proved[check.id] = broken.name
            proof.failed.pop(check.id, None)
            return
        why = result.message or "it passes"
        proof.failed[check.id] = f"the check does not find a server in this process where {broken.breaks} ({why})"


def _shown(contract: Contract, broken: Broken, check: Check, examples: Sequence[Example] | None) -> CheckResult:
    """Return what a check makes of a known-bad server: by one of its probes, or where none is enough, by all."""
    model = [model_of(broken, contract, examples)]
    tries = [[probe] for probe in check.probes] if len(check.probes) > 1 else []
    for probes in (*tries, check.probes):
        result = examine(contract, broken, wanted=[check], models=model, examples=examples, probes=probes)[0]
        if result.status is Status.FAIL:
            break
    return result
