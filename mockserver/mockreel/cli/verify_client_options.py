"""The options of `mockreel verify client`."""

from __future__ import annotations

import argparse

from mockreel.cli import examples

SPEED, TIMEOUT_S, JOBS = 30.0, 60.0, 4
"""A minute of the wall clock is half an hour of the contract. Clients mostly wait, so several run at a time."""


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser."""
    client = actions.add_parser(
        "client",
        help="is this integration safe to put in production?",
        description="Is this integration safe to put in production? Your command is started once for each scenario, "
        "against a mock on a port of its own, and what it did there is judged: does it pay twice, hang, hammer, trust "
        "forged callbacks, lose results, take an error for a success?",
        usage="mockreel verify client --provider NAME [options] -- COMMAND ...",
        epilog=examples.VERIFY_CLIENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    client.add_argument("words", nargs="*", metavar="COMMAND", help="how your client is started, after --")
    client.add_argument("--provider", metavar="NAME", help="which provider your client calls")
    client.add_argument("--contracts", metavar="DIR", help="a folder of contract folders instead of the shipped ones")
    client.add_argument("--profile", default="documented", help="documented, observed, strict ... (default documented)")
    told = client.add_argument_group(
        "what your client is told",
        "The environment has MOCKREEL_BASE_URL, MOCKREEL_API_KEY, MOCKREEL_SCENARIO, MOCKREEL_CALLBACK_SECRET, "
        "MOCKREEL_CALLBACK_URL, MOCKREEL_FOLDER (removed afterwards), MOCKREEL_TIMEOUT and MOCKREEL_SPEED. The first "
        "six can stand in COMMAND and in --env as {base_url}, {api_key}, {scenario}, {callback_secret}, {callback_url} "
        "and {folder}.",
    )
    told.add_argument(
        "--env", action="append", metavar="NAME=VALUE", help="one more variable, such as API={base_url}; again for more"
    )
    told.add_argument(
        "--callback-url",
        metavar="URL",
        help="where your client receives; {port} in it is a free port, and stands in COMMAND and --env, too",
    )
    told.add_argument(
        "--receiver", action="store_true", help="your client only receives callbacks: its tasks are made for it"
    )
    told.add_argument(
        "--allow-host",
        action="append",
        metavar="HOST",
        help="may be called back beside this machine: a name, *.example.com, 10.0.0.0/8, private; may be given again",
    )
    claim = client.add_argument_group("how your client says that it has its video", "Otherwise by exit status 0.")
    claim.add_argument("--success-pattern", metavar="GLOB", help="a line of its output is like this, such as *done*")
    claim.add_argument("--result-file", metavar="PATH", help="this file is not empty, such as {folder}/film.mp4")
    runs = client.add_argument_group("which run")
    runs.add_argument(
        "--scenarios", default="default", metavar="A,B|default|all", help="which scenarios (default: default)"
    )
    runs.add_argument("--list-scenarios", action="store_true", help="the scenarios, and the checks that each is for")
    runs.add_argument("--list-checks", action="store_true", help="every check, in a line")
    runs.add_argument("--explain", metavar="CHECK", help="what a check is about, and what is known from the field")
    runs.add_argument(
        "--speed", type=float, default=SPEED, metavar="X", help=f"divide the contract's durations (default {SPEED:g})"
    )
    runs.add_argument(
        "--timeout",
        type=float,
        metavar="S",
        help=f"stop the command after so long in each scenario; to hang is a finding (default {TIMEOUT_S:g} s, or "
        "what the scenario needs at this speed)",
    )
    runs.add_argument("--jobs", type=int, default=JOBS, metavar="N", help=f"scenarios at a time (default {JOBS})")
    runs.add_argument("--seed", type=int, default=0, metavar="N", help="of what is left to chance (default 0)")
    out = client.add_argument_group("what comes out")
    out.add_argument("--report-dir", metavar="DIR", help="write reports there")
    out.add_argument(
        "--format", default="json,junit,html,sarif", metavar="F,F", help="which (default json,junit,html,sarif)"
    )
    out.add_argument("--fail-on", choices=["warn", "fail"], default="fail", help="exit with 1 from here on (fail)")
    out.add_argument("--json", action="store_true", help="print the report as JSON, and nothing else")
    out.add_argument("--quiet", action="store_true", help="print only the outcome")
