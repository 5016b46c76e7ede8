"""The options of `mockreel verify server`."""

from __future__ import annotations

import argparse

from mockreel.cli import examples


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser."""
    server = actions.add_parser(
        "server",
        help="does this base URL keep the contract?",
        description="Does this base URL keep the contract? What costs nothing comes first; tasks are made only within "
        "the budget.",
        epilog=examples.VERIFY_SERVER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    server.add_argument("url", nargs="?", metavar="URL", help="the base URL, such as http://127.0.0.1:8455")
    server.add_argument("--provider", metavar="NAME", help="whose contract it is to keep")
    server.add_argument("--contracts", metavar="DIR", help="a folder of contract folders instead of the shipped ones")
    server.add_argument("--profile", default="documented", help="documented, observed, strict ... (default documented)")
    keys = server.add_argument_group("API keys")
    keys.add_argument(
        "--api-key",
        metavar="K",
        help="the key to call with (default: the variable MOCKREEL_API_KEY or PROVIDER_API_KEY)",
    )
    keys.add_argument(
        "--other-key", metavar="K", help="another account's key, which must not see the tasks of the first"
    )
    keys.add_argument("--wrong-key", metavar="K", help="a key that must be refused")
    money = server.add_argument_group("what is spent")
    money.add_argument(
        "--budget",
        metavar="CREDITS|unlimited",
        help="what tasks may cost together (default: unlimited on this machine, 0 elsewhere)",
    )
    money.add_argument("--model", action="append", metavar="NAME", help="only this model; may be given again")
    money.add_argument("--max-time", type=float, default=60.0, metavar="S", help="stop after so long (default 60 s)")
    reach = server.add_argument_group("more that can be reached")
    reach.add_argument(
        "--control",
        default="auto",
        metavar="URL|auto|none",
        help="the control API of a Mockreel mock, by which outcomes are chosen (default auto: asked for on "
        "this machine)",
    )
    reach.add_argument("--control-token", metavar="T", help="the token of the control API")
    reach.add_argument(
        "--callback-host",
        metavar="HOST[:PORT]",
        help="how the server reaches this machine with callbacks (default: 127.0.0.1 where the server is there)",
    )
    reach.add_argument("--callback-secret", metavar="S", help="what the server signs callbacks with")
    runs = server.add_argument_group("which run")
    runs.add_argument("--seed", type=int, default=0, metavar="N", help="of what is generated (default 0)")
    runs.add_argument("--check", action="append", metavar="ID", help="only this check; may be given again")
    runs.add_argument("--list-checks", action="store_true", help="every check and what it is for")
    runs.add_argument("--explain", metavar="CHECK", help="what a check is about")
    out = server.add_argument_group("what comes out")
    out.add_argument("--report-dir", metavar="DIR", help="write reports there")
    out.add_argument(
        "--format", default="json,junit,html,sarif", metavar="F,F", help="which (default json,junit,html,sarif)"
    )
    out.add_argument("--baseline", metavar="FILE", help="an earlier report.json, whose findings do not fail this run")
    out.add_argument("--fail-under", type=float, metavar="PERCENT", help="fail where less of the contract was reached")
    out.add_argument("--json", action="store_true", help="print the report as JSON, and nothing else")
    out.add_argument("--quiet", action="store_true", help="print only the outcome")
