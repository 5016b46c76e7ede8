"""`mockreel scenarios`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from mockreel import faults, scenarios
from mockreel.cli import FINDINGS, GOOD, USAGE
from mockreel.cli.faults import indented
from mockreel.domain.faults.kind import ROLES, Flaw, near_misses
from mockreel.domain.faults.rule import Rule
from mockreel.domain.faults.wording import course, said
from mockreel.domain.scenario import Scenario
from mockreel.faults.folder import located
from mockreel_contracts import Contract, load, providers

_CASES = ("case", "late_case", "error")  # the effects that name an ErrorCase


def run(arguments: argparse.Namespace) -> int:
    """Run the action that was asked for."""
    return {"list": _list, "show": _show, "check": _check}[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> int:
    known = scenarios.shipped()
    if arguments.json:
        shown = {name: {"title": each.title, "note": each.note} for name, each in known.items()}
        print(json.dumps(shown, indent=2, ensure_ascii=False))
        return GOOD
    for name, each in known.items():
        print(name)
        print("\n".join(indented(each.title, 4)))
    return GOOD


def _show(arguments: argparse.Namespace) -> int:
    known = scenarios.shipped()
    scenario = known.get(arguments.name)
    if scenario is None:
        print(f"mockreel scenarios show: {near_misses('scenario', arguments.name, known)}", file=sys.stderr)
        return USAGE
    print(f"{scenario.name}.yaml\n")
    text = (Path(scenarios.__file__).parent / f"{scenario.name}.yaml").read_text("utf-8")
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
    print(f"  for all tasks         mockreel serve --scenario {scenario.name}")
    return GOOD


def _check(arguments: argparse.Namespace) -> int:
    contracts = [load(name) for name in providers()]
    errors = 0
    for folder in map(Path, arguments.folders):
        if not folder.is_dir() or not any(folder.glob("*.y*ml")):
            print(f"mockreel scenarios check: {folder} is not a folder that holds YAML files", file=sys.stderr)
            return USAGE
        found, problems = scenarios.examine(folder, faults.shipped())
        for name, each in found.items():
            problems += located(folder / f"{name}.yaml", list(_unknown(each, contracts)))
        errors += len(problems)
        for file in sorted({*(f"{name}.yaml" for name in found), *(problem.file for problem in problems)}):
            own = [problem for problem in problems if problem.file == file]
            count = f"{len(own)} error" + ("s" if len(own) > 1 else "")
            print(f"{folder / file}: {count if own else 'good'}")
            for problem in own:
                print(f"  {problem}")
    return FINDINGS if errors else GOOD


def _unknown(scenario: Scenario, contracts: list[Contract]) -> Iterator[Flaw]:
    """Return the names in a good scenario that no shipped contract has."""
    cases = {name: None for contract in contracts for name in contract.errors}
    if scenario.error is not None and not _is_case(scenario.error, contracts):
        yield Flaw("/error", near_misses("error case", scenario.error, cases))
    operations = {name: None for contract in contracts for name in contract.operations}
    for index, rule in enumerate(scenario.faults):
        on = rule.match.on
        if on is not None and on not in ROLES and on not in operations:
            text = near_misses("role or operation", on, dict.fromkeys((*ROLES, *operations)))
            yield Flaw(f"/faults/{index}/on", f"faults.{index} {text}")
        for word in _cases(rule):
            if not _is_case(word, contracts):
                yield Flaw(f"/faults/{index}", f"faults.{index} {near_misses('error case', word, cases)}")


def _cases(rule: Rule) -> list[str]:
    return [rule.effects[effect] for effect in _CASES if rule.effects.get(effect) is not None]


def _is_case(word: str, contracts: list[Contract]) -> bool:
    return any(contract.find_error(word) is not None for contract in contracts)
