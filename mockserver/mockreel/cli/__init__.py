"""The command line. Each command's module is imported only when the command is given."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from mockreel.cli import examples

GOOD, FINDINGS, USAGE = 0, 1, 2
CONTRACTS_TOO = "a folder of contract folders whose errors and operations your files may name, too"
MAX_SECONDS = 1_000_000_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    parser = _parser()
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        hint = "; put -- before your command: -- COMMAND ..." if getattr(arguments, "words", None) else ""
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
    if arguments.command is None:
        parser.print_help()
        return USAGE
    command = importlib.import_module(f"mockreel.cli.{arguments.command}")
    try:
        return int(command.run(arguments))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return GOOD


def counted(number: int, noun: str) -> str:
    """Return a number and what is counted: 1 error, 2 errors."""
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mockreel",
        description="Mock provider and contract-testing kit for asynchronous video-generation APIs.",
        epilog=examples.MOCKREEL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"mockreel {_version()}" if _asks_version() else "")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _serve(commands)
    _listen(commands)
    _faults(commands)
    _scenarios(commands)
    _contracts(commands)
    importlib.import_module("mockreel.cli.verify").add(commands)
    demo = _command(
        commands,
        "demo",
        "run the main job against a mock, start to end",
        examples.DEMO,
    )
    demo.add_argument("--provider", action="append", metavar="NAME", help="only this provider; may be given again")
    demo.add_argument(
        "--speed", type=float, default=15.0, metavar="X", help="divide the contracts' durations by X (default 15)"
    )
    demo.add_argument("--keep", metavar="DIR", help="keep the downloaded videos in DIR")
    return parser


def _serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = _command(
        commands,
        "serve",
        "serve the mock",
        examples.SERVE,
    )
    serve.add_argument(
        "--provider", action="append", metavar="NAME", help="serve only this provider; may be given again"
    )
    serve.add_argument("--contracts", metavar="DIR", help="a folder of contract folders instead of the shipped ones")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    serve.add_argument("--port", type=_port, default=8455, help="port to listen on, 0 picks one (default 8455)")
    serve.add_argument("--seed", type=int, help="repeat a run; a new one is drawn and printed otherwise")
    time = serve.add_mutually_exclusive_group()
    time.add_argument(
        "--speed", type=float, default=10.0, metavar="X", help="divide the contracts' durations by X (default 10)"
    )
    time.add_argument(
        "--clock", choices=["real", "manual"], default="real", help="manual: time moves by POST /_mock/clock/advance"
    )
    serve.add_argument(
        "--pace", choices=["time", "polls", "instant"], default="time", help="what moves a task on (default time)"
    )
    serve.add_argument(
        "--looks", type=int, default=1, metavar="N", help="with --pace polls: looks in each state (default 1)"
    )
    serve.add_argument(
        "--profile", default="documented", help=f"documented, observed, strict; or by provider: {examples.PROFILES}"
    )
    serve.add_argument(
        "--errors",
        choices=["body", "http"],
        help="codes only in the body, or as the HTTP status too",
    )
    serve.add_argument("--scenario", metavar="NAME", help="the scenario of every task that asks for none")
    serve.add_argument("--scenarios", metavar="DIR", help="a folder of your own scenarios, beside the shipped ones")
    serve.add_argument("--faults", metavar="DIR", help="a folder of your own faults, beside the shipped ones")
    serve.add_argument(
        "--capsule", metavar="LINE", help="set the mock up as a capsule says; then no other option about its run counts"
    )
    serve.add_argument(
        "--credits", default="10000", metavar="N|unlimited", help="what an API key starts with (default 10000)"
    )
    serve.add_argument(
        "--callback-secret",
        default="mock-callback-secret",
        metavar="S|none",
        help="what callbacks are signed with where the provider takes a secret (default mock-callback-secret)",
    )
    serve.add_argument(
        "--allow-host",
        action="append",
        metavar="HOST",
        help="may be called back beside this machine: a name, *.example.com, 10.0.0.0/8, private; may be given again",
    )
    serve.add_argument("--limits", action="store_true", help="apply the contracts' rate and concurrency limits")
    serve.add_argument("--json", action="store_true", help="print one JSON line when ready, and nothing else")


def _listen(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    listen = _command(
        commands,
        "listen",
        "receive callbacks and show them",
        examples.LISTEN,
    )
    listen.add_argument("--provider", metavar="NAME", help="whose callbacks come; otherwise their headers tell")
    listen.add_argument("--contracts", metavar="DIR", help="take NAME from this folder of contract folders")
    listen.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    listen.add_argument("--port", type=_port, default=8456, help="port to listen on, 0 picks one (default 8456)")
    listen.add_argument(
        "--path", default="/callback", help="path of the URL that is printed; any is taken (default /callback)"
    )
    listen.add_argument(
        "--secret",
        action="append",
        metavar="S|none",
        help="what callbacks are signed with: the account's callback secret, or the API key that made the task where "
        "the provider signs with that; may be given again; none: do not check (default mock-callback-secret)",
    )
    listen.add_argument(
        "--tolerance", type=_seconds, metavar="SECONDS", help="how old a signature may be (default: the contract's)"
    )
    listen.add_argument("--status", type=_status, default=200, help="HTTP status to answer with (default 200)")
    listen.add_argument(
        "--delay", type=_seconds, default=0.0, metavar="SECONDS", help="answer after this time (default 0)"
    )
    listen.add_argument(
        "--forward", metavar="URL", help="pass callbacks on to a URL of this machine, and answer as that does"
    )
    listen.add_argument("--count", type=_count, metavar="N", help="stop after N callbacks")
    listen.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="stop after this time")
    listen.add_argument("--json", action="store_true", help="print the URL and each callback as a JSON line")


def _faults(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    faults = _command(
        commands,
        "faults",
        "list and show the faults that can be asked for",
        examples.FAULTS,
    )
    actions = faults.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="every fault, with its fields and an example")
    listed.add_argument(
        "--point",
        choices=["answer", "network", "money", "task", "result", "callback"],
        help="only those that act there",
    )
    listed.add_argument("--json", action="store_true", help="as JSON")
    show = actions.add_parser("show", help="one fault, and how to ask for it")
    show.add_argument("name", metavar="NAME")
    for action in (listed, show):
        action.add_argument("--faults", metavar="DIR", help="a folder of your own faults, beside the shipped ones")
        action.add_argument("--contracts", metavar="DIR", help=CONTRACTS_TOO)


def _scenarios(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    scenarios = _command(
        commands,
        "scenarios",
        "list, show and check scenarios",
        examples.SCENARIOS,
    )
    actions = scenarios.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="every scenario, with its title")
    listed.add_argument("--json", action="store_true", help="as JSON")
    show = actions.add_parser("show", help="one scenario: its file, what it means, what to do about it")
    show.add_argument("name", metavar="NAME")
    check = actions.add_parser("check", help="everything that is wrong with the scenarios of folders")
    check.add_argument("folders", nargs="+", metavar="FOLDER", help="a folder of YAML files")
    for action in (listed, show):
        action.add_argument(
            "--scenarios", metavar="DIR", help="a folder of your own scenarios, beside the shipped ones"
        )
    for action in (listed, show, check):
        action.add_argument("--faults", metavar="DIR", help="a folder of your own faults, which scenarios may name")
        action.add_argument("--contracts", metavar="DIR", help=CONTRACTS_TOO)


def _contracts(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    contracts = _command(
        commands,
        "contracts",
        "list, show, check, compare and bundle contracts",
        examples.CONTRACTS,
    )
    actions = contracts.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="the providers and their models")
    show = actions.add_parser("show", help="one contract: operations, states, errors, models")
    show.add_argument("provider")
    show.add_argument("--model", help="one model: its input, limits and prices")
    check = actions.add_parser("check", help="everything that is wrong with contract folders")
    check.add_argument("folder", nargs="?", help="a contract folder, or a folder of them (default: the shipped ones)")
    openapi = actions.add_parser("openapi", help="one OpenAPI 3.1 document with everything in it, as JSON")
    openapi.add_argument("provider")
    _contracts_diff(actions)
    for action in (listed, show, openapi):
        action.add_argument(
            "--contracts", metavar="DIR", help="a folder of contract folders instead of the shipped ones"
        )
    for action in (show, openapi):
        action.add_argument("--profile", default="documented", help="documented, observed, strict ...")
    listed.add_argument("--json", action="store_true", help="as JSON")


def _contracts_diff(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "what changed between two contracts or OpenAPI documents, and whom it breaks"
    diff = actions.add_parser(
        "diff",
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=examples.CONTRACTS_DIFF,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = "a contract folder, a folder of them, an OpenAPI 3 document, or a shipped provider"
    diff.add_argument("a", metavar="A", help=f"what was: {what}")
    diff.add_argument("b", metavar="B", help=f"what is: {what}")
    diff.add_argument("--profile", default="documented", help="compare under this profile (default documented)")
    diff.add_argument("--profile-b", metavar="PROFILE", help="the profile of B, where it is another than A's")
    diff.add_argument(
        "--fail-on",
        choices=["callers", "servers", "any", "none"],
        default="any",
        help="whose breaking changes make the exit code 1 (default any)",
    )
    diff.add_argument("--allow-unknown", action="store_true", help="do not count what cannot be decided as breaking")
    diff.add_argument("--all", action="store_true", help="show changes of descriptions, sources and other texts too")
    diff.add_argument("--json", action="store_true", help="as JSON")


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, epilog: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, got {text!r}")
    return int(text)


def _status(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 200 <= int(text) <= 599:
        raise argparse.ArgumentTypeError(f"a status is a number from 200 to 599, got {text!r}")
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 1_000_000_000:
        raise argparse.ArgumentTypeError(f"a count is a number from 1, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"a time is a number of seconds from 0 to {MAX_SECONDS}, got {text!r}")
    return seconds


def _asks_version() -> bool:
    return "--version" in sys.argv[1:]


def _version() -> str:
    from importlib.metadata import version

    return version("mockreel")
