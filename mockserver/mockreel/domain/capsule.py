"""One line that holds what a run was set up with, from its start on, so that it can be run again."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import orjson

from mockreel.domain.scenario import Pace
from mockreel.domain.schedule import Step

if TYPE_CHECKING:
    from mockreel.domain.stage import Stage

PREFIX = "mockreel1:"
MOST = 64 * 1024  # bytes of what a capsule may hold
MOST_LINE = 2 * MOST  # characters
MOST_DEPTH = 16
MOST_MS = 10**14
_PROVIDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


class CapsuleError(ValueError):
    """A line is no capsule, or one that cannot be set up here."""


def take(stage: Stage) -> str:
    """Return one line that sets up the same run again: seed, clock, settings, and each step since its start.

    Steps are the faults, credits, secrets, scenarios and resets of one key that were asked for between the calls.
    Calls and moves of the clock are the caller's own. API keys are in it as fingerprints, callback secrets not at all,
    as the line ends up in logs. When there were more steps than a capsule holds, it says so instead, and `unpack`
    refuses it.
    """
    settings, plan = stage.settings, stage.schedule
    content = {
        "providers": {name: service.contract.profile for name, service in stage.services.items()},
        "clock": "manual" if stage.clock.is_manual else "real",
        "start_ms": plan.started_ms if stage.clock.is_manual else 0,
        "seed": str(settings.seed),
        "pace": settings.pace.value,
        "looks": settings.looks,
        "speed": settings.speed,
        "credits": str(settings.credits) if settings.credits is not None else "unlimited",
        "limits": settings.limits,
        "errors": settings.errors,
        "signed": settings.callback_secret is not None,
        "scenario": settings.scenario,
        "steps": [[*step[:4], *step.arguments] for step in (*plan.taken, *plan.pending)],
        "missing": plan.missing,
    }
    try:
        return pack(content)
    except CapsuleError:
        return pack({**content, "steps": [], "missing": plan.missing or len(plan.taken) + len(plan.pending)})


def pack(content: Mapping[str, Any]) -> str:
    """Return a line of text without spaces. The same content gives the same line. Raises CapsuleError for too much."""
    data = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    if len(data) > MOST:
        raise CapsuleError(f"a capsule holds {MOST} bytes, got {len(data)}")
    return PREFIX + base64.urlsafe_b64encode(zlib.compress(data, 9)).decode().rstrip("=")


def unpack(line: object) -> dict[str, Any]:
    """Return what a capsule holds, its steps as Step. Raises CapsuleError."""
    if not isinstance(line, str):
        raise CapsuleError(f"a capsule is a line of text, got {type(line).__name__}")
    text = line.strip()
    if not text.startswith(PREFIX):
        raise CapsuleError(f"a capsule begins with {PREFIX}, got {text[:20]!r}")
    content = _loaded(text.removeprefix(PREFIX))
    wrong = sorted(content.keys() ^ _CHECKS.keys())
    if wrong:
        raise CapsuleError(f"the capsule is of another version: {', '.join(wrong)[:60]!r} is missing or not known")
    for name, check in _CHECKS.items():
        if not check(content[name]):
            raise CapsuleError(f"the capsule is damaged: {name} cannot be {content[name]!r:.60}")
    if content["missing"]:
        raise CapsuleError(
            f"the capsule is not whole: {content['missing']} faults and settings came after the start of the run, more"
            " than a capsule holds; reset the mock between tests, so that each begins a run of its own"
        )
    steps = content["steps"]
    return {**content, "steps": [Step(calls, ms, sent, verb, tuple(rest)) for calls, ms, sent, verb, *rest in steps]}


def _loaded(coded: str) -> dict[str, Any]:
    if len(coded) > MOST_LINE:
        raise CapsuleError(f"a capsule is at most {MOST_LINE} characters long, got {len(coded)}")
    try:
        packed = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
        inflated = zlib.decompressobj()
        data = inflated.decompress(packed, MOST)
        content = orjson.loads(data)
    except (ValueError, zlib.error):
        raise CapsuleError("the capsule is damaged: copy the whole line") from None
    if not inflated.eof or inflated.unused_data or not _is_shallow(content, MOST_DEPTH):
        raise CapsuleError("the capsule is damaged: copy the whole line")
    if not isinstance(content, dict):
        raise CapsuleError("the capsule is damaged: it holds no object")
    return content


def _is_shallow(value: Any, depth: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(_is_shallow(each, depth - 1) for each in inner)


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _are_providers(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(_PROVIDER.fullmatch(name) and isinstance(profile, str) for name, profile in value.items())
    )


def _are_steps(value: Any) -> bool:
    return (
        isinstance(value, list)
        and all(
            isinstance(step, list)
            and len(step) > 4
            and all(_is_whole(number, 0, MOST_MS) for number in step[:3])
            and isinstance(step[3], str)
            for step in value
        )
        and all(first[:2] <= second[:2] for first, second in pairwise(value))
    )


_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "providers": _are_providers,
    "clock": lambda value: value in ("manual", "real"),
    "start_ms": lambda value: _is_whole(value, 0, MOST_MS),
    "seed": lambda value: isinstance(value, str) and re.fullmatch("-?[0-9]{1,100}", value) is not None,
    "pace": lambda value: value in tuple(Pace),
    "looks": lambda value: _is_whole(value, 1, 10**9),
    "speed": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1e6,
    "credits": lambda value: isinstance(value, str) and len(value) <= 100,
    "limits": lambda value: isinstance(value, bool),
    "errors": lambda value: value in (None, "body", "http"),
    "signed": lambda value: isinstance(value, bool),
    "scenario": lambda value: value is None or isinstance(value, str),
    "steps": _are_steps,
    "missing": lambda value: _is_whole(value, 0, 10**12),
}
