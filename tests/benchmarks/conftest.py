"""Prints the table when all benchmarks have run.

The peers of the design that are npm packages (Prism, aimock) are not measured: nothing is installed here but Python.
"""

from __future__ import annotations

from rich.console import Console

from tests.benchmarks.report import ROWS, table


def pytest_terminal_summary() -> None:
    """Print what was measured, after pytest's own lines."""
    if ROWS:
        Console(width=150).print(table())
