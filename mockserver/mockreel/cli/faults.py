"""`mockreel faults`."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from textwrap import wrap
from typing import Any

import yaml

from mockreel import faults
from mockreel.cli import FINDINGS, GOOD, USAGE
from mockreel.domain.faults.effects import ACTS_ON
from mockreel.domain.faults.kind import FaultError, FaultKind, near_misses
from mockreel.domain.faults.wording import POINTS, bounds
from mockreel.faults.folder import unusable, vocabulary
from mockreel_contracts import Contract, ContractError

WIDTH = 80
URL = "http://127.0.0.1:8455/_mock/faults"


def run(arguments: argparse.Namespace) -> int:
    """Run the action that was asked for."""
    try:
        kinds = known(arguments.faults, words(arguments, arguments.faults))
    except (FaultError, ContractError) as error:
        return refused(f"mockreel faults {arguments.action}", error, arguments.faults)
    return {"list": _list, "show": _show}[arguments.action](arguments, kinds)


def known(folder: str | None, contracts: Sequence[Contract]) -> Mapping[str, FaultKind]:
    """Return the shipped faults and those of a folder, which count more. Raises FaultError with every problem."""
    return faults.shipped() if folder is None else {**faults.shipped(), **faults.load(Path(folder), contracts)}


def words(arguments: argparse.Namespace, *folders: str | None) -> list[Contract]:
    """Return the contracts whose words the files of `folders` may use, if there are any. Raises ContractError."""
    root = Path(arguments.contracts) if arguments.contracts is not None else None
    return vocabulary(root=root) if any(folder is not None for folder in folders) else []


def refused(command: str, error: Exception, *folders: str | None) -> int:
    """Say what is wrong with folders, and return the exit code: 2 where one of them cannot be read at all."""
    print(f"{command}: {error}", file=sys.stderr)
    return USAGE if any(unusable(Path(folder)) for folder in folders if folder is not None) else FINDINGS


def _list(arguments: argparse.Namespace, kinds: Mapping[str, FaultKind]) -> int:
    kinds = {name: kind for name, kind in kinds.items() if arguments.point in (None, kind.point)}
    if arguments.json:
        print(json.dumps({name: kind.as_json() for name, kind in kinds.items()}, indent=2, ensure_ascii=False))
        return GOOD
    for point, text in POINTS.items():
        found = [kind for kind in kinds.values() if kind.point == point]
        if not found:
            continue
        print(f"{point}: {text}")
        for kind in found:
            print(f"\n  {kind.name}{'  (breaks every contract)' if kind.breaks_contract else ''}")
            print("\n".join(indented(kind.title, 4)))
            for line in fields(kind):
                print("\n".join(indented(line, 6, hanging=2)))
            print(f"      {kind.example}")
        print()
    print("mockreel faults show NAME tells more.")
    return GOOD


def _show(arguments: argparse.Namespace, kinds: Mapping[str, FaultKind]) -> int:
    kind = kinds.get(arguments.name)
    if kind is None:
        print(f"mockreel faults show: {near_misses('fault', arguments.name, kinds)}", file=sys.stderr)
        return USAGE
    print(f"{kind.name}\n")
    print("\n".join(indented(kind.title, 2)))
    for note in (kind.note, "No contract allows such an answer." if kind.breaks_contract else ""):
        if note:
            print("\n".join(indented(note, 2)))
    if kind.fields:
        print("\nfields")
        for name, field in kind.fields.items():
            print("\n".join(indented(f"{name}: {field.text}", 2, hanging=4)))
            print("\n".join(indented(f"{bounds(field)}; default {_shown(field.default)}", 4)))
    print(f"\nacts on {POINTS[kind.point]}")
    print("\n".join(indented(_when(kind), 2)))
    print("\nask for it")
    print(f"  on one call    {kind.example}")
    chosen = _chosen(kind)
    options = [f"{name}={value!r}" for name, value in {**chosen, "times": 1}.items()]
    print(f"  armed          mock.add_fault({', '.join([repr(kind.name), *options])})")
    print(f"  over HTTP      curl -s {URL} -H 'Content-Type: application/json' \\")
    print(f"    -d {shlex.quote(json.dumps({'faults': [{'fault': kind.name, **chosen, 'times': 1}]}))}")
    item = yaml.safe_dump([{"fault": kind.name, **chosen}], default_flow_style=True, sort_keys=False, width=10_000)
    print(f"  in a scenario  faults: {item.strip()}")
    return GOOD


def fields(kind: FaultKind) -> Iterator[str]:
    """Return the fields of a fault, a line each."""
    for name, field in kind.fields.items():
        yield f"{name}={_shown(field.default)} ({bounds(field)})"


def indented(text: str, by: int, *, hanging: int = 0) -> list[str]:
    """Return text in lines that a terminal shows whole."""
    return wrap(text, WIDTH, initial_indent=" " * by, subsequent_indent=" " * (by + hanging), break_long_words=False)


def _when(kind: FaultKind) -> str:
    if kind.on is not None and ACTS_ON[kind.point] == {"submit"}:
        return "It is met by the call that makes a task, and stays with the task."
    if kind.point == "result":
        return "It is met by downloads; asked for on the call that makes a task, by all downloads of its result."
    calls = f"{kind.on} calls" if kind.on is not None else "every call"
    others = ", ".join(sorted(ACTS_ON[kind.point] - {kind.on}))
    return f"It is met by {calls}; in a rule `on` may be one of {others}."


def _chosen(kind: FaultKind) -> dict[str, Any]:
    """Return the values that the example of a fault gives to its fields."""
    chosen = {}
    for part in kind.example.split(";")[1:]:
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name in kind.fields:
            with suppress(FaultError):
                chosen[name] = kind.fields[name].take(value)
    return chosen


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return json.dumps(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
