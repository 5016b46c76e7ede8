"""Callbacks that all fall due within a minute, delivered to a receiver that does nothing but answer."""

from __future__ import annotations

import sys

import pytest

from mockreel_contracts import load
from tests.benchmarks import report
from tests.benchmarks.processes import CHILDREN, child, server
from tests.benchmarks.subjects import PROVIDERS

TASKS = 50_000


def _field(provider: str) -> str:
    """Return the field of a create body that takes the callback URL."""
    operations = load(provider).behavior["operations"].values()
    return next((str(o["reads"]["callback_url"]) for o in operations if "callback_url" in o.get("reads", {})), "")


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if load(name).callback is not None])
def test_callbacks_against_a_bare_loop_of_the_same_client(provider: str) -> None:
    """The bare loop posts a body of 600 bytes over 64 connections, from the same process, in the same rounds."""
    with server([sys.executable, str(CHILDREN / "receiver.py")]) as port:
        given = {
            "rounds": 1,
            "url": f"http://127.0.0.1:{port}/callback",
            "count": TASKS,
            "provider": provider,
            "field": _field(provider).removeprefix("body."),
        }
        found = child("callbacks", given)
    note = f"{TASKS} tasks, {max(found['arrived']):g} callbacks, {max(found['grown_mb']):.0f} MB more at the peak"
    report.inform(f"callbacks of {provider}", max(found["ours"]), unit="/s", note=note)
    report.at_least(f"callbacks of {provider}, against bare aiohttp", report.ratio(found["ours"], found["bare"]), 0.8)
