"""A fault that is armed: for which calls, when, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

from mockreel.domain.dice import Dice
from mockreel.domain.faults.effects import ACTS_ON
from mockreel.domain.faults.glob import is_literal, matches
from mockreel.domain.faults.kind import ROLES, FaultError, FaultKind
from mockreel.domain.faults.tally import Tally
from mockreel.domain.journal import fingerprint

_CONTENT = {"keep", "corrupt"}


class Facts(NamedTuple):
    """What is known of a call or of the task it is about; what is not known is ''.

    `is_file`: it reads a result; `is_head`: without its content.
    """

    provider: str
    role: str
    operation: str
    key: str
    test: str
    model: str
    prompt: str
    task: str
    is_file: bool = False
    is_head: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of the call: that of its operation, and `result` if it reads a result file."""
        return (self.role, "result") if self.is_file else (self.role,)


@dataclass(frozen=True, slots=True)
class Match:
    """Which calls a fault is for: globs; `on` is a role or an operationId; what is None fits all."""

    provider: str | None = None
    on: str | None = None
    key: str | None = None
    test: str | None = None
    model: str | None = None
    prompt: str | None = None
    task: str | None = None

    def fits(self, facts: Facts) -> bool:
        """Whether a call is meant."""
        if self.on is not None and self.on not in (*facts.roles, facts.operation):
            return False
        return all(
            pattern is None or matches(pattern, value)
            for pattern, value in (
                (self.provider, facts.provider),
                (self.key, facts.key),
                (self.test, facts.test),
                (self.model, facts.model),
                (self.prompt, facts.prompt),
                (self.task, facts.task),
            )
        )


