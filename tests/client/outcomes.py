"""What comes of create, wait and download under a fault or a scenario: one run, and the rules that none may break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from mockreel import faults, scenarios
from mockreel.domain.messages import Request
from mockreel_client import AmbiguousCreateError, ClientError, Task
from tests.calling import first_body
from tests.client.mounts import Calls, Rig

KEY = "outcomes"
MOST_S = 1200.0  # of the mock's clock: the contract's limit on a wait, and two budgets of tries
WITH: Mapping[str, tuple[dict[str, Any], ...]] = {
    "refund_late": ({"fault": "task_fails"},),
    "refund_missing": ({"fault": "task_fails"},),
}
"""Faults that show only where another is."""
MORE: Mapping[str, tuple[dict[str, Any], ...]] = {
    "error": tuple({"case": case} for case in ("rate_limited", "maintenance", "unauthorized", "invalid_request")),
    "field_missing": tuple({"which": name} for name in ("state", "progress", "urls")),
    "field_null": tuple({"which": name} for name in ("state", "progress", "urls")),
    "field_wrong_type": tuple({"which": name} for name in ("state", "progress", "urls")),
    "task_stuck": ({"phase": "queued"},),
    "task_vanishes": ({"seconds": 0},),
}
"""Fields that are worth a run beside the defaults."""
_CALLS = {"submit": "create", "query": "query", "result": "download"}
_ON = {"answer": ("submit", "query"), "network": ("submit", "query", "result"), "result": ("result",)}
_WAITS = {"delay_s", "hang_s", "first_byte_s", "dribble_s"}
_POINTS = {"answer", "network", "result"}  # where a wait is one of the client


class Case(NamedTuple):
    """What a run meets: `armed` faults, or a scenario. `often` is "first" or "every" for faults of the calls `on`."""

    name: str = "no fault"
    often: str = ""
    on: str = ""
    armed: tuple[Mapping[str, Any], ...] = ()
    scenario: str | None = None

    def __str__(self) -> str:
        return " ".join(filter(None, ["scenario" if self.scenario else "", self.name, self.often, self.on]))

    @property
    def points(self) -> dict[str, set[str]]:
        """What its faults act on, and the names of their effects there."""
        found: dict[str, set[str]] = {}
        for point, effects in self._effects():
            found.setdefault(point, set()).update(effects)
        return found

    @property
    def waits(self) -> bool:
        """Whether the client waits for an answer, on a socket for so long as its timeout."""
        return any(effects & _WAITS for point, effects in self.points.items() if point in _POINTS)

    def _effects(self) -> Iterator[tuple[str, Iterable[str]]]:
        if self.scenario is not None:
            yield from ((rule.kind.point, rule.kind.act) for rule in scenarios.shipped()[self.scenario].faults)
        for options in self.armed:
            kind = faults.shipped()[options["fault"]]
            yield kind.point, kind.act


@dataclass
class Outcome:
    """What came of a run. `error` is the class's name, '' for a whole file; `broken` are the rules that it broke.

    `taken_up` says whether the task, by the id that the error carries, came to a whole file once the fault had gone.
    Counted are the calls by role, the tasks that there are, what was charged in prices of one task, and seconds of the
    mock's clock; all of them before the task was taken up.
    """

    error: str = ""
    message: str = field(default="", compare=False)  # a socket words its errors in its own way
    has_id: bool = False
    taken_up: bool = False
    calls: dict[str, int] = field(default_factory=dict)
    tasks: int = 0
    charged: float = 0.0
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)

    def told(self, clean: Outcome) -> str:
        """Return it in a few words, compared with a run that meets nothing."""
        if self.error:
            made = (
                ["a task was made" if self.tasks else "no task"] if self.error == AmbiguousCreateError.__name__ else []
            )
            return ", ".join([f"`{self.error}`", *made, *(["taken up"] if self.taken_up else [])])
        more = sum(self.calls.values()) - sum(clean.calls.values())
        return "done" if more <= 0 else f"done, {more} call{'s'[: more != 1]} more"


def cases() -> Iterator[Case]:
    """Give every shipped fault, once and always on each call that it can hurt, and every shipped scenario."""
    for name, kind in faults.shipped().items():
        for fields in ({}, *MORE.get(name, ())):
            title = ", ".join([name, *(f"{key}={value}" for key, value in fields.items())])
            armed = {"fault": name, **fields}
            if kind.point not in _ON:
                yield Case(title, armed=(*WITH.get(name, ()), armed))
                continue
            for role in [kind.on] if kind.on is not None else _ON[kind.point]:
                yield Case(title, "first", _CALLS[role], ({**armed, "on": role, "times": 1},))
                yield Case(title, "every", _CALLS[role], ({**armed, "on": role},))
    for name in scenarios.shipped():
        yield Case(name, scenario=name)


def run(rig: Rig, case: Case, folder: Path, *, timeout: float = 60.0) -> Outcome:
    """Create a task, wait for it and download its result, and judge what came of it; `timeout` is for one call."""
    mock, key, path = rig.mock, KEY, folder / "film.mp4"
    path.unlink(missing_ok=True)
    if case.scenario is not None:
        mock.use_scenario(case.scenario, key=key)
    armed = [mock.add_fault(**options, key=key) for options in case.armed]
    found, task, error = Outcome(), None, None
    started_ms = mock.clock.now_ms()
    # Hundreds of files, none of which has to outlive the machine: fsync would be most of the time.
    with patch("os.fsync"), rig.client(key, timeout=timeout) as (client, calls):
        try:
            task = client.create_task(first_body(rig.contract))
            client.download(client.wait(task), path, timeout=timeout)
        except ClientError as raised:
            error = raised
        except Exception as raised:  # whatever it is, it must not be
            found.broken.append(f"{type(raised).__name__} escaped: {raised}")
        _measure(rig, found, calls, started_ms)
        _judge(case, found, task, error, is_there=path.exists())
        found.broken += [f"{rule} and never acted" for rule in armed if not rule.fired]
        for rule in armed:
            mock.remove_fault(rule.id)
        if error is None and path.exists() and path.read_bytes() != _served(rig):
            found.broken.append("the file on the disk is not the video that the mock has")
        if error is not None and error.task_id is not None:
            found.taken_up = _take_up(client, error.task_id, path) and path.read_bytes() == _served(rig)
    if list(folder.glob(".*")):
        found.broken.append("a part of a file was left behind")
    mock.reset()  # the next run gets the same task, and meets the same chances
    return found


def _measure(rig: Rig, found: Outcome, calls: Calls, started_ms: int) -> None:
    tasks = rig.mock.tasks
    found.calls, found.tasks = dict(calls.made), len(tasks)
    price = max((task.price for task in tasks), default=Decimal(1))
    found.charged = float(rig.mock.ledger(KEY).charged / price)
    found.seconds = (rig.mock.clock.now_ms() - started_ms) / 1000


def _judge(case: Case, found: Outcome, task: Task | None, error: ClientError | None, *, is_there: bool) -> None:
    """Say which rules a run broke. What a provider charges twice for one task is not the client's doing."""
    most = found.tasks * (2 if "twice" in case.points.get("money", ()) else 1)
    if error is not None:
        found.error, found.message, found.has_id = type(error).__name__, str(error), error.task_id is not None
    rules = {
        f"{found.tasks} tasks were made": found.tasks > 1,
        f"{found.charged:g} times the price was charged for {found.tasks} tasks": found.charged > most,
        f"it took {found.seconds:g} s": found.seconds > MOST_S,
        f"{found.calls.get('submit')} creates before it was ambiguous": isinstance(error, AmbiguousCreateError)
        and found.calls.get("submit") != 1,
        "a task was made, and the error does not say that": error is not None
        and found.tasks > 0
        and task is None
        and not isinstance(error, AmbiguousCreateError),
        "the error does not name the task": error is not None and task is not None and error.task_id != task.id,
        "there is a file, and an error": error is not None and is_there,
        "there is no file, and no error": error is None and not is_there,
        f"the message holds the key: {found.message}": KEY in found.message,
    }
    found.broken += [text for text, is_broken in rules.items() if is_broken]


def _served(rig: Rig) -> bytes:
    """Return the video of the newest task, as the mock has it."""
    path = f"/_files/{rig.contract.provider}/{rig.mock.tasks[-1].id}/video.mp4"
    return rig.mock.handle(Request("GET", path, b"", {}, b"", "http://mock.test")).body


def _take_up(client: Any, task_id: str, path: Path) -> bool:
    try:
        client.download(client.wait(task_id), path)
    except ClientError:
        return False
    return True
