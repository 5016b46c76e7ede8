"""Run the known-bad servers through plain `schemathesis run` and through ours; write docs/reference/broken-servers.md.

It takes half an hour; `--cache FILE` keeps each result, and a second run goes on where the first was stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mockreel.conformance.broken import Broken, BrokenServer, fitting
from mockreel.conformance.broken.examine import examine
from mockreel.conformance.broken.turns import with_key
from mockreel.conformance.broken.visit import Visit
from mockreel.domain.messages import Request
from mockreel.report import Status
from mockreel_contracts import Contract, load, providers

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "broken-servers.md"
CONFIG = ROOT / "tests" / "schemathesis" / "schemathesis.toml"
SEED = 1
EXAMPLES = 50
SPEED = 100.0
KEY = "fuzz-key"
TIMEOUT_S = 300
OFF, ON = "ignored_auth.enabled = false", "ignored_auth.enabled = true"

Row = dict[str, Any]


def main() -> int:
    """Make the runs that are missing, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "mockreel-broken-table.json")
    parser.add_argument("--only", nargs="*", help="names of known-bad servers; the page is not written")
    arguments = parser.parse_args()
    contract = max((load(name) for name in providers()), key=lambda each: len(each.operations))
    cache: dict[str, Row] = json.loads(arguments.cache.read_text("utf-8")) if arguments.cache.is_file() else {}
    wanted = [each for each in fitting(contract) if not arguments.only or each.name in arguments.only]
    for broken in (None, *wanted):
        name = broken.name if broken is not None else ""
        if cache.get(name, {}).get("of") != _fingerprint(broken):
            cache[name] = {"of": _fingerprint(broken), **plain(contract, broken)}
            arguments.cache.write_text(json.dumps(cache, indent=1), "utf-8")
            print(f"{name or 'no fault'}: {cache[name]['found'] or 'nothing'}", flush=True)
    if arguments.only:
        return 0
    if cache[""]["found"]:
        print(f"the correct server is accused: {cache['']['found']}", file=sys.stderr)
        return 1
    PAGE.write_text("\n".join(page(contract, wanted, cache)), "utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


def plain(contract: Contract, broken: Broken | None) -> Row:
    """Run Schemathesis once; returns what it found, by the titles of its failures, and how many cases it sent."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "openapi.json").write_text(json.dumps(contract.openapi), "utf-8")
        config = CONFIG.read_text("utf-8")
        if OFF not in config:
            raise SystemExit(f"{CONFIG} has no line {OFF!r} any more")
        (folder / "schemathesis.toml").write_text(config.replace(OFF, ON), "utf-8")
        faults = (ONE_KEY, broken) if broken is not None else (ONE_KEY,)
        server = BrokenServer(contract, *faults, seed=SEED, clock="real", speed=SPEED, errors="http", credits=None)
        with server.serve() as url:
            scheme = contract.auth.schemes[-1].capitalize()
            command = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run"]
            command += ["openapi.json", "--url", url, "-H", f"{contract.auth.header.title()}: {scheme} {KEY}"]
            command += ["--seed", str(SEED), "--max-examples", str(EXAMPLES), "--no-color", "--no-shrink"]
            ran = subprocess.run(
                [*command, "--report", "json", "--report-json-path", "report.json"],
                capture_output=True,
                text=True,
                check=False,
                timeout=TIMEOUT_S,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        server.close()
        report = folder / "report.json"
        if not report.is_file():
            raise SystemExit(f"schemathesis made no report: {ran.stdout[-2000:]}{ran.stderr[-2000:]}")
        told = json.loads(report.read_text("utf-8"))
    found = [failure["title"] for failure in told["failures"]]
    found += [f"error: {error.get('title', error)}" for error in told["errors"]]
    return {"found": list(dict.fromkeys(found)), "cases": told["test_cases"]["generated"]}


def ours(contract: Contract, broken: Broken) -> list[str]:
    """Return the checks that find a known-bad server, the one that is meant for it first."""
    results = examine(contract, broken, models=list(contract.models)[:1])
    found = [result.id for result in results if result.status is Status.FAIL]
    return sorted(found, key=lambda name: name != broken.caught_by)


def page(contract: Contract, wanted: list[Broken], cache: Mapping[str, Row]) -> Iterator[str]:
    """Give the lines of the page."""
    rows = []
    named = seen = 0
    for broken in wanted:
        by_us, by_them = ours(contract, broken), cache[broken.name]["found"]
        named += broken.caught_by in by_us
        seen += bool(by_them)
        check = f"`{broken.caught_by}`" if broken.caught_by in by_us else "**not found**"
        rows.append(f"| `{broken.name}` | {broken.breaks} | {check} | {', '.join(by_them) if by_them else '-'} |")
    cases = sorted(cache[broken.name]["cases"] for broken in wanted)
    yield "<!-- Generated by scripts/make_broken_table.py. Do not edit. -->"
    yield ""
    yield "# Known-bad servers"
    yield ""
    yield f"{len(wanted)} ways in which a server can break its contract, each built into a mock of {contract.title}. The"
    yield f"checks of [`mockreel verify server`](../guides/verify-a-server.md) find {named} of them and name the cause;"
    yield f"`schemathesis run` of the contract's OpenAPI document finds that something is wrong with {seen}. A dash: it"
    yield "found nothing. Neither accuses the mock without a fault."
    yield ""
    yield "The two do different things: Schemathesis knows only the OpenAPI document, in which nothing stands of states,"
    yield "money, callbacks, or of who may see what. Where it names something, that is often something else than the"
    yield "cause."
    yield ""
    yield "How it was run:"
    yield ""
    yield f"- Schemathesis {version('schemathesis')} with Hypothesis {version('hypothesis')} on Python"
    yield f"  {platform.python_version()}: `schemathesis run openapi.json --url URL -H 'Authorization: … KEY' --seed {SEED}"
    yield f"  --max-examples {EXAMPLES} --no-shrink`, all its checks and phases as they are by default, a run for each server,"
    yield f"  {cases[0]} to {cases[-1]} test cases each. Its configuration is that of `tests/schemathesis/schemathesis.toml`:"
    yield "  statuses that a valid request may get by the contract, and no generated inline images."
    yield f"- The mock was served on loopback with the real clock at speed {SPEED:g}, with error codes as HTTP statuses,"
    yield "  unlimited credits, and one API key, all others being refused, so that Schemathesis could see all that it can."
    yield "- Ours were run in-process on a manual clock, with one model and the contract's profile `documented`."
    yield ""
    yield "| server | what is wrong | our check | Schemathesis |"
    yield "| --- | --- | --- | --- |"
    yield from rows
    yield ""


def _others_refused(visit: Visit, request: Request) -> Request:
    return request if visit.key in (KEY, "") else with_key(visit.contract, request, "mock-unauthorized")


ONE_KEY = Broken("one_key", "no fault: all API keys but one are refused", "", hear=_others_refused)


def _fingerprint(broken: Broken | None) -> str:
    return f"{version('schemathesis')} {SEED} {EXAMPLES} {broken.breaks if broken is not None else ''}"


if __name__ == "__main__":
    sys.exit(main())
