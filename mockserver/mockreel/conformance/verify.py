"""A whole run: the probes in their order, the checks over what they recorded, and the report."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal

import mockreel_contracts
from mockreel.conformance import coverage, judging, probes
from mockreel.conformance.bench import Bench, TimeUp
from mockreel.conformance.budget import Withheld
from mockreel.conformance.check import Check, all_checks
from mockreel.conformance.control import ControlError
from mockreel.conformance.evidence import reading
from mockreel.conformance.proof import Proof, prove
from mockreel.conformance.target import MAX_TIME_S, Target, TargetError, bench, key_of
from mockreel.provider import MockProvider
from mockreel.realtime import RealClock
from mockreel.report import CheckResult, Report, Status, redacted
from mockreel.report.model import verdict_of
from mockreel_contracts import Contract
from mockreel_contracts.examples import examples_of

Tell = Callable[[str], None]


def verify_server(
    at: str | MockProvider,
    provider: str | None = None,
    *,
    api_key: str | None = None,
    other_key: str | None = None,
    wrong_key: str | None = None,
    models: Sequence[str] = (),
    budget: Decimal | float | Literal["unlimited"] | None = None,
    seed: int = 0,
    max_time_s: float = MAX_TIME_S,
    control: str | MockProvider = "auto",
    control_token: str | None = None,
    callback_host: str | None = None,
    callback_secret: str | None = None,
    profile: str = "documented",
    contracts: str | Path | None = None,
    only: Sequence[str] = (),
    tell: Tell = lambda line: None,
) -> Report:
    """Verify that a server keeps a contract.

    >>> report = verify_server("http://127.0.0.1:8455", "kie", api_key="any")
    >>> report.verdict
    'pass'

    `at` is a base URL, or a MockProvider of one provider in this process. Tasks are made for at most `budget` credits
    (None: as many as it takes on this machine, none elsewhere). `only` names the checks to make. What the others mean
    stands in Target. `tell` is told each step.
    Raises TargetError (a ValueError) for what cannot be verified so, Unreachable where nobody answers, and
    ContractError.
    """
    target = target_of(
        at,
        provider,
        api_key=api_key,
        other_key=other_key,
        wrong_key=wrong_key,
        models=models,
        budget=budget,
        seed=seed,
        max_time_s=max_time_s,
        control=control,
        control_token=control_token,
        callback_host=callback_host,
        callback_secret=callback_secret,
        profile=profile,
        contracts=contracts,
    )
    return verify(target, chosen(only), tell=tell)


def target_of(
    at: str | MockProvider,
    provider: str | None = None,
    *,
    api_key: str | None,
    budget: Decimal | float | Literal["unlimited"] | None,
    profile: str,
    contracts: str | Path | None,
    **options: object,
) -> Target:
    """Return what is to be verified, as its user has named it. Raises TargetError and ContractError."""
    root = Path(contracts) if contracts is not None else None
    if isinstance(at, MockProvider):
        served = at.engine.services
        name = provider or next(iter(served))
        if name not in served:
            raise TargetError(f"the mock serves no {name!r}; it serves {', '.join(served)}")
        contract: Contract = served[name].contract
    else:
        known = mockreel_contracts.providers(root)
        if provider not in known:
            raise TargetError(f"name one provider of {', '.join(known)}, got {provider!r}")
        name = provider
        contract = mockreel_contracts.load(name, profile=profile, root=root)
    spend = budget if budget is None or budget == "unlimited" else Decimal(str(budget))
    if isinstance(spend, Decimal) and not (spend.is_finite() and spend >= 0):
        raise TargetError(f"the budget is a number of credits from 0, or unlimited, got {budget!r}")
    examples = None if root is None else examples_of(name, root=root)
    key = api_key if api_key is not None else key_of(name)
    return Target(at, contract, key, budget=spend, examples=examples, **options)  # type: ignore[arg-type]


def chosen(only: Sequence[str]) -> tuple[Check, ...]:
    """Return the checks of these ids, or all. Raises TargetError for one that is not there."""
    known = all_checks()
    unknown = [name for name in only if name not in known]
    if unknown:
        from mockreel_contracts.near import near

        like = near(unknown[0], known, most=1)
        hint = f"did you mean {like[0]}?" if like else "--list-checks lists them"
        raise TargetError(f"there is no check {unknown[0]!r}; {hint}")
    return tuple(known[name] for name in only) if only else tuple(known.values())


def verify(target: Target, wanted: Sequence[Check], *, tell: Tell = lambda line: None) -> Report:
    """Verify a target by some checks: they are proved, what they need is done, they are made, and it is reported."""
    clock = RealClock()
    started_ms = clock.now_ms()
    needed = None if len(wanted) == len(all_checks()) else {probe for check in wanted for probe in check.probes}
    with bench(target) as made:
        made.knock()
        tell("proof that the checks can fail")
        proof = prove(target.contract, wanted, examples=target.examples, has_time=made.has_time)
        run(made, only=needed, tell=tell)
        results = tuple(proof.weighed(result) for result in judging.judge(made.record, wanted))
        facts = {
            "proved": proof.told(),
            "control": "yes" if made.has_control else "none: outcomes could not be chosen",
            "requests": str(len(made.record.exchanges)),
            "tasks": str(sum(bool(trial.task_id) for trial in made.record.trials)),
            "callbacks": str(len(made.record.arrivals)),
            "models": ", ".join(made.samples),
        }
        report = Report(
            kind="server",
            subject=target.name,
            provider=target.contract.provider,
            profile=target.contract.profile,
            verdict=verdict_of(results),
            seed=target.seed,
            checks=results,
            credits_spent=made.budget.spent,
            coverage=coverage.coverage(made.record),
            replay=replay(target, wanted),
            started_ms=started_ms,
            took_s=(clock.now_ms() - started_ms) / 1000,
            notes=(*notes(made, results), *unproved(proof)),
            facts=facts,
        )
    return redacted(report, target.secrets)


def run(bench: Bench, *, only: Iterable[str] | None = None, tell: Tell = lambda line: None) -> None:
    """Let the probes (default: all) do their work, those that cost nothing first.

    A probe that may not spend, or for which there is no time, is noted in the record; Unreachable ends the run.
    """
    chosen = {n: probe for n, probe in {**probes.FREE, **probes.PAID}.items() if only is None or n in only}
    for number, (name, probe) in enumerate(chosen.items(), 1):
        tell(f"{number}/{len(chosen)} {name}")
        try:
            bench.time_left_s()
            probe(bench)
        except Withheld as withheld:
            bench.record.miss(name, str(withheld))
        except (TimeUp, ControlError) as over:
            bench.record.miss(name, str(over))


def notes(bench: Bench, results: Sequence[CheckResult]) -> Iterable[str]:
    """Give what a reader of the report must know to trust it."""
    if not any(result.status is not Status.INCONCLUSIVE for result in results):
        yield "no check could be made: this run says nothing about the server"
    calls = [exchange for exchange in bench.record.exchanges if exchange.operation is not None]
    if calls and not any(reading.is_good(bench.contract, exchange) for exchange in calls):
        yield (
            f"none of {len(calls)} calls was answered with success, the first with HTTP {calls[0].status}: is this the "
            f"base URL of {bench.contract.provider}, and may the API key call it?"
        )
    if bench.has_control and not bench.control.is_manual:
        yield "the mock has a real clock, so tasks were waited for; with --clock manual a run reaches all in seconds"
    if bench.budget.limit is not None:
        yield f"{bench.budget.spent:f} of {bench.budget.limit:f} credits were spent"
    for name, reasons in bench.record.missed.items():
        yield f"{name}: {'; '.join(reasons)}"


def unproved(proof: Proof) -> Iterable[str]:
    """Give the checks that did not find what they must find."""
    for name, reason in proof.failed.items():
        yield f"{name}: {reason}"


def replay(target: Target, wanted: Sequence[Check]) -> str:
    """Return the command line that makes the same run again; keys come from the environment."""
    parts = ["mockreel", "verify", "server", target.name, "--provider", target.contract.provider]
    if target.contract.profile != "documented":
        parts += ["--profile", target.contract.profile]
    for model in target.models:
        parts += ["--model", model]
    if target.budget is not None:
        parts += ["--budget", str(target.budget)]
    if target.max_time_s != MAX_TIME_S:
        parts += ["--max-time", f"{target.max_time_s:g}"]
    if isinstance(target.control, str) and target.control != "auto":
        parts += ["--control", target.control]
    if target.callback_host is not None:
        parts += ["--callback-host", target.callback_host]
    parts += ["--seed", str(target.seed)]
    if len(wanted) != len(all_checks()):
        parts += [part for check in wanted for part in ("--check", check.id)]
    return shlex.join(parts)
