"""Verify the reference client over the socket: every provider, sync and async, with callbacks where there are any.

These are the default runs of `mockreel verify client`, one after the other, which takes about six minutes. Prints a row
for each. Exits 1 where a check fails, warns, or is not shown though the run has what it needs, or where a run takes
90 seconds or more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mockreel.verdict import CHECKS, acts_of
from mockreel_contracts import load, providers

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "docs" / "examples" / "verify"
URL = "http://127.0.0.1:{port}/hook"
MOST_S = 90.0
OF_CALLBACKS = {check.id for check in CHECKS if all(act.callbacks for act in acts_of(check.id))}


def main() -> int:
    """Make every run; returns 1 where one is not as it should be."""
    is_good = True
    print(f"{'provider':9} {'form':6} {'callbacks':9} scenarios  pass  warn  fail  not shown  score  seconds  load")
    for provider, form, takes in _runs():
        report = _verified(provider, form, takes=takes)
        statuses = [check["status"] for check in report["checks"]]
        not_shown = {check["id"] for check in report["checks"] if check["status"] == "inconclusive"}
        counts = "  ".join(f"{statuses.count(word):4}" for word in ("pass", "warn", "fail"))
        row = f"{provider:9} {form.lstrip('-') or 'sync':6} {'yes' if takes else 'no':9} {len(report['stories']):9}"
        last = f"{len(not_shown):9}  {report['score']:5}  {report['took_s']:7.1f}  {os.getloadavg()[0]:4.1f}"
        print(f"{row}  {counts}  {last}", flush=True)
        is_good &= {*statuses} <= {"pass", "inconclusive"} and not_shown == (set() if takes else OF_CALLBACKS)
        is_good &= report["took_s"] < MOST_S
    return 0 if is_good else 1


def _runs() -> Iterator[tuple[str, str, bool]]:
    for provider in providers():
        for takes in (False, True) if load(provider).callback is not None else (False,):
            for form in ("", "--async"):
                yield provider, form, takes


def _verified(provider: str, form: str, *, takes: bool) -> dict[str, Any]:
    """Return the report of a run."""
    told = ["--callback-url", URL] if takes else []
    client = [
        sys.executable,
        str(EXAMPLES / ("callbacks.py" if takes else "client.py")),
        provider,
        *filter(None, [form]),
    ]
    words = [
        sys.executable,
        "-m",
        "mockreel",
        "verify",
        "client",
        "--provider",
        provider,
        *told,
        "--json",
        "--",
        *client,
    ]
    done = subprocess.run(words, check=False, stdout=subprocess.PIPE, cwd=ROOT)  # noqa: S603 - our own command
    report: dict[str, Any] = json.loads(done.stdout)
    return report


if __name__ == "__main__":
    raise SystemExit(main())
