"""`mockreel faults`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from mockreel import faults
from mockreel.cli import GOOD, USAGE
from mockreel.domain.faults.effects import ACTS_ON
from mockreel.domain.faults.kind import FaultKind, near_misses
from mockreel.domain.faults.wording import POINTS, bounds

WIDTH = 80


def run(arguments: argparse.Namespace) -> int:
    """Run the action that was asked for."""
    return {"list": _list, "show": _show}[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> int:
    kinds = {n: kind for n, kind in faults.shipped().items() if arguments.point in (None, kind.point)}
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


def _show(arguments: argparse.Namespace) -> int:
    kind = faults.shipped().get(arguments.name)
    if kind is None:
        problem = near_misses("fault", arguments.name, faults.shipped())
        print(f"mockreel faults show: {problem}", file=sys.stderr)
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
    print(f"  armed          mock.add_fault({', '.join([repr(kind.name), *_options(kind)])})")
    print("  over HTTP      POST /_mock/faults")
    print(f"                 {json.dumps({'faults': [{'fault': kind.name, 'times': 1}]})}")
    print(f"  in a scenario  faults: [{{fault: {kind.name}}}]")
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
    if kind.on is not None:
        return f"It is met by {kind.on} calls, unless a rule says another: {', '.join(sorted(ACTS_ON[kind.point]))}."
    return f"It is met by every call, unless a rule says one of {', '.join(sorted(ACTS_ON[kind.point]))}."


def _options(kind: FaultKind) -> list[str]:
    said = dict(part.strip().split("=", 1) for part in kind.example.split(";")[1:])
    return [f"{name}={_literal(kind, name, value)}" for name, value in said.items()] + ["times=1"]


def _literal(kind: FaultKind, name: str, value: str) -> str:
    return repr(kind.fields[name].take(value))


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return json.dumps(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
