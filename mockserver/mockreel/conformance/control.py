"""The other hand on the server: what a mock lets its tester choose, where the server is one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from mockreel.realtime import RealClock

if TYPE_CHECKING:
    import httpx2

    from mockreel.desk import Desk

SCENARIO_HEADER = "x-mock-scenario"
FAULT_HEADER = "x-mock-fault"
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

    def __init__(self, url: str, http: httpx2.Client, *, token: str | None = None) -> None:
        base = url.rstrip("/")
        self._url = base if base.endswith("/_mock") else f"{base}/_mock"
        self._http = http
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        clock = self._ask("GET", "/clock")
        try:
            self.is_manual = clock["clock"] == "manual"
            self.speed = float(clock["speed"])
            self._ahead_ms = int(clock["now_ms"]) - _CLOCK.now_ms()
        except (KeyError, TypeError, ValueError):
            raise ControlError(f"{self._url}/clock is not that of a mock") from None

    def now_ms(self) -> int:
        """Return the mock's time."""
        if self.is_manual:
            return int(self._ask("GET", "/clock")["now_ms"])
        return _CLOCK.now_ms() + self._ahead_ms

    def advance(self, seconds: float) -> None:
        """Move the mock's clock, or wait."""
        if self.is_manual:
            self._ask("POST", "/clock/advance", {"seconds": seconds})
        else:
            time.sleep(seconds)

    def set_credits(self, key: str, credits: float) -> None:
        """Give an API key exactly so many credits."""
        self._ask("PUT", f"/keys/{key}", {"credits": credits})

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        import httpx2

        try:
            answer = self._http.request(method, self._url + path, json=body, headers=self._headers)
            answer.raise_for_status()
            found = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise ControlError(f"{method} {self._url}{path}: {error}") from None
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
