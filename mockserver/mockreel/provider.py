"""The one object that users hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import mockreel_contracts
from mockreel import faults as fault_files
from mockreel import scenarios as scenario_files
from mockreel.domain import capsule as capsules
from mockreel.domain import explain
from mockreel.domain.callbacks.callback import Callback
from mockreel.domain.capsule import CapsuleError
from mockreel.domain.clock import Clock, ManualClock
from mockreel.domain.engine import Engine
from mockreel.domain.faults.kind import FaultKind
from mockreel.domain.faults.rule import Rule
from mockreel.domain.journal import Journal
from mockreel.domain.ledger import Account
from mockreel.domain.messages import Answer, Request
from mockreel.domain.scenario import Pace, Scenario
from mockreel.domain.settings import DEFAULT_SECRET, Settings
from mockreel.domain.task import Task
from mockreel.realtime import RealClock
from mockreel.server.courier import Courier
from mockreel.server.steering import SteeredClock
from mockreel_contracts import ContractError, Problem

if TYPE_CHECKING:
    from mockreel.server.app import MockApp
    from mockreel.transport import MockTransport


MOST_CREDITS = 10**12
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class MockProvider:
    """A mock of one or several providers.

    >>> with MockProvider("kie", seed=7, clock="manual") as mock, mock.serve() as url:
    >>>     ...  # point your client at url; mock.clock.advance(60) moves time and sends the callbacks that fall due

    `callback_secret` signs callbacks whose contract takes such a secret (None: they are not signed); `allow_hosts`
    are called beside loopback (names, globs, addresses, ranges, or "private"); `scenarios` and `faults` are
    folders of your own.
    Raises ContractError for a contract that cannot be used and ValueError for a setting out of its range.
    """

    def __init__(
        self,
        *providers: str,
        seed: int = 0,
        clock: Literal["real", "manual"] | Clock = "manual",
        pace: Pace | Literal["time", "polls", "instant"] = "time",
        looks: int = 1,
        speed: float = 1.0,
        profile: str = "documented",
        credits: float | Decimal | Literal["unlimited"] = 10_000,
        limits: bool = False,
        errors: Literal["body", "http"] | None = None,
        scenario: str | None = None,
        scenarios: str | Path | None = None,
        faults: str | Path | None = None,
        contracts: str | Path | None = None,
        callback_secret: str | None = DEFAULT_SECRET,
        allow_hosts: Sequence[str] = (),
        token: str | None = None,
    ) -> None:
        root = Path(contracts) if contracts is not None else None
        names: Sequence[str] = providers or mockreel_contracts.providers(root)
        if not names:
            missing = Problem(".", 0, "", "holds no contract folders", "NAME/behavior.yaml")
            raise ContractError(str(contracts), (missing,))
        chosen = profiles_of(profile, names)
        if callback_secret == "none":  # noqa: S105 - a word of the command line
            raise ValueError('callback_secret="none" would sign with that word; None turns signing off')
        kinds = _faults(faults)
        self.engine = Engine(
            [mockreel_contracts.load(name, profile=chosen[name], root=root) for name in names],
            clock=_clock(clock),
            settings=Settings(
                seed=seed,
                pace=_pace(pace),
                looks=looks,
                speed=speed,
                credits=credits_of(credits),
                limits=limits,
                errors=errors,
                scenario=scenario,
                callback_secret=callback_secret,
                allow_hosts=tuple(allow_hosts),
                scenarios=_scenarios(scenarios, kinds),
                faults=kinds,
            ),
        )
        self._courier = Courier(self.engine)
        self.clock = SteeredClock(self.engine, self._courier)
        self._token = token
        self._app: MockApp | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<MockProvider {', '.join(self.engine.services)}, seed {self.engine.settings.seed}>"

    def close(self) -> None:
        """Stop sending callbacks. What has happened can still be looked at."""
        self._courier.stop()

    @property
    def app(self) -> MockApp:
        """The ASGI application: the providers' paths, result files, and the control API under /_mock."""
        if self._app is None:
            from mockreel.server.app import MockApp

            instance = self.engine.dice.roll("instance", id(self)).hex()
            self._app = MockApp(self.engine, courier=self._courier, token=self._token, instance=instance)
        return self._app

    @property
    def journal(self) -> Journal:
        """Every exchange and every delivery so far."""
        return self.engine.journal

    @property
    def tasks(self) -> list[Task]:
        """Every task so far, oldest first by provider."""
        with self.engine.lock:
            return [task for service in self.engine.services.values() for task in service.tasks.values()]

    def ledger(self, key: str, provider: str | None = None) -> Account:
        """Return the account of an API key, settled up to now; `provider` is needed where several are served."""
        names = [provider] if provider is not None else list(self.engine.services)
        if len(names) != 1 or names[0] not in self.engine.services:
            raise ValueError(f"name one provider of {', '.join(self.engine.services)}, got {provider!r}")
        self.engine.settle()
        return self.engine.services[names[0]].sandbox(key).account

    @property
    def faults(self) -> list[Rule]:
        """The faults that are armed, in the order in which they compose."""
        return list(self.engine.board)

    def add_fault(self, fault: str, **options: Any) -> Rule:
        """Arm a fault.

        >>> mock.add_fault("answer_lost", on="submit", times=1, key="test-*")

        `options` are the fault's own fields (`mockreel faults list`), which calls are meant (provider, on, key, test,
        model, prompt, task: globs) and when (after, every, times, probability, from_s, until_s, ramp_s, ttl_s; counted
        for each API key). Raises FaultError for what is not known.
        """
        return self.engine.add_faults([{"fault": fault, **options}])[0]

    def fail_next(self, case: str, *, times: int = 1, **options: Any) -> Rule:
        """Refuse the next `times` calls of each API key with an ErrorCase, named by id, code or reason."""
        return self.add_fault("error", case=str(case), times=times, **options)

    def remove_fault(self, fault_id: str) -> None:
        """Disarm a fault. Raises ValueError when it is not armed."""
        if not self.engine.remove_faults([fault_id]):
            raise ValueError(f"no fault {fault_id!r} is armed")

    def use_scenario(self, name: str | None, *, key: str | None = None) -> None:
        """Have the tasks of an API key, or all, follow a scenario unless they ask for another. Raises ScenarioError."""
        self.engine.set_scenario(name, key)

    def reset(self, key: str | None = None) -> None:
        """Forget tasks, accounts, callbacks, faults and journal of one API key, or of all. The clock goes on."""
        self.engine.reset(key)

    def explain(self, task_id: str) -> dict[str, Any]:
        """Return why a task is in its state and what comes next. Raises ValueError for a task that is not there."""
        with self.engine.lock:
            for service in self.engine.services.values():
                if task_id in service.tasks:
                    return explain.explain(service, service.tasks[task_id], self.clock.now_ms(), self.engine.journal)
        raise ValueError(f"there is no task {task_id!r}")

    @property
    def capsule(self) -> str:
        """One line that sets up the same run again: `MockProvider.from_capsule`, `mockreel serve --capsule`.

        The run is all since the start or the last full `reset`.
        """
        return self.engine.capsule()

    @classmethod
    def from_capsule(cls, line: str, **options: Any) -> Self:
        """Set up the run that a capsule holds; `options` are arguments that it does not hold, such as contracts.

        What the run set up between its calls comes again before the same call, at the same moment of a manual clock, so
        the same calls and advances get the same bytes. Arm nothing that the run armed: it would be there twice.
        Raises CapsuleError for a line that is no capsule, and for one that cannot be set up here.
        """
        held = capsules.unpack(line)
        given = {
            "seed": int(held["seed"]),
            "clock": ManualClock(held["start_ms"]) if held["clock"] == "manual" else "real",
            "profile": ",".join(f"{name}={profile}" for name, profile in held["providers"].items()),
            "callback_secret": DEFAULT_SECRET if held["signed"] else None,
            **{name: held[name] for name in ("pace", "looks", "speed", "credits", "limits", "errors", "scenario")},
        }
        try:
            made = cls(*held["providers"], **{**given, **options})
            made.engine.follow(held["steps"])
        except (ContractError, ValueError) as error:
            raise CapsuleError(f"the capsule cannot be set up here: {error}") from error
        return made

    @property
    def callbacks(self) -> list[Callback]:
        """Every callback so far with its attempts, oldest first."""
        with self.engine.lock:
            return list(self.engine.outbox.records)

    def handle(self, request: Request) -> Answer:
        """Answer one request in-process, result files included."""
        return self._finished(self.engine.handle(request), request)

    def transport(self) -> MockTransport:
        """Return a transport for one httpx2 client, sync or async, that answers whatever host is called.

        >>> with httpx2.Client(transport=mock.transport(), base_url="https://api.kie.ai") as http:
        >>>     ...

        It raises what httpx2 raises on a socket for each fault of the network, and never really waits.
        """
        from mockreel.transport import MockTransport

        return MockTransport(self.engine.handle, self._finished)

    def _finished(self, answer: Answer, request: Request) -> Answer:
        """Return an answer that can be sent: its early callback is answered, its file rendered."""
        from mockreel.server.app import rendered

        if answer.waits_for is not None:
            self._courier.send_first(answer.waits_for)
        return rendered(answer, request)

    @contextmanager
    def serve(self, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
        """Serve on a real socket in a thread; gives the base URL. Port 0 picks one.

        Raises ValueError for an address beyond loopback without a token.
        """
        from mockreel.server import run

        if host not in LOOPBACK and self._token is None:
            raise ValueError(f"listening on {host} opens the control API to others: give MockProvider a token=")
        background = run.Background(self.app, run.bind(host, port))
        background.start()
        try:
            yield background.url
        finally:
            background.stop()


def profiles_of(text: str, providers: Sequence[str]) -> dict[str, str]:
    """Return each provider's profile from "observed" (for all) or "one=observed,other=strict".

    Raises ValueError for a part that is neither, and for a provider that is not served.
    """
    if "=" not in text:
        return dict.fromkeys(providers, text)
    chosen = dict.fromkeys(providers, "documented")
    for part in text.split(","):
        name, equals, profile = part.strip().partition("=")
        if not equals or name not in chosen:
            raise ValueError(f"a profile is NAME or PROVIDER=NAME for one of {', '.join(providers)}; got {part!r}")
        chosen[name] = profile
    return chosen


def credits_of(value: object) -> Decimal | None:
    """Return an amount of credits, None for "unlimited". Raises ValueError for anything else."""
    if value == "unlimited":
        return None
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= MOST_CREDITS or isinstance(value, bool):
        raise ValueError(f"credits are a number from 0 to {MOST_CREDITS:,}, or unlimited; got {value!r}")
    return amount


def _faults(folder: str | Path | None) -> Mapping[str, FaultKind]:
    """Return the shipped faults and those of a folder, which count more. Raises FaultError."""
    shipped = fault_files.shipped()
    return shipped if folder is None else {**shipped, **fault_files.load(_folder(folder, "faults"))}


def _scenarios(folder: str | Path | None, kinds: Mapping[str, FaultKind]) -> Mapping[str, Scenario]:
    """Return the shipped scenarios and those of a folder, which count more. Raises ScenarioError."""
    shipped = scenario_files.shipped()
    return shipped if folder is None else {**shipped, **scenario_files.load(_folder(folder, "scenarios"), kinds)}


def _folder(path: str | Path, what: str) -> Path:
    if not Path(path).is_dir():
        raise ValueError(f"{what} is a folder of YAML files, got {str(path)!r}")
    return Path(path)


def _pace(value: str) -> Pace:
    try:
        return Pace(value)
    except ValueError:
        raise ValueError(f"pace is one of {', '.join(Pace)}, got {value!r}") from None


def _clock(clock: Literal["real", "manual"] | Clock) -> Clock:
    if clock == "manual":
        return ManualClock()
    if clock == "real":
        return RealClock()
    if not callable(getattr(clock, "now_ms", None)):
        raise ValueError(f"clock is real, manual or an object like ManualClock, got {clock!r}")
    return clock
