"""The same run as tests of pytest: one for each check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockreel.conformance.check import all_checks
from mockreel.report import CheckResult, Finding, Report, Status


class Case:
    """One check of a run that all cases share. Calling it is the test: it fails or is skipped as the check was."""

    def __init__(self, check: str, run: Callable[[], Report]) -> None:
        self.check = check
        self._run = run

    def __repr__(self) -> str:
        return self.check

    def __call__(self) -> CheckResult:
        """Make the run, unless it is made. Raises AssertionError; skips what could not be checked."""
        import pytest

        __tracebackhide__ = True
        report = self._run()
        result = next(result for result in report.checks if result.id == self.check)
        if result.status is Status.INCONCLUSIVE:
            pytest.skip(f"could not be checked: {result.message}")
        assert result.status is not Status.FAIL, told(result, report)  # noqa: S101 - which is what a test says
        return result


def one_test_per_check(verify: Callable[[], Report]) -> Any:
    """Return a mark that makes a test of each check; `verify` is called once, by the first of them that runs.

    >>> @one_test_per_check(lambda: verify_server("http://127.0.0.1:8455", "kie", api_key="demo-key"))
    >>> def test_the_server_keeps_its_contract(case):
    >>>     case()
    """
    import pytest

    made: list[Report] = []

    def run() -> Report:
        if not made:
            made.append(verify())
        return made[0]

    return pytest.mark.parametrize("case", [Case(name, run) for name in all_checks()], ids=list(all_checks()))


def told(result: CheckResult, report: Report) -> str:
    """Return what a failing check found, as a test tells it."""
    lines = [f"{result.id}: {result.why}"]
    for finding in result.findings:
        lines += _finding(finding)
    return "\n".join([*lines, f"the same run again: {report.replay}"])


def _finding(finding: Finding) -> list[str]:
    times = f" ({finding.count} times)" if finding.count > 1 else ""
    lines = [f"- {finding.operation or 'the server'}: {finding.message}{times}"]
    for name, text in (
        ("the contract says", finding.expected),
        ("there", finding.pointer),
        ("probably", finding.cause),
        ("what to do", finding.hint),
    ):
        lines += [f"    {name}: {text}"] if text else []
    for each in finding.evidence:
        lines += [f"    {each.curl or each.title}", *(f"      {line}" for line in each.received.splitlines()[:20])]
    return lines
