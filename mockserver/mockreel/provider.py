"""The one object that users hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import mockreel_contracts
from mockreel import faults as fault_files
from mockreel import scenarios as scenario_files
from mockreel.desk import Desk
from mockreel.domain import capsule as capsules
from mockreel.domain.capsule import CapsuleError
from mockreel.domain.clock import Clock, ManualClock
from mockreel.domain.engine import Engine
from mockreel.domain.faults.kind import FaultKind
from mockreel.domain.given import credits_of
from mockreel.domain.journal import Entry
from mockreel.domain.messages import Answer, Request
from mockreel.domain.scenario import Pace, Scenario
from mockreel.domain.settings import DEFAULT_SECRET, Settings
from mockreel.faults.folder import unusable, vocabulary
from mockreel.options import clock_of, pace_of, profiles_of
from mockreel_contracts import Contract, ContractError, Problem

if TYPE_CHECKING:
    from mockreel.server.app import MockApp
    from mockreel.transport import MockTransport


LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LENIENT = (
    "for the provider's own refusal instead: mock.intercept(strict=False), or strict=False in the mockreel marker"
)


class MockProvider(Desk):
    """A mock of one or several providers. What it can do while it runs stands in Desk.

    >>> with MockProvider("kie", seed=7, clock="manual") as mock, mock.serve() as url:
    >>>     ...  # point your client at url; mock.clock.advance(60) moves time and sends the callbacks that fall due

    Without `markers` a call cannot choose its outcome: API keys like mock-402, [[mock:...]] in a prompt and the headers
    X-Mock-Scenario and X-Mock-Fault do nothing.
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
        markers: bool = True,
        scenarios: str | Path | None = None,
        faults: str | Path | None = None,
        contracts: str | Path | None = None,
        callback_secret: str | None = DEFAULT_SECRET,
        allow_hosts: str | Sequence[str] = (),
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
        served = [_contract(name, chosen[name], root) for name in names]
        known = vocabulary(served) if faults is not None or scenarios is not None else ()
        kinds = _faults(faults, known)
        engine = Engine(
            served,
            clock=clock_of(clock),
            settings=Settings(
                seed=seed,
                pace=pace_of(pace),
                looks=looks,
                speed=speed,
                credits=credits_of(credits),
                limits=limits,
                errors=errors,
                scenario=scenario,
                markers=markers,
                callback_secret=callback_secret,
                allow_hosts=(allow_hosts,) if isinstance(allow_hosts, str) else tuple(allow_hosts),
                scenarios=_scenarios(scenarios, kinds, known),
                faults=kinds,
            ),
        )
        super().__init__(engine)
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

    @contextmanager
    def intercept(self, *hosts: str, strict: bool = True) -> Iterator[Self]:
        """Answer, in this process, what httpx and httpx2 send to the providers' own hosts, sync and async.

        >>> with MockProvider("kie") as mock, mock.intercept():
        >>>     ...  # code that calls https://api.kie.ai, unchanged

        `hosts` are further hosts or URLs to answer, such as your own test stage. A request to one of them that no
        contract knows raises UnexpectedRequestError, unless not `strict`: then it gets the provider's own refusal.
        Calls to this machine go through, calls to anywhere else fail. Needs mockreel[testing].
        """
        from mockreel.interception import intercepting

        documents = [service.contract.openapi for service in self.engine.services.values()]
        own = [server["url"] for document in documents for server in document["servers"]]
        with intercepting([*own, *hosts], _Intercepted(self, is_strict=strict)):
            yield self

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


class _Intercepted:
    """What answers intercepted requests."""

    def __init__(self, mock: MockProvider, *, is_strict: bool) -> None:
        self._mock = mock
        self._is_strict = is_strict

    def answer(self, request: Request) -> Answer:
        """Answer a request. Raises UnexpectedRequestError."""
        with self._mock.engine.lock:
            answer = self._mock.engine.handle(request)
            last = self._mock.journal.last
        if self._is_strict and isinstance(last, Entry) and last.is_unexpected:
            from mockreel.interception import UnexpectedRequestError
            from mockreel.unexpected import told

            raise UnexpectedRequestError(f"{told(self._mock.engine, request, last.decision)}\n  {_LENIENT}")
        return answer

    def finish(self, answer: Answer, request: Request) -> Answer:
        """Return an answer that can be sent."""
        return self._mock._finished(answer, request)  # noqa: SLF001 - of this file


def _contract(name: str, profile: str, root: Path | None) -> Contract:
    """Return a contract; of a folder of one's own it is read anew each time. Raises ContractError."""
    return _shipped(name, profile) if root is None else mockreel_contracts.load(name, profile=profile, root=root)


@cache
def _shipped(name: str, profile: str) -> Contract:
    """Return a contract that ships: read once, as every test makes a mock of its own."""
    return mockreel_contracts.load(name, profile=profile)


def _faults(folder: str | Path | None, known: Sequence[Contract]) -> Mapping[str, FaultKind]:
    """Return the shipped faults and those of a folder, which count more. Raises FaultError."""
    shipped = fault_files.shipped()
    return shipped if folder is None else {**shipped, **fault_files.load(_folder(folder, "faults"), known)}


def _scenarios(
    folder: str | Path | None, kinds: Mapping[str, FaultKind], known: Sequence[Contract]
) -> Mapping[str, Scenario]:
    """Return the shipped scenarios and those of a folder, which count more. Raises ScenarioError."""
    shipped = scenario_files.shipped()
    if folder is None:
        return shipped
    return {**shipped, **scenario_files.load(_folder(folder, "scenarios"), kinds, known)}


def _folder(path: str | Path, what: str) -> Path:
    if not isinstance(path, str | Path):
        how = "add_faults arms faults" if what == "faults" else "scenario= names one, use_scenario sets one"
        raise ValueError(f"{what} is a folder of YAML files, got {path!r:.60}; {how}")
    reason = unusable(Path(path))
    if reason:
        raise ValueError(f"{what} is a folder of YAML files: {path} {reason}")
    return Path(path)
