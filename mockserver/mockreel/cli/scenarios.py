"""`mockreel scenarios`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import indent

from mockreel import scenarios
from mockreel.cli import FINDINGS, GOOD, USAGE, counted
from mockreel.cli.faults import indented, known, refused, words
from mockreel.domain.faults.kind import FaultError, FaultKind, near_misses
from mockreel.domain.faults.wording import course, said
from mockreel.domain.scenario import Scenario, ScenarioError
from mockreel.faults.folder import told, unusable
from mockreel_contracts import Contract, ContractError

Kinds = Mapping[str, FaultKind]
Contracts = Sequence[Contract]


def run(arguments: argparse.Namespace) -> int:
    """Run the action that was asked for."""
    folders = [arguments.faults, getattr(arguments, "scenarios", None)]
    try:
        contracts = words(arguments, *folders, *getattr(arguments, "folders", ()))
        kinds = known(arguments.faults, contracts)
        return {"list": _list, "show": _show, "check": _check}[arguments.action](arguments, kinds, contracts)
    except (FaultError, ScenarioError, ContractError) as error:
        return refused(f"mockreel scenarios {arguments.action}", error, *folders)


def _list(arguments: argparse.Namespace, kinds: Kinds, contracts: Contracts) -> int:
    found = {**scenarios.shipped(), **_own(arguments, kinds, contracts)}
    if arguments.json:
        shown = {name: {"title": each.title, "note": each.note} for name, each in found.items()}
        print(json.dumps(shown, indent=2, ensure_ascii=False))
        return GOOD
    for name, each in found.items():
        print(name)
        print("\n".join(indented(each.title, 4)))
    return GOOD


def _show(arguments: argparse.Namespace, kinds: Kinds, contracts: Contracts) -> int:
    own = _own(arguments, kinds, contracts)
    found = {**scenarios.shipped(), **own}
    scenario = found.get(arguments.name)
    if scenario is None:
        print(f"mockreel scenarios show: {near_misses('scenario', arguments.name, found)}", file=sys.stderr)
        return USAGE
    print(f"{scenario.name}.yaml\n")
    folder = Path(arguments.scenarios) if scenario.name in own else Path(scenarios.__file__).parent
    text = (folder / f"{scenario.name}.yaml").read_text("utf-8")
    print("\n".join(f"  {line}" for line in text.splitlines()))
    print("\nin words")
    for sentence in (*course(scenario), *(f"- {said(rule)}" for rule in scenario.faults)):
        print("\n".join(indented(sentence, 2, hanging=2)))
    if scenario.note:
        print("\nwhat to do")
        print("\n".join(indented(scenario.note, 2)))
    print("\nchoose it")
    print(f"  header of the create  X-Mock-Scenario: {scenario.name}")
    print(f"  anywhere in a prompt  [[mock:{scenario.name}]]")
    folders = f" --scenarios {folder}" if scenario.name in own else ""
    print(f"  for all tasks         mockreel serve --scenario {scenario.name}{folders}")
    return GOOD


def _own(arguments: argparse.Namespace, kinds: Kinds, contracts: Contracts) -> Mapping[str, Scenario]:
    """Return the scenarios of the user's folder. Raises ScenarioError with every problem."""
    folder = arguments.scenarios
    return scenarios.load(Path(folder), kinds, contracts) if folder is not None else {}


def _check(arguments: argparse.Namespace, kinds: Kinds, contracts: Contracts) -> int:
    folders = list(map(Path, arguments.folders))
    reasons = [f"{folder} {reason}" for folder in folders if (reason := unusable(folder))]
    if reasons:
        print("\n".join(f"mockreel scenarios check: {reason}" for reason in reasons), file=sys.stderr)
        return USAGE
    errors = 0
    for folder in folders:
        found, problems = scenarios.examine(folder, kinds, contracts)
        errors += len(problems)
        for file in sorted({*(f"{name}.yaml" for name in found), *(problem.file for problem in problems)}):
            own = [problem for problem in problems if problem.file == file]
            print(f"{folder / file}: {counted(len(own), 'error') if own else 'good'}")
            if own:
                print(indent(told(own), "  "))
    return FINDINGS if errors else GOOD
