"""What has been set up since the start of a run, and when: the steps that a capsule replays."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from mockreel.domain.faults.rule import Rule, exact_key
from mockreel.domain.given import credits_of
from mockreel.domain.journal import fingerprint, placeholder
from mockreel.domain.settings import DEFAULT_SECRET

if TYPE_CHECKING:
    from mockreel.domain.stage import Stage

MOST_BYTES = 48 * 1024  # of steps, as JSON; a capsule holds 64 KB
_NAME = re.compile("key-[0-9a-f]{8}")


class Step(NamedTuple):
    """Something that was set up: after how many calls, milliseconds since the start, and attempts to send callbacks.

    The arguments are JSON. API keys in them are fingerprints, and so is the exact key of a fault.
    """

    calls: int
    ms: int
    sent: int
    verb: str
    arguments: tuple[Any, ...]


class Schedule:
    """The steps of a run since its start, and those of a capsule that are still to come (`pending`).

    A fingerprint in a step of a capsule stands for the first API key that calls and has it: until then it is among
    `unknown`, then in `keys`. `missing` counts the steps when there are too many to be kept; then none is.
    """

    def __init__(self, now_ms: int) -> None:
        self.started_ms = now_ms
        self.calls = 0
        self.taken: list[Step] = []
        self.missing = 0
        self.pending: deque[Step] = deque()
        self.unknown: set[str] = set()
        self.keys: dict[str, str] = {}
        self._bytes = 0

    def follow(self, steps: Iterable[Step]) -> None:
        """Have the steps of a capsule come, each in its place."""
        self.pending.extend(steps)
        self.unknown.update(name for step in self.pending for name in _names(step))

    def due(self, now_ms: int, sent: int, *, is_calling: bool = False) -> Step | None:
        """Return the next step of the capsule if its place has come, which takes it off.

        It comes after as many calls, when the clock has got to it, and if it stands at that moment, when as many
        callbacks have been sent; at the latest before the call that it came before.
        """
        if not self.pending or self.pending[0].calls > self.calls:
            return None
        step, at_ms = self.pending[0], now_ms - self.started_ms
        is_due = is_calling or (at_ms, sent) >= (step.ms, step.sent)
        return self.pending.popleft() if is_due else None

    def are_waiting(self, now_ms: int, sent: int) -> bool:
        """Whether the steps whose place has come are to wait for a call: one of them takes back what others set up.

        Where connections are refused no call comes; so what ends that is not taken together with what begins it.
        """
        here = (now_ms - self.started_ms, sent)
        near = takewhile(lambda step: step.calls <= self.calls and (step.ms, step.sent) <= here, self.pending)
        return any(step.verb in ("disarm", "reset") for step in near)

    def note(self, now_ms: int, sent: int, verb: str, *arguments: Any) -> None:
        """Keep a step that is being taken."""
        step = Step(self.calls, now_ms - self.started_ms, sent, verb, arguments)
        self._bytes += len(orjson.dumps([*step[:4], *arguments]))
        self.taken.append(step)
        if self.missing or self._bytes > MOST_BYTES:
            self.missing += len(self.taken)
            self.taken.clear()

    def met(self, key: str) -> str:
        """An API key is met: return what has stood for it until now, or '' if nothing has."""
        name = fingerprint(key)
        if name not in self.unknown or key == placeholder(name):
            return ""
        self.unknown.remove(name)
        self.keys[name] = key
        return placeholder(name)

    def key_of(self, name: str) -> str:
        """Return the API key that a fingerprint in a step stands for, or what stands for it."""
        return self.keys.get(name) or placeholder(name)


def take(stage: Stage, step: Step) -> None:
    """Take a step of a capsule. Raises ValueError for one that cannot be taken."""
    key_of = stage.schedule.key_of
    match step.verb, *step.arguments:
        case "arm", *wanted if wanted and all(isinstance(item, dict) for item in wanted):
            stage.add_faults([{**o, "key": key_of(o["key"])} if _is_name(o.get("key")) else o for o in wanted])
        case "disarm", *ids if ids and all(isinstance(each, str) for each in ids):
            stage.disarm(ids)
        case "credits", name, str() as amount, str() | None as provider if _is_name(name):
            stage.set_credits(key_of(name), credits_of(amount), provider=provider)
        case "secret", name, bool() as is_signed, str() | None as provider if _is_name(name):
            secret = (stage.settings.callback_secret or DEFAULT_SECRET) if is_signed else None
            stage.set_secret(key_of(name), secret, provider=provider)
        case "scenario", name, str() | None as scenario if name is None or _is_name(name):
            stage.set_scenario(scenario, key_of(name) if name is not None else None)
        case "reset", name if _is_name(name):
            stage.reset(key_of(name))
        case _:
            raise ValueError(f"{[step.verb, *step.arguments]!r:.100} is no step of a capsule")


def masked(rule: Rule) -> dict[str, Any]:
    """Return what a fault was armed with as a step holds it."""
    options = orjson.loads(orjson.dumps({**rule.options(), "fault": rule.kind.name}, default=dict))
    key = exact_key(options.get("key"))
    return {**options, "key": fingerprint(key)} if key is not None else options


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _names(step: Step) -> set[str]:
    """Return the fingerprints in a step."""
    if step.verb == "arm":
        return {item["key"] for item in step.arguments if _is_name(item.get("key"))}
    return {name for name in step.arguments[:1] if _is_name(name)}
