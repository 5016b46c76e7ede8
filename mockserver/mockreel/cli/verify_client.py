"""`mockreel verify client`."""

from __future__ import annotations

import argparse
import logging
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mockreel.cli import FINDINGS, GOOD, USAGE, counted
from mockreel.cli.verify_client_options import JOBS, SPEED
from mockreel.domain.callbacks.targets import Policy
from mockreel.report import Report, Status, as_json, terminal, writing
from mockreel.report.writing import CannotWriteReport
from mockreel.verdict.battery import Act, acts_for, battery
from mockreel.verdict.checks import CHECKS
from mockreel.verdict.judging import verdict_on
from mockreel.verdict.play import Play
from mockreel.verdict.runner import leftovers
from mockreel.verdict.runner.playing import InterruptedRunError
from mockreel.verdict.runner.reporting import report_of
from mockreel.verdict.runner.running import run as run_all
from mockreel.verdict.runner.setup import Setup
from mockreel.verdict.runner.stopping import Flag
from mockreel.verdict.runner.wording import Command, UsageError, environment_of, fill
from mockreel_contracts import Contract, ContractError, load

NAME = "mockreel verify client"
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_SHOWN = "{"  # a value with a word to fill in holds no secret of the user's


def run(arguments: argparse.Namespace) -> int:
    """Verify a client; 0 where nothing is wrong, 1 for findings and where nothing can be told, 2 for usage."""
    logging.getLogger("mockreel.callbacks").setLevel(logging.CRITICAL)  # that some are not taken is the point
    try:
        if arguments.explain:
            return _explain(arguments.explain)
        if arguments.list_scenarios:
            return _list()
        if arguments.list_checks:
            return _list_checks()
        return _verify(arguments)
    except (UsageError, ContractError, CannotWriteReport, ValueError) as error:
        print(f"{NAME}: {error}", file=sys.stderr)
        return USAGE


def _verify(arguments: argparse.Namespace) -> int:
    setup = _setup(arguments)
    contract = load(setup.provider, profile=setup.profile, root=setup.contracts)
    forms = _forms(arguments.format)
    acts = _acts(arguments, contract)
    if arguments.report_dir is not None:
        writing.prepare(arguments.report_dir)
    is_quiet = arguments.json or arguments.quiet
    with leftovers.adopting(), _interruptible() as stop:
        with suppress(InterruptedRunError):
            plays = run_all(setup, acts, on_end=None if is_quiet else _Progress(acts), stop=stop)
        if stop.is_set():
            raise KeyboardInterrupt
    report = report_of(setup, acts, plays, replay=_replay(arguments))
    written: tuple[Path, ...] = ()
    if arguments.report_dir is not None:
        secrets = [secret for play in plays for secret in play.secrets]
        written = writing.write(report, arguments.report_dir, forms, secrets=secrets, contracts=setup.contracts)
    if arguments.json:
        print(as_json.render(report))
    elif arguments.quiet:
        print(report.verdict)
    else:
        terminal.show(report)
        for path in written:
            print(f"wrote {path}")
    return _code(report, arguments.fail_on)


def _setup(arguments: argparse.Namespace) -> Setup:
    """Return how the client is run. Raises UsageError."""
    if arguments.provider is None:
        raise UsageError("give --provider NAME and your command; --help has examples")
    hosts = tuple(arguments.allow_host or ())
    url = arguments.callback_url or ""
    if url:
        refused = Policy(hosts).judge(fill(url, {"port": "1"}))
        if isinstance(refused, str):
            raise UsageError(f"--callback-url {url}: {refused}; it is such as http://127.0.0.1:{{port}}/callback")
    return Setup(
        provider=arguments.provider,
        command=Command(tuple(arguments.words), environment_of(arguments.env or ())),
        profile=arguments.profile,
        contracts=Path(arguments.contracts) if arguments.contracts else None,
        seed=arguments.seed,
        speed=arguments.speed,
        timeout_s=arguments.timeout,
        jobs=arguments.jobs,
        callback_url=url,
        is_receiver=arguments.receiver,
        success_pattern=arguments.success_pattern or "",
        result_file=arguments.result_file or "",
        allow_hosts=hosts,
    )


