"""The other hand on the server: what a mock lets its tester choose, where the server is one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from mockreel.conformance.wire import ask, parsed
from mockreel.realtime import RealClock

if TYPE_CHECKING:
    import httpx2

    from mockreel.desk import Desk

SCENARIO_HEADER = "x-mock-scenario"
FAULT_HEADER = "x-mock-fault"
_PATIENCE_S = 30.0  # for one call
_LATEST_MS = 100_000_000_000_000  # of a clock; the year 5138
_FASTEST = 1e9
_CLOCK = RealClock()


class Control(Protocol):
    """Steers a mock: its time, its outcomes, its credits. Times are Unix milliseconds of the mock's clock."""

    is_manual: bool
    speed: float
    """What the contract's durations are divided by."""

    def now_ms(self) -> int:
        """Return the time."""

    def advance(self, seconds: float) -> None:
        """Move a manual clock, or wait on another; all callbacks that fell due were answered when it returns."""

    def set_credits(self, key: str, credits: float) -> None:
        """Give an API key exactly so many credits."""


class ControlError(Exception):
    """The control API does not answer as one does."""


class LocalControl:
    """A mock in this process."""

    def __init__(self, mock: Desk) -> None:
        self._mock = mock
        self.is_manual = mock.clock.is_manual
        self.speed = mock.engine.settings.speed

    def now_ms(self) -> int:
        """Return the mock's time."""
        return self._mock.clock.now_ms()

    def advance(self, seconds: float) -> None:
        """Move the mock's clock, or wait."""
        if self.is_manual:
            self._mock.clock.advance(seconds)
        else:
            time.sleep(seconds)

    def set_credits(self, key: str, credits: float) -> None:
        """Give an API key exactly so many credits."""
        self._mock.set_key(key, credits=credits)


class RemoteControl:
    """The control API of a mock elsewhere, at `url` (with or without its `/_mock`). Raises ControlError."""

    def __init__(
        self, url: str, http: httpx2.Client, *, token: str | None = None, deadline_s: float = float("inf")
    ) -> None:
        base = url.rstrip("/")
        self._url = base if base.endswith("/_mock") else f"{base}/_mock"
        self._http = http
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        self._deadline_s = deadline_s
        told = self._clock()
        self.is_manual = told["clock"] == "manual"
        self.speed = float(told["speed"])
        self._ahead_ms = int(told["now_ms"]) - _CLOCK.now_ms()

    def now_ms(self) -> int:
        """Return the mock's time."""
        return int(self._clock()["now_ms"]) if self.is_manual else _CLOCK.now_ms() + self._ahead_ms

    def advance(self, seconds: float) -> None:
        """Move the mock's clock, or wait."""
        if self.is_manual:
            self._ask("POST", "/clock/advance", {"seconds": seconds})
        else:
            time.sleep(seconds)

    def set_credits(self, key: str, credits: float) -> None:
        """Give an API key exactly so many credits."""
        self._ask("PUT", f"/keys/{key}", {"credits": credits})

    def _clock(self) -> dict[str, Any]:
        """Return what the clock tells, where that is what a mock's clock may tell."""
        told = self._ask("GET", "/clock")
        now_ms, speed = told.get("now_ms"), told.get("speed")
        is_time = isinstance(now_ms, int | float) and 0 <= now_ms < _LATEST_MS
        if "clock" not in told or not is_time or not (isinstance(speed, int | float) and 0 < speed < _FASTEST):
            raise ControlError(f"{self._url}/clock is not that of a mock")
        return told

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        import httpx2

        left_s = self._deadline_s - _CLOCK.now_ms() / 1000
        if left_s <= 0:
            raise ControlError("the time of the run was over; give --max-time more")
        headers = {**self._headers, "content-type": "application/json"}
        content = b"" if body is None else orjson.dumps(body)
        patience_s = min(_PATIENCE_S, left_s)
        try:
            answer = ask(self._http, method, self._url + path, headers=headers, content=content, patience_s=patience_s)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ControlError(f"{method} {self._url}{path}: {error}") from None
        if not 200 <= answer.status < 300:
            raise ControlError(f"{method} {self._url}{path} answers with HTTP status {answer.status}")
        found = parsed(answer.body)
        if not isinstance(found, dict):
            raise ControlError(f"{method} {self._url}{path} answers no object")
        return found


class NoControl:
    """A server that cannot be steered: time passes by itself."""

    is_manual = False
    speed = 1.0

    def now_ms(self) -> int:
        """Return this machine's time."""
        return _CLOCK.now_ms()

    def advance(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def set_credits(self, key: str, credits: float) -> None:
        """Raise ControlError: nobody can."""
        raise ControlError(f"there is no control to give {key} {credits:g} credits")
