"""`mockreel contracts diff`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mockreel.cli import FINDINGS, GOOD, USAGE, counted
from mockreel.report.text import shown
from mockreel_contracts import ContractError
from mockreel_contracts.diff import Breaks, Change, Effect, Side, Where, compare, notes, sides, worst

AUDIENCES = ("callers", "servers")
Changes = list[tuple[str, Change]]
"""What changed, each with its provider where several are compared, else an empty name."""


def run(arguments: argparse.Namespace) -> int:
    """Compare A and B, print what changed, and return 1 where it breaks somebody that counts."""
    profiles = arguments.profile, arguments.profile_b or arguments.profile
    try:
        pair = [
            sides(name, profile=profile) for name, profile in zip((arguments.a, arguments.b), profiles, strict=True)
        ]
    except ContractError as error:
        print(f"mockreel contracts diff: {shown(str(error))}", file=sys.stderr)
        return USAGE
    olds, news = pair
    if ("" in olds) != ("" in news):
        which = "A" if "" not in olds else "B"
        text = f"{which} is a folder of several contracts and the other is not; compare with {which}/NAME"
        print(f"mockreel contracts diff: {text}", file=sys.stderr)
        return USAGE
    changes = list(_changes(olds, news))
    told = [note for name in olds if name in news for note in _notes(name, olds[name], news[name])]
    chosen = [pair for pair in changes if arguments.all or pair[1].kind == "behavior"]
    if arguments.json:
        print(json.dumps(_report(arguments, profiles, chosen, changes, told), indent=2, ensure_ascii=False))
    else:
        _show(chosen, told, len(changes) - len(chosen))
    return FINDINGS if _fails(changes, arguments.fail_on, arguments.allow_unknown) else GOOD


def _changes(olds: dict[str, Side], news: dict[str, Side]) -> Iterator[tuple[str, Change]]:
    for name in dict.fromkeys((*olds, *news)):
        if name in olds and name in news:
            yield from ((name, change) for change in compare(olds[name], news[name]))
        elif name in olds:
            breaks = Breaks(
                Effect("breaking", "callers of it have nobody to call"), Effect("safe", "nobody asks for it any more")
            )
            yield name, Change("provider", f"the contract of {name} is gone", _home(olds[name]), None, breaks)
        else:
            new = Effect("safe", "nobody knew it before")
            yield name, Change("provider", f"the contract of {name} is new", None, _home(news[name]), Breaks(new, new))


def _home(side: Side) -> Where:
    return Where(f"{side.main}#", side.paths[side.main].as_posix(), 1)


def _notes(name: str, a: Side, b: Side) -> list[str]:
    return [f"{name}: {note}" if name else note for note in notes(a, b)]


def _fails(changes: Changes, fail_on: str, allow_unknown: bool) -> bool:
    asked = {"any": AUDIENCES, "none": ()}.get(fail_on, (fail_on,))
    bad = {"breaking"} if allow_unknown else {"breaking", "unknown"}
    return any(getattr(change.breaks, who).verdict in bad for _, change in changes for who in asked)


def _verdict(changes: Changes, who: str) -> str:
    return worst(getattr(change.breaks, who).verdict for _, change in changes)


def _show(changes: Changes, told: Sequence[str], hidden: int) -> None:
    for note in told:
        print(shown(f"note: {note}"))
    width = len("breaking")
    group = None
    for provider, change in changes:
        part = f"{provider}: {change.part}" if provider else change.part
        if part != group:
            print(shown(f"{'' if group is None else chr(10)}{part}"))
            print(f"  {'callers'.ljust(width)}  {'servers'.ljust(width)}  change")
            group = part
        breaks = change.breaks
        text = shown(change.text)
        print(f"  {breaks.callers.verdict.ljust(width)}  {breaks.servers.verdict.ljust(width)}  {text}")
        margin = " " * (2 * width + 6)
        for text in _details(change):
            print(f"{margin}{shown(text)}")
    if changes:
        print()
    print(_summary(changes, hidden))


def _details(change: Change) -> Iterator[str]:
    yield f"A {_placed(change.a)}, B {_placed(change.b)}"
    reasons = {who: getattr(change.breaks, who).why for who in AUDIENCES}
    if reasons["callers"] == reasons["servers"]:
        yield reasons["callers"]
    else:
        yield from (f"{who}: {why}" for who, why in reasons.items())
    if change.also:
        yield f"also: {', '.join(change.also)}"


def _placed(where: Where | None) -> str:
    if where is None:
        return "has it not"
    path = Path(where.path)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return f"{path.as_posix()}:{where.line}" if where.path and where.line else where.pointer


def _summary(changes: Changes, hidden: int) -> str:
    texts = f" ({counted(hidden, 'change')} of texts: --all)" if hidden else ""
    if not changes:
        return f"no change of behavior{texts}"
    parts = [counted(len(changes), "change")]
    for who in AUDIENCES:
        verdicts = [getattr(change.breaks, who).verdict for _, change in changes]
        parts.append(f"{who}: {verdicts.count('breaking')} breaking, {verdicts.count('unknown')} unknown")
    return "; ".join(parts) + texts


def _report(
    arguments: argparse.Namespace, profiles: tuple[str, str], shown: Changes, changes: Changes, told: Sequence[str]
) -> dict[str, Any]:
    return {
        "a": {"name": arguments.a, "profile": profiles[0]},
        "b": {"name": arguments.b, "profile": profiles[1]},
        "verdict": {who: _verdict(changes, who) for who in AUDIENCES},
        "notes": list(told),
        "changes": [
            {
                "provider": provider,
                "part": change.part,
                "also": list(change.also),
                "kind": change.kind,
                "change": change.text,
                "a": _located(change.a),
                "b": _located(change.b),
                "breaks": {
                    who: {"verdict": getattr(change.breaks, who).verdict, "why": getattr(change.breaks, who).why}
                    for who in AUDIENCES
                },
            }
            for provider, change in shown
        ],
    }


def _located(where: Where | None) -> dict[str, Any] | None:
    return None if where is None else {"pointer": where.pointer, "file": where.path, "line": where.line}
