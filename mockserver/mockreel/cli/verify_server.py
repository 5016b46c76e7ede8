"""`mockreel verify server`."""

from __future__ import annotations

import argparse


def run(arguments: argparse.Namespace) -> int:
    """Verify a server; 0 where nothing is wrong, 1 for findings, 2 where nothing could be told."""
    raise NotImplementedError
