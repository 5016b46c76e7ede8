"""`mockreel verify server` and `mockreel verify client`."""

from __future__ import annotations

import argparse
import importlib

from mockreel.cli import examples

ACTIONS = ("server", "client")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its actions; each action's options stand in a module of its own."""
    verify = commands.add_parser(
        "verify",
        help="check a server or an integration against a contract",
        description="Check a server or an integration against a contract.",
        epilog=examples.VERIFY,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = verify.add_subparsers(dest="action", metavar="WHAT", required=True)
    for action in ACTIONS:
        importlib.import_module(f"mockreel.cli.verify_{action}_options").add(actions)


def run(arguments: argparse.Namespace) -> int:
    """Run the action that was asked for."""
    return int(importlib.import_module(f"mockreel.cli.verify_{arguments.action}").run(arguments))