def _acts(arguments: argparse.Namespace, contract: Contract) -> tuple[Act, ...]:
    """Return what is played. Raises UsageError where nothing is, ValueError for a name that is not known."""
    asked = arguments.scenarios.strip()
    takes = bool(arguments.callback_url)
    if asked == "all":
        from mockreel.scenarios import shipped

        default = acts_for(contract, callbacks=takes)
        others = shipped().keys() - {act.scenario for act in battery()}
        acts = (*default, *(Act(name, name) for name in sorted(others)))
    else:
        names = () if asked == "default" else [name.strip() for name in asked.split(",") if name.strip()]
        acts = acts_for(contract, callbacks=takes, names=names)
    if arguments.receiver:
        acts = tuple(act for act in acts if act.callbacks)
    if not acts:
        why = "calls nobody back" if contract.callback is None else "gets none of these scenarios with a receiver alone"
        raise UsageError(f"there is nothing to play: {contract.provider} {why}; --list-scenarios has them all")
    return acts


def _forms(text: str) -> tuple[str, ...]:
    forms = tuple(form.strip() for form in text.split(",") if form.strip())
    unknown = [form for form in forms if form not in writing.FILES]
    if unknown:
        raise UsageError(f"--format is some of {', '.join(writing.FILES)}, got {', '.join(unknown)}")
    return forms


@contextmanager
def _interruptible() -> Iterator[Flag]:
    """Take the signals that end a program for a wish to stop, once and for all; gives what they set.

    Nothing is raised, as that could break off the cleaning up, which takes some seconds, or a start half done.
    """
    stop = Flag()

    def interrupt(_number: int, _frame: object) -> None:
        stop.set()

    heeded = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]  # as under nohup
    before = {number: signal.signal(number, interrupt) for number in heeded}
    try:
        yield stop
    finally:
        for number, old in before.items():
            signal.signal(number, old)


class _Progress:
    """A line for each scenario when it has ended, to standard error."""

    def __init__(self, acts: Sequence[Act]) -> None:
        self._total = len(acts)
        self._ended = 0
        self._width = max(len(act.name) for act in acts)

    def __call__(self, act: Act, play: Play) -> None:
        self._ended += 1
        verdict = verdict_on(play)
        wrong = [result.id for result in verdict.results if result.status in (Status.FAIL, Status.WARN)]
        said = "stopped" if play.claim.was_stopped else play.claim.result
        count = f"[{self._ended:{len(str(self._total))}}/{self._total}]"
        line = f"{count} {act.name:{self._width}}  {verdict.status:12}  {play.claim.took_s:5.1f} s"
        print(f"{line}  says {said:9}{' ' + ', '.join(wrong) if wrong else ''}".rstrip(), file=sys.stderr, flush=True)


def _replay(arguments: argparse.Namespace) -> str:
    """Return a command line that makes the same run again; values of the user's own variables are left out."""
    words = ["mockreel", "verify", "client", "--provider", arguments.provider]
    for name, default in (
        ("contracts", None),
        ("profile", "documented"),
        ("callback_url", None),
        ("success_pattern", None),
        ("result_file", None),
        ("scenarios", "default"),
        ("speed", SPEED),
        ("timeout", None),
        ("jobs", JOBS),
    ):
        value = getattr(arguments, name)
        if value != default:
            words += [f"--{name.replace('_', '-')}", f"{value:g}" if isinstance(value, float) else str(value)]
    words += ["--seed", str(arguments.seed)]
    words += ["--receiver"] if arguments.receiver else []
    for host in arguments.allow_host or ():
        words += ["--allow-host", host]
    for pair in arguments.env or ():
        name, _, value = pair.partition("=")
        words += ["--env", pair if _SHOWN in value else f"{name}=***"]
    return shlex.join([*words, "--", *arguments.words])


def _code(report: Report, fail_on: str) -> int:
    found = {check.status for check in report.checks}
    if report.verdict == "inconclusive":
        return USAGE
    if report.verdict == "fail" or (fail_on == "warn" and Status.WARN in found):
        return FINDINGS
    return GOOD


def _list() -> int:
    for act in battery():
        more = "  (with --callback-url)" if act.callbacks else ""
        print(f"{act.name}{more}\n    {', '.join(act.decides)}")
    print(f"\n{counted(len(battery()), 'scenario')}; mockreel scenarios show NAME tells what happens in one.")
    print("--scenarios takes the name of any scenario or error case.")
    return GOOD


def _list_checks() -> int:
    for check in CHECKS:
        print(f"{check.id}\n    {check.title}")
    print(f"\n{counted(len(CHECKS), 'check')}; {NAME} --explain CHECK tells more.")
    return GOOD


def _explain(check: str) -> int:
    from mockreel.verdict import explain

    print(explain(check))
    return GOOD
