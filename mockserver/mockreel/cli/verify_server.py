"""`mockreel verify server`."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal

from mockreel.cli import FINDINGS, GOOD, USAGE
from mockreel.conformance import coverage
from mockreel.conformance.bench import Unreachable
from mockreel.conformance.check import checks
from mockreel.conformance.target import Target, TargetError
from mockreel.conformance.verify import chosen, target_of, verify
from mockreel.report import Report
from mockreel_contracts import ContractError

NAME = "mockreel verify server"


def run(arguments: argparse.Namespace) -> int:
    """Verify a server; 0 where nothing is wrong, 1 for findings, 2 where nothing could be told."""
    try:
        if arguments.list_checks:
            return _list()
        if arguments.explain:
            return _explain(arguments.explain)
        return _verify(arguments)
    except (TargetError, ContractError, Unreachable) as error:
        print(f"{NAME}: {error}", file=sys.stderr)
        return USAGE


def _verify(arguments: argparse.Namespace) -> int:
    if arguments.url is None or arguments.provider is None:
        raise TargetError("give the base URL and --provider NAME; --help has examples")
    forms = _forms(arguments.format)
    wanted = chosen(arguments.check or ())
    target = _target(arguments)
    report = verify(target, wanted, tell=_quiet if arguments.json or arguments.quiet else _tell)
    return _told(arguments, target, report, forms)


def _target(arguments: argparse.Namespace) -> Target:
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
