"""`mockreel verify server`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Literal

from mockreel.cli import FINDINGS, GOOD, USAGE
from mockreel.conformance import coverage
from mockreel.conformance.bench import Unreachable
from mockreel.conformance.check import LAYERS, Check, all_checks
from mockreel.conformance.target import Target, TargetError
from mockreel.conformance.verify import chosen, target_of, verify
from mockreel.domain.given import credits_of
from mockreel.realtime import RealClock
from mockreel.report import as_json, baseline, redacted, terminal, writing
from mockreel.report.baseline import BaselineError
from mockreel.report.model import verdict_of
from mockreel.report.writing import CannotWriteReport
from mockreel_contracts import ContractError, providers

NAME = "mockreel verify server"
_CODES = {"pass": GOOD, "fail": FINDINGS, "inconclusive": USAGE}


def run(arguments: argparse.Namespace) -> int:
    """Verify a server; 0 where nothing is wrong, 1 for findings, 2 where nothing could be told."""
    try:
        if arguments.list_checks:
            return _list()
        if arguments.explain:
            return _explain(*chosen([arguments.explain]))
        return _verify(arguments)
    except (TargetError, ContractError, Unreachable, BaselineError, CannotWriteReport) as error:
        print(f"{NAME}: {error}", file=sys.stderr)
        return USAGE


def _verify(arguments: argparse.Namespace) -> int:
    if arguments.url is None or arguments.provider is None:
        raise TargetError("give the base URL and --provider NAME; --help has examples")
    forms = _forms(arguments.format)
    if arguments.fail_under is not None and not 0 <= arguments.fail_under <= 100:
        raise TargetError(f"--fail-under is a percentage from 0 to 100, got {arguments.fail_under:g}")
    earlier = _read(arguments.baseline) if arguments.baseline else None
    wanted = chosen(arguments.check or ())
    target = _target(arguments)
    if earlier is not None:
        baseline.check(earlier, kind="server", provider=arguments.provider, file=arguments.baseline)
    if arguments.report_dir is not None:
        writing.prepare(arguments.report_dir)
    is_quiet = arguments.json or arguments.quiet
    report = redacted(verify(target, wanted, tell=_nothing if is_quiet else _Progress()), _secrets(target))
    if earlier is not None:
        report = baseline.apply(report, earlier, file=arguments.baseline)
    if arguments.fail_under is not None:
        results = (*report.checks, coverage.gate(report.coverage, arguments.fail_under))
        report = replace(report, checks=results, verdict=verdict_of(results))
    written: tuple[Path, ...] = ()
    if arguments.report_dir is not None:
        written = writing.write(report, arguments.report_dir, forms, contracts=arguments.contracts)
    if arguments.json:
        print(as_json.render(report))
    elif arguments.quiet:
        print(report.verdict)
    else:
        terminal.show(replace(report, coverage=()) if arguments.check else report)
        for path in written:
            print(f"wrote {path}")
    return _CODES[report.verdict]


def _target(arguments: argparse.Namespace) -> Target:
    if arguments.contracts and not providers(Path(arguments.contracts)):
        raise TargetError(f"there are no contracts in {arguments.contracts}; name a folder of contract folders")
    return target_of(
        arguments.url,
        arguments.provider,
        api_key=arguments.api_key,
        other_key=arguments.other_key,
        wrong_key=arguments.wrong_key,
        models=tuple(arguments.model or ()),
        budget=_budget(arguments.budget),
        seed=arguments.seed,
        max_time_s=arguments.max_time,
        control=arguments.control,
        control_token=arguments.control_token,
        callback_host=arguments.callback_host,
        callback_secret=arguments.callback_secret,
        profile=arguments.profile,
        contracts=arguments.contracts,
    )


def _budget(text: str | None) -> Decimal | Literal["unlimited"] | None:
    if text is None or text == "unlimited":
        return "unlimited" if text else None
    try:
        return credits_of(text)
    except ValueError as error:
        raise TargetError(f"--budget: {error}") from None


def _forms(text: str) -> tuple[str, ...]:
    forms = tuple(form.strip() for form in text.split(",") if form.strip())
    unknown = [form for form in forms if form not in writing.FILES]
    if unknown:
        raise TargetError(f"--format is some of {', '.join(writing.FILES)}, got {', '.join(unknown)}")
    return forms


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise TargetError(f"--baseline {path} cannot be read: {why}; it is the report.json of an earlier run") from None


def _secrets(target: Target) -> list[str]:
    """Return what no report may hold."""
    held = [target.own_key, target.other_key, target.wrong_key, target.callback_secret, target.control_token]
    return [secret for secret in held if secret]


class _Progress:
    """A line for each probe when it begins, with the seconds since the run began, to standard error."""

    def __init__(self) -> None:
        self._began_ms = RealClock().now_ms()

    def __call__(self, line: str) -> None:
        print(f"{(RealClock().now_ms() - self._began_ms) / 1000:5.1f} s  {line}", file=sys.stderr, flush=True)


def _nothing(_line: str) -> None:
    """Say nothing."""


def _list() -> int:
    layer = ""
    for check in all_checks().values():
        if check.layer != layer:
            print("\n" if layer else "", end="")
            layer = check.layer
            print(f"{layer}: {LAYERS[layer]}\n")
        print(f"  {check.id}\n    {check.why}")
    print(f"\n{NAME} --explain CHECK tells more.")
    return GOOD


def _explain(check: Check) -> int:
    print(f"{check.id}  ({check.layer})\n\n{check.why}\n")
    print(f"It rests on {check.pointer} in the provider's contract.")
    if check.look.__doc__:
        print(f"It holds where: {check.look.__doc__.strip()}")
    if check.probes:
        print(f"It looks at what these probes send: {', '.join(check.probes)}.")
    if check.role:
        print(f"It is about the {check.role} operation, which not every contract has.")
    print(f"Where it cannot be made: {check.needs}.")
    return GOOD