@dataclass(frozen=True, slots=True)
class Timing:
    """When a fault acts, counted for each API key by itself (in a scenario, for each task).

    Of the calls that fit, the first `after` are spared, of the others every `every`-th meets it, `times` times at most,
    each with `probability`. It acts from `from_s` to `until_s` after it was armed; with `ramp_s` its probability grows
    from 0 over that time; after `ttl_s` it is removed.
    """

    after: int = 0
    every: int = 1
    times: int | None = None
    probability: float = 1.0
    from_s: float = 0
    until_s: float | None = None
    ramp_s: float = 0
    ttl_s: float | None = None

    def __post_init__(self) -> None:
        for name, least, most in (
            ("after", 0, 10**9),
            ("every", 1, 10**9),
            ("times", 1, 10**9),
            ("probability", 0, 1),
            ("from_s", 0, 1e9),
            ("until_s", 0, 1e9),
            ("ramp_s", 0, 1e9),
            ("ttl_s", 0, 1e9),
        ):
            value = getattr(self, name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            is_whole = name not in ("after", "every", "times") or isinstance(value, int)
            if value is None and name in ("times", "until_s", "ttl_s"):
                continue
            if not (is_number and is_whole and least <= value <= most):
                kind = "a whole number" if name in ("after", "every", "times") else "a number"
                raise FaultError(f"{name} is {kind} from {least} to {most:g}, got {value!r:.40}")
        if self.until_s is not None and self.until_s <= self.from_s:
            raise FaultError(f"until_s is after from_s, got {self.from_s:g} to {self.until_s:g}")
        if self.ttl_s is not None and self.ttl_s <= self.from_s:
            raise FaultError(f"ttl_s is after from_s, or it never acts; got {self.from_s:g} to {self.ttl_s:g}")


@dataclass(slots=True)
class Rule:
    """An armed fault. `seen` calls were for it, and it acted on `fired` of them; the `tally` has them by scope.

    Its chance is drawn by its `lot`, or by its id if it has none. `number` is its place in the order of the arming.
    """

    id: str
    kind: FaultKind
    effects: Mapping[str, Any]
    values: Mapping[str, Any]
    match: Match
    timing: Timing
    armed_ms: int = 0
    lot: str = ""
    number: int = 0
    seen: int = 0
    fired: int = 0
    tally: Tally = field(default_factory=Tally)

    def __str__(self) -> str:
        values = ", ".join(f"{name}={value}" for name, value in self.values.items())
        when = ", ".join(f"{name} {value}" for name, value in {**_shown(self.match), **_said(self.timing)}.items())
        what = f"{self.id} {self.kind.name}{f' ({values})' if values else ''}{f' {when}' if when else ''}"
        return f"{what}: {self.fired} of {self.seen} call{'s' if self.seen != 1 else ''} met it"

    def __repr__(self) -> str:
        return f"<Rule {self}>"

    def is_over(self, now_ms: int) -> bool:
        """Whether it is to be removed."""
        return self.timing.ttl_s is not None and now_ms >= self.armed_ms + self.timing.ttl_s * 1000

    def fits(self, facts: Facts) -> bool:
        """Whether a call is one that the fault is for. What spoils content is not for a HEAD, and not used up."""
        if facts.is_head and self.kind.point == "result" and _CONTENT & self.effects.keys():
            return False
        return not ACTS_ON[self.kind.point].isdisjoint(facts.roles) and self.match.fits(facts)

    def acts(self, scope: str, now_ms: int, dice: Dice, *, since_ms: int | None = None, draw: str = "") -> bool:
        """Whether it acts on the next fitting call of `scope`, which is counted.

        `since_ms` stands for its arming; `draw` tells apart the chances of a scope that is counted anew.
        """
        timing = self.timing
        age_s = (now_ms - (self.armed_ms if since_ms is None else since_ms)) / 1000
        if age_s < timing.from_s or any(end is not None and age_s >= end for end in (timing.until_s, timing.ttl_s)):
            return False
        self.seen += 1
        number, fired = self.tally.see(self.id, scope)
        if number <= timing.after or (number - timing.after - 1) % timing.every:
            return False
        if timing.times is not None and fired >= timing.times:
            return False
        chance = timing.probability
        if timing.ramp_s:
            chance *= min((age_s - timing.from_s) / timing.ramp_s, 1)
        names = ("fault", self.lot or self.id, self.kind.name, scope, draw, number)
        if chance < 1 and dice.number(*names, below=10**9) >= chance * 10**9:
            return False
        self.fired += 1
        self.tally.fire(self.id, scope)
        return True

    def options(self) -> dict[str, Any]:
        """Return what it was armed with: `make` takes it."""
        return {**self.values, **_said(self.match), **_said(self.timing)}

    def fresh(self, tally: Tally) -> Rule:
        """Return the same rule with nothing counted, to be counted in `tally`."""
        return replace(self, seen=0, fired=0, tally=tally)

    def as_json(self) -> dict[str, Any]:
        """Return the rule as the control API shows it."""
        return {
            "id": self.id,
            "fault": self.kind.name,
            "point": self.kind.point,
            "fields": dict(self.values),
            **_shown(self.match),
            **_said(self.timing),
            "seen": self.seen,
            "fired": self.fired,
        }


MATCHES = tuple(each.name for each in fields(Match))
TIMES = tuple(each.name for each in fields(Timing))


def _can_be_sent(text: str) -> bool:
    """Whether a text is Unicode that JSON can hold."""
    return text.encode(errors="replace").decode() == text


def make(rule_id: str, kind: FaultKind, options: Mapping[str, Any], armed_ms: int = 0) -> Rule:
    """Arm a fault. `options` are names of Match, of Timing, and of the fault's own fields. Raises FaultError."""
    kind.check_names(options, (*MATCHES, *TIMES))
    match = {name: options[name] for name in MATCHES if options.get(name) is not None}
    if match.get("on") == "create":  # as it is called in everyday words
        match["on"] = "submit"
    timing = {name: options[name] for name in TIMES if options.get(name) is not None}
    values = {name: value for name, value in options.items() if name not in match and name not in timing}
    for name in [name for name in values if name in (*MATCHES, *TIMES)]:
        del values[name]  # said to be null
    for name, pattern in match.items():
        if not isinstance(pattern, str) or not 0 < len(pattern) <= 1000 or not _can_be_sent(pattern):
            raise FaultError(f"{name} is a text of 1 to 1000 characters, got {pattern!r:.60}")
    if "on" not in match and kind.on is not None:
        match["on"] = kind.on
    if match.get("on") in ROLES and match["on"] not in ACTS_ON[kind.point]:
        raise FaultError(f"{kind.name} acts on {', '.join(sorted(ACTS_ON[kind.point]))}, not on {match['on']}")
    return Rule(rule_id, kind, kind.effects(values), values, Match(**match), Timing(**timing), armed_ms)


def exact_key(pattern: str | None) -> str | None:
    """Return the API key that a pattern is, or None for one that is a glob."""
    return pattern if pattern is not None and is_literal(pattern) else None


def _shown(match: Match) -> dict[str, Any]:
    """Return what a match says, without giving an API key away."""
    key = exact_key(match.key)
    return _said(match) if key is None else {**_said(match), "key": fingerprint(key)}


def _said(part: Match | Timing) -> dict[str, Any]:
    default = type(part)()
    return {
        each.name: getattr(part, each.name)
        for each in fields(part)
        if getattr(part, each.name) != getattr(default, each.name)
    }
