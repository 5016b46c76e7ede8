"""The clients beside this file, careless and careful, and how each is run and judged.

The first line of a client says what it is: `check:` the check that is to catch it, in which `scenarios`; or `careful`.
`callback` is for those that receive, `grade: warn` for faults whose harm is not certain.
"""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mockreel.report import CheckResult, Status
from mockreel.verdict.battery import Act, acts_for
from mockreel.verdict.judging import judge
from mockreel.verdict.play import Play
from mockreel.verdict.runner.playing import play
from mockreel.verdict.runner.setup import Setup
from mockreel.verdict.runner.wording import Command
from mockreel_contracts import load, providers

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "clients"
STYLES = {".py": sys.executable, ".sh": "bash", ".mjs": "node"}
SPEED, TIMEOUT_S = 100.0, 12.0  # an hour in 36 seconds; longer than a client may wait for a task that hangs
SETTINGS = {"POLL_SECONDS": "0.2", "DEADLINE_SECONDS": "4"}
JOBS = 6  # they wait more than they work


@dataclass(frozen=True)
class Subject:
    """A client. Without `check` it is a careful one."""

    name: str
    words: tuple[str, ...]
    provider: str
    check: str = ""
    scenarios: tuple[str, ...] = ()
    is_receiver: bool = False
    is_warned: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def missing(self) -> str:
        """The program that is needed to run it and is not there, or ''."""
        needed = [self.words[0], *(["curl"] if self.name.endswith(".sh") else [])]
        return next((name for name in needed if shutil.which(name) is None), "")

    @property
    def acts(self) -> tuple[Act, ...]:
        """What it is played through: the scenarios of its fault, or the whole battery."""
        return acts_for(load(self.provider), callbacks=self.is_receiver, names=self.scenarios)

    def setup(self, seed: int) -> Setup:
        """How it is run."""
        url = "http://127.0.0.1:{port}/hook" if self.is_receiver else ""
        command = Command(self.words, SETTINGS)
        return Setup(self.provider, command, seed=seed, speed=SPEED, timeout_s=TIMEOUT_S, callback_url=url)


@dataclass(frozen=True)
class Run:
    """A client in one scenario, and what the checks made of it."""

    subject: Subject
    act: Act
    seed: int
    play: Play
    results: tuple[CheckResult, ...]

    def found(self, *statuses: Status) -> list[str]:
        """The checks with one of these outcomes."""
        return [result.id for result in self.results if result.status in statuses]

    @property
    def is_caught(self) -> bool:
        """Whether the check that is meant for the client has found what it was to find."""
        return self.subject.check in self.found(Status.WARN if self.subject.is_warned else Status.FAIL)


def careless() -> list[Subject]:
    """Return the clients with a fault, by name."""
    return [subject for subject in _subjects() if subject.check]


def careful() -> list[Subject]:
    """Return the careful clients: those of the folder, and the reference client with each provider."""
    own = [subject for subject in _subjects() if not subject.check]
    sync, told = ROOT / "docs/examples/verify/client.py", ROOT / "docs/examples/verify/callbacks.py"
    names = providers()
    return [
        *own,
        *(Subject(f"reference, {name}", (sys.executable, str(sync), name), name) for name in names),
        *(Subject(f"reference async, {name}", (sys.executable, str(sync), name, "--async"), name) for name in names),
        *(
            Subject(
                f"reference{form} with callbacks, {name}",
                (sys.executable, str(told), name, *more),
                name,
                is_receiver=True,
            )
            for form, more in (("", ()), (" async", ("--async",)))
            for name in names
            if load(name).callback is not None
        ),
    ]


def run_all(wanted: Iterable[tuple[Subject, Act, int]], *, jobs: int = JOBS) -> list[Run]:
    """Play each client in its scenario, with its seed, several at a time; returned in the order asked for."""
    stop = threading.Event()

    def one(subject: Subject, act: Act, seed: int) -> Run:
        played = play(subject.setup(seed), act, stop)
        return Run(subject, act, seed, played, judge(played))

    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(one, *each) for each in wanted]
        try:
            return [future.result() for future in futures]
        finally:
            stop.set()


def play_careless(subjects: Iterable[Subject], *, jobs: int = JOBS) -> list[Run]:
    """Play careless clients in the scenarios that they are for; those that are missed once more, alone.

    Some are careless in their haste, or by ending early: on a machine that is too busy they come too late for it.
    """
    runs = run_all(((subject, act, 0) for subject in subjects for act in subject.acts), jobs=jobs)
    return [*runs, *run_all(((run.subject, run.act, 0) for run in missed(runs)), jobs=1)]


def missed(runs: Iterable[Run]) -> list[Run]:
    """Return the runs of the clients that were caught in none of theirs."""
    known = list(runs)
    caught = {run.subject for run in known if run.is_caught}
    return [run for run in known if run.subject not in caught]


def _subjects() -> Iterable[Subject]:
    for path in sorted(FOLDER.iterdir()):
        if path.suffix not in STYLES:
            continue
        head = path.read_text("utf-8").splitlines()[0].lstrip("#/ ")
        said = {part.partition(":")[0].strip(): part.partition(":")[2].strip() for part in head.split(";")}
        yield Subject(
            path.name,
            (STYLES[path.suffix], str(path), "{base_url}"),
            said["provider"],
            check=said.get("check", ""),
            scenarios=tuple(said["scenarios"].replace(",", " ").split()) if "scenarios" in said else (),
            is_receiver="callback" in said,
            is_warned=said.get("grade") == "warn",
        )
