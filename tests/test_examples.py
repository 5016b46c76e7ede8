"""The examples run, in a process of their own as a reader would run them, and the guide shows what has run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/examples"
GUIDE = ROOT / "docs/guides/test-your-integration.md"
TESTS = sorted(path.name for path in FOLDER.glob("test_*.py"))
SHOWN = re.compile(r'^```python title="docs/examples/(\w+\.py)"\n(.*?)^```$', re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_examples_pass_without_a_network() -> None:
    asked = ["-p", "tests.conftest", "-p", "no:xdist", "-p", "no:schemathesis", "-rA", str(FOLDER)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *asked],
        cwd=ROOT,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=300,
    )
    passed = re.findall(r"^PASSED docs/examples/(\w+\.py)::", done.stdout, re.MULTILINE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(set(passed)) == TESTS
    assert not re.search(r"^(SKIPPED|XFAIL)", done.stdout, re.MULTILINE)


def test_the_guide_shows_every_example_as_it_is() -> None:
    shown = dict(SHOWN.findall(GUIDE.read_text("utf-8")))
    assert shown == {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.py")}


def test_every_example_has_a_test() -> None:
    programs = {path.name for path in FOLDER.glob("*.py")} - set(TESTS)
    assert sorted(f"test_{name}" for name in programs) == TESTS
