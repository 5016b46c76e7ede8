"""The one object that users hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import mockreel_contracts
from mockreel import faults, scenarios
from mockreel.domain.callbacks.callback import Callback
from mockreel.domain.clock import Clock, ManualClock
from mockreel.domain.engine import Engine
from mockreel.domain.journal import Journal
from mockreel.domain.messages import Answer, Request
from mockreel.domain.scenario import Pace
from mockreel.domain.settings import DEFAULT_SECRET, Settings
from mockreel.realtime import RealClock
from mockreel.server.courier import Courier
from mockreel.server.steering import SteeredClock
from mockreel_contracts import ContractError, Problem

if TYPE_CHECKING:
    from mockreel.server.app import MockApp


MOST_CREDITS = 10**12
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class MockProvider:
    """A mock of one or several providers.

    >>> with MockProvider("kie", seed=7, clock="manual") as mock, mock.serve() as url:
    >>>     ...  # point your client at url; mock.clock.advance(60) moves time and sends the callbacks that fall due

    `callback_secret` signs callbacks whose contract takes such a secret (None: they are not signed); `allow_hosts`
    are called beside loopback (names, globs, addresses, ranges, or "private").
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
                scenarios=scenarios.shipped(),
                faults=faults.shipped(),
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

    def close(self) -> None:
        """Stop sending callbacks and forget everything."""
        self._courier.stop()
        self.engine.reset()

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
    def callbacks(self) -> list[Callback]:
        """Every callback so far with its attempts, oldest first."""
        with self.engine.lock:
            return list(self.engine.outbox)

    def handle(self, request: Request) -> Answer:
        """Answer one request in-process, result files included."""
        from mockreel.server.app import rendered

        answer = self.engine.handle(request)
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
