"""`mockreel contracts`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from mockreel.cli import FINDINGS, GOOD, USAGE, counted
from mockreel_contracts import Contract, ContractError, Model, load, providers
from mockreel_contracts.examples import examples_of
from mockreel_contracts.loader import SHIPPED, examine, read


def run(arguments: argparse.Namespace) -> int:
    """Run the action that was asked for."""
    if arguments.action == "diff":
        from mockreel.cli import contracts_diff

        return contracts_diff.run(arguments)
    try:
        return {"list": _list, "show": _show, "check": _check, "openapi": _openapi}[arguments.action](arguments)
    except ContractError as error:
        print(f"mockreel contracts: {error}", file=sys.stderr)
        return FINDINGS


def _root(arguments: argparse.Namespace) -> Path | None:
    return Path(arguments.contracts) if arguments.contracts else None


def _list(arguments: argparse.Namespace) -> int:
    contracts = [load(name, root=_root(arguments)) for name in providers(_root(arguments))]
    if arguments.json:
        print(json.dumps({c.provider: {"profiles": c.profiles, "models": list(c.models)} for c in contracts}, indent=2))
        return GOOD
    if not contracts:
        print(f"no contract folders in {arguments.contracts or SHIPPED}", file=sys.stderr)
        return FINDINGS
    for contract in contracts:
        print(f"{contract.provider}  {contract.title}  (profiles: {', '.join(contract.profiles)})")
        for name in contract.models:
            print(f"    {name or '(its one model has no name)'}")
    return GOOD


def _show(arguments: argparse.Namespace) -> int:
    contract = load(arguments.provider, profile=arguments.profile, root=_root(arguments))
    if arguments.model is None:
        _show_contract(contract)
        return GOOD
    model = contract.models.get(arguments.model)
    if model is None:
        known = ", ".join(contract.models)
        print(
            f"mockreel contracts show: no model {arguments.model!r}; {contract.provider} has {known}", file=sys.stderr
        )
        return USAGE
    _show_model(contract, model)
    return GOOD


def _show_contract(contract: Contract) -> None:
    print(f"{contract.title} ({contract.provider}, profile {contract.profile})  {contract.base_url}\n")
    _table(
        "operations",
        ["role", "request", "operationId"],
        [[o.role, f"{o.method} {o.path}", o.id] for o in contract.operations.values()],
    )
    states = contract.lifecycle.states.values()
    _table(
        "states",
        ["state", "phase", "next", "seconds"],
        [[s.wire, s.phase, ", ".join(s.next), _seconds(s.duration_ms)] for s in states],
    )
    errors = [
        [e.id, str(e.status), str(e.code), e.reason, "yes" if e.retryable else "no", e.confidence]
        for e in contract.errors.values()
    ]
    _table("errors", ["case", "HTTP", "code", "reason", "retry", "confidence"], errors)
    _table(
        "models (--model shows input and prices)",
        ["model", "file"],
        [[m.name, m.file] for m in contract.models.values()],
    )
    _table(
        "decisions", ["id", "resolution"], [[d["id"], d["resolution"]] for d in contract.behavior.get("decisions", ())]
    )


def _show_model(contract: Contract, model: Model) -> None:
    print(f"{model.name}  ({contract.provider}/{model.file})\n")
    rows = []
    for price in model.prices or contract.credits.prices:
        if any(model.facts.get(name, value) != value for name, value in price.rule.when.items() if name != "model"):
            continue  # a row for other models
        when = ", ".join(f"{key} {value}" for key, value in price.rule.when.items()) or "otherwise"
        rows.append([when, f"{price.credits:f}" + (" a second" if price.is_per_second else "")])
    _table("credits", ["when", "credits"], rows)
    _table("durations", ["state", "seconds"], [[state, _seconds(span)] for state, span in model.duration_ms.items()])
    schema = contract.openapi.get("components", {}).get("schemas", {}).get(Path(model.file).stem, model.schema.source)
    print("request body (JSON Schema)")
    print(json.dumps(schema, indent=2, ensure_ascii=False))


def _check(arguments: argparse.Namespace) -> int:
    base = Path(arguments.folder) if arguments.folder else SHIPPED
    if not base.is_dir():
        print(f"mockreel contracts check: {base} is not a folder", file=sys.stderr)
        return USAGE
    is_single = any((base / name).exists() for name in ("behavior.yaml", "openapi.yaml"))
    folders = [base] if is_single else sorted(p.parent for p in base.glob("*/behavior.yaml"))
    if not folders:
        print(f"mockreel contracts check: {base} holds no behavior.yaml, nor does any folder in it", file=sys.stderr)
        return USAGE
    errors = 0
    for folder in folders:
        problems = _problems(folder)
        count = sum(problem.severity == "error" for problem in problems)
        errors += count
        found = f"{counted(count, 'error')}, {counted(len(problems) - count, 'warning')}"
        print(f"{folder}: {found if problems else 'good'}")
        for problem in problems:
            print(f"  {problem}")
    return FINDINGS if errors else GOOD


def _problems(folder: Path) -> list[Any]:
    """Return the problems of every profile of a folder, each once."""
    files = read(folder)
    contract, problems = examine(files)
    found = dict.fromkeys(problems)
    for profile in contract.profiles if contract is not None else ():
        found.update(dict.fromkeys(examine(files, profile=profile)[1]))
    home = folder.resolve()
    try:
        examples_of(home.name, root=home.parent)
    except ContractError as error:
        found.update(dict.fromkeys(error.problems))
    return list(found)


def _openapi(arguments: argparse.Namespace) -> int:
    contract = load(arguments.provider, profile=arguments.profile, root=_root(arguments))
    print(json.dumps(contract.openapi, indent=2, ensure_ascii=False))
    return GOOD


def _seconds(span: tuple[int, int]) -> str:
    return f"{span[0] / 1000:g} to {span[1] / 1000:g}" if span[1] else ""


def _table(title: str, heads: list[str], rows: list[list[str]]) -> None:
    if not rows:
        return
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    print(title)
    for row in [heads, *rows]:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print()
