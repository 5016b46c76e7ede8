"""What users say about a mock, turned into what the engine takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mockreel.domain.clock import Clock, ManualClock
from mockreel.domain.scenario import Pace
from mockreel.realtime import RealClock


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


def pace_of(value: str) -> Pace:
    """Return a pace by its name. Raises ValueError for what is none."""
    try:
        return Pace(value)
    except ValueError:
        raise ValueError(f"pace is one of {', '.join(Pace)}, got {value!r}") from None


def clock_of(clock: Literal["real", "manual"] | Clock) -> Clock:
    """Return a clock by its name, or one that is handed in. Raises ValueError for what is none."""
    if clock == "manual":
        return ManualClock()
    if clock == "real":
        return RealClock()
    if not callable(getattr(clock, "now_ms", None)):
        raise ValueError(f"clock is real, manual or an object like ManualClock, got {clock!r}")
    return clock
