"""The strategies are there when they are asked for, and cost nothing before."""

from __future__ import annotations

import subprocess
import sys

from mockreel import strategies


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_nothing_else_imports_hypothesis() -> None:
    done = python("import sys, mockreel, mockreel.provider, mockreel.cli; sys.exit('hypothesis' in sys.modules)")
    assert done.returncode == 0, done.stderr


def test_without_hypothesis_it_is_said_what_to_install() -> None:
    done = python("import sys; sys.modules['hypothesis'] = None; import mockreel.strategies")
    assert "ImportError: mockreel.strategies needs hypothesis: pip install 'mockreel[testing]'" in done.stderr


def test_its_public_names_are_sorted_and_there() -> None:
    assert strategies.__all__ == sorted(strategies.__all__, key=lambda name: (not name.isupper(), name.islower(), name))
    assert all(hasattr(strategies, name) for name in strategies.__all__)
