"""Runs small projects with pytest: in this process where nothing stands against it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from mockreel_contracts import load, providers
from tests.calling import first_body

collect_ignore = ["sample"]
PROVIDER = providers()[0]
CONTRACT = load(PROVIDER)
Run = Callable[..., pytest.RunResult]

PRELUDE = f"""
import httpx, httpx2, pytest

BASE = {CONTRACT.base_url!r}
METHOD, PATH = {CONTRACT.by_role("submit")[0].method!r}, {CONTRACT.by_role("submit")[0].path!r}
HEADERS = {{{CONTRACT.auth.header!r}: {f"{CONTRACT.auth.schemes[0].capitalize()} test-key"!r}}}
BODY = {first_body(CONTRACT)!r}
BODY.pop("callBackUrl", None)

def create(base=BASE, **options):
    return httpx2.request(METHOD, base + PATH, **{{"json": BODY, "headers": HEADERS, **options}})
"""


@pytest.fixture(autouse=True)
def _reports_are_those_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pytest knows that it runs in CI, it writes whole messages into the summary as well."""
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(pytester: pytest.Pytester) -> Callable[..., None]:
    """Write a test file, with `create` and the words of the first contract, and pyproject.toml."""

    def write(code: str, toml: str = "") -> None:
        pytester.makepyprojecttoml(f"[tool.pytest.ini_options]\naddopts = '-p no:cacheprovider'\n{toml}")
        pytester.makepyfile(test_it=PRELUDE + code)

    return write


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the project in this process.

    Only the project's own modules are forgotten afterwards. Pytester would forget all that were imported meanwhile:
    made anew for a later test, libraries would not know their own exceptions any more.
    """

    def forget(snapshot: Any) -> None:
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None)).startswith(str(pytester.path)):
                del sys.modules[name]

    monkeypatch.setattr("_pytest.pytester.SysModulesSnapshot.restore", forget)

    def go(*arguments: str) -> Any:
        return pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:asyncio", "-p", "no:xdist", *arguments)

    return go


@pytest.fixture
def apart(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the project in a process of its own, with every plugin that is installed."""

    def go(*arguments: str) -> Any:
        return pytester.runpytest_subprocess(*arguments, timeout=120)

    return go
