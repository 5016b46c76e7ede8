"""The plugin is a doorway: it loads nothing of the mock until a test uses a fixture."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugin.conftest import Run

pytest_plugins = "pytester"
Project = Callable[..., None]
HEAVY = ("mockreel", "mockreel_contracts", "mockreel_client", "fastapi", "starlette", "pydantic", "uvicorn", "aiohttp")
HEAVY_LIBRARIES = ("httpx", "httpx2", "respx", "orjson", "jsonschema_rs", "yaml", "av", "anyio")


def said_by(code: str, cwd: Path) -> list[str]:
    """Run code with a bare pytest and return the words that it prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.split()


def test_the_plugin_imports_itself_and_nothing_else(tmp_path: Path) -> None:
    code = "import sys, pytest; had = set(sys.modules); import mockreel_pytest.plugin; print(*set(sys.modules) - had)"
    assert sorted(said_by(code, tmp_path)) == ["mockreel_pytest", "mockreel_pytest.plugin"]


@pytest.mark.slow
def test_a_run_in_which_no_test_uses_a_mock_imports_nothing_of_it(project: Project, tmp_path: Path) -> None:
    code = (
        "import os, sys, pytest; os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'\n"
        "said = ['-qq', '--no-summary', '-p', 'mockreel_pytest.plugin', '--mockreel-cost']\n"
        "ended = pytest.main([*said, 'test_bare.py'])\n"
        "print('ended', int(ended), *sorted({name.split('.')[0] for name in sys.modules}))"
    )
    (tmp_path / "test_bare.py").write_text("def test_it(): pass\n", "utf-8")
    words = said_by(code, tmp_path)
    assert words[words.index("ended") + 1] == "0"
    loaded = set(words)
    assert "mockreel_pytest" in loaded
    assert not loaded & {*HEAVY, *HEAVY_LIBRARIES}


@pytest.mark.slow
def test_a_test_in_this_process_uses_no_web_framework(project: Project, apart: Run) -> None:
    project("""
import sys

def test_it(mock_provider, mock_clock):
    create()
    mock_clock.advance(60)
    assert not {"fastapi", "uvicorn", "starlette.applications"} & set(sys.modules)
""")
    result = apart("-p", "no:schemathesis", "-p", "no:randomly", "-p", "no:xdist")
    result.assert_outcomes(passed=1)
