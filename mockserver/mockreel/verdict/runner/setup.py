"""How a client is run, for every scenario alike."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mockreel.verdict.runner.wording import Command, UsageError

SPEED = 30.0
TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Setup:
    """The choices of a run.

    `speed` divides the durations of the contract, `timeout_s` is of the wall clock, for each scenario (None: 60, or
    what the scenario needs at this speed). `callback_url` is where the client receives, with `{port}` for one that is
    picked for each scenario; with `is_receiver` it does nothing else, and its tasks are made for it. `success_pattern`
    and `result_file` (a path with `{folder}`) say where its claim of success is read instead of its exit status.
    """

    provider: str
    command: Command
    profile: str = "documented"
    contracts: Path | None = None
    seed: int = 0
    speed: float = SPEED
    timeout_s: float | None = None
    jobs: int = 4
    callback_url: str = ""
    is_receiver: bool = False
    success_pattern: str = ""
    result_file: str = ""
    allow_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises UsageError for what cannot be meant."""
        if not self.command.words:
            raise UsageError("say how your client is started, after --: mockreel verify client -- python my_client.py")
        if self.result_file and "{folder}" not in self.result_file:
            raise UsageError(
                f"--result-file {self.result_file!r} is the same file for every scenario: put it into the folder that "
                "each of them gets, as {folder}/film.mp4, and tell your client so (MOCKREEL_FOLDER, or {folder} in its "
                "command or in --env)"
            )
        if self.is_receiver and not self.callback_url:
            raise UsageError("--receiver needs --callback-url, such as http://127.0.0.1:{port}/callback")
        if self.timeout_s is not None and self.timeout_s <= 0:
            raise UsageError(f"--timeout is a number of seconds above 0, got {self.timeout_s:g}")
        if self.jobs < 1:
            raise UsageError(f"--jobs is 1 or more, got {self.jobs}")

    def limit_s(self, needed_s: float) -> float:
        """Return how long a client has in a scenario that needs so many seconds of the contract."""
        return self.timeout_s if self.timeout_s is not None else max(TIMEOUT_S, needed_s / self.speed)
