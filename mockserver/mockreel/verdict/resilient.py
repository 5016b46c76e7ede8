"""A test that a client is safe: it plays the battery in-process, and what it does wrong is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockreel.provider import MockProvider
from mockreel.report import CheckResult, Finding, Status
from mockreel.verdict.battery import acts_for
from mockreel.verdict.receiving import Receive
from mockreel.verdict.stage import Run, played
from mockreel.verdict.summary import Judgement, judge_plays
from mockreel_contracts import load, providers

_SHOWN = 3  # pieces of evidence
_WIDTH = 300  # characters of a line


def assert_resilient(
    mock_provider: str | MockProvider,
    run: Run,
    *,
    scenarios: Sequence[str] = (),
    receive: Receive | None = None,
    intercept: bool = True,
    warnings: bool = False,
    allow: Sequence[str] = (),
    **settings: Any,
) -> Judgement:
    """Fail with an AssertionError where a client does harm; returns the judgement otherwise.

    >>> def test_my_integration(mock_provider):
    >>>     assert_resilient(mock_provider, lambda stage: my_job(stage.api_key, sleep=stage.clock.sleep))

    `run` is called once for each scenario, with a `Stage`: it calls the provider's own host (answered for httpx and
    httpx2 while `intercept`), or uses `stage.transport()`, and sleeps on `stage.clock`, which is a manual one. It
    claims success by returning and failure by raising; it may be async. `scenarios` are names of the battery, of
    scenarios, or of error cases (default: the whole battery); those with callbacks are played where `receive` takes
    them. With `warnings` they fail, too; `allow` are checks that do not. `settings` go to MockProvider.
    Of a `mock_provider` its provider, profile, seed and callback secret are taken: each scenario has a mock of its own.
    Raises ValueError for names that are not known.
    """
    __tracebackhide__ = True
    name, settings = _set_up(mock_provider, settings)
    contract = load(name, profile=settings.get("profile", "documented"), root=settings.get("contracts"))
    plays = [
        played(act, run, name, receive=receive, intercept=intercept, **settings)
        for act in acts_for(contract, callbacks=receive is not None, names=scenarios)
    ]
    judgement = judge_plays(plays)
    counted = (Status.FAIL, Status.WARN) if warnings else (Status.FAIL,)
    wrong = [
        result
        for verdict in judgement.verdicts
        for result in verdict.results
        if result.status in counted and result.id not in allow
    ]
    if wrong:
        raise AssertionError(_told(name, wrong, judgement, int(settings.get("seed", 0))))
    if judgement.score is None and not scenarios:
        raise AssertionError(f"the client made no task with {name} in any of {len(plays)} scenarios: nothing is shown")
    if judgement.lacking and not scenarios:
        raise AssertionError(f"nothing is wrong with {name}, but {judgement.lacking}")
    return judgement


def _set_up(given: str | MockProvider, settings: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if isinstance(given, str):
        return given, settings
    if len(given.engine.services) != 1:
        raise ValueError(f"name one provider of {', '.join(given.engine.services)}: assert_resilient(NAME, run)")
    (service,) = given.engine.services.values()
    contract, own = service.contract, given.engine.settings
    if contract.provider not in providers() and "contracts" not in settings:
        raise ValueError(f"{contract.provider} is not shipped: say contracts=FOLDER as for the mock itself")
    known = {"profile": contract.profile, "seed": own.seed, "callback_secret": own.callback_secret}
    return contract.provider, {**known, **settings}


def _told(provider: str, wrong: list[CheckResult], judgement: Judgement, seed: int) -> str:
    """Return what is wrong, as a person reads it in the output of a test."""
    names = ", ".join(dict.fromkeys(result.id for result in wrong))
    score = "" if judgement.score is None else f"; score {judgement.score} of 100"
    lines = [f"the client is not safe with {provider}: {names}{score}"]
    if judgement.credits_wasted:
        lines.append(f"credits paid for nothing: {judgement.credits_wasted:f}")
    for result in wrong:
        for finding in result.findings:
            lines += ["", f"{result.status.upper()} {result.id} in scenario {result.about}", *_finding(result, finding)]
    played_in = ", ".join(repr(name) for name in dict.fromkeys(result.about for result in wrong))
    lines += ["", f"again: assert_resilient({provider!r}, run, scenarios=[{played_in}], seed={seed})"]
    return "\n".join(lines)


def _finding(result: CheckResult, finding: Finding) -> list[str]:
    lines = [f"  {finding.message}"]
    lines += [f"  expected: {finding.expected}"] if finding.expected else []
    lines += [f"  why: {result.why}", f"  what to do: {finding.hint}"]
    for piece in finding.evidence[:_SHOWN]:
        lines.append(f"    {piece.title[:_WIDTH]}")  # no curl line: it would call the provider itself
    return lines
