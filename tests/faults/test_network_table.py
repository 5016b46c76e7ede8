"""docs/reference/network-faults.md: what it says is what is seen."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mockreel import faults

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "network-faults.md"
ROWS = [re.findall(r"`([^`]+)`", line) for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]


@pytest.mark.slow
def test_the_page_says_what_is_seen() -> None:
    script = ROOT / "scripts" / "make_network_table.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_page_has_every_fault_of_the_network() -> None:
    named = {row[0].partition(";")[0] for row in ROWS}
    assert {name for name in faults.shipped() if name.startswith("network_")} <= named


def test_in_process_is_as_on_the_socket_but_for_a_connection_that_was_accepted() -> None:
    assert [row[0] for row in ROWS if row[1] != row[4]] == ["network_refused"]
