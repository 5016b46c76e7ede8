"""Every fault that is armed, and which of them a call meets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mockreel.domain.dice import Dice
from mockreel.domain.faults import rule as rules
from mockreel.domain.faults.effects import ACTS_ON, Effects, both
from mockreel.domain.faults.kind import ROLES, FaultError, FaultKind, near_misses
from mockreel.domain.faults.rule import MOST_KEYS, Facts, Rule

MOST_RULES = 1000


class Board:
    """Armed faults, in the order in which they were armed; that is the order in which they compose."""

    def __init__(self, kinds: Mapping[str, FaultKind], dice: Dice) -> None:
        self.kinds = kinds
        self.operations: dict[str, str] = {}  # beside the roles, what `on` may name, and the role of each
        self._dice = dice
        self._rules: dict[str, Rule] = {}
        self._turns: dict[str, int] = {}
        self._lots: dict[str | None, int] = {}
        self._made = 0

    def __bool__(self) -> bool:
        return bool(self._rules)

    def __iter__(self) -> Iterator[Rule]:
        return iter(tuple(self._rules.values()))

    def kind(self, name: str) -> FaultKind:
        """Return the kind of that name. Raises FaultError with the near misses."""
        found = self.kinds.get(name)
        if found is None:
            raise FaultError(near_misses("fault", name, self.kinds))
        return found

    def arm(self, name: str, options: Mapping[str, Any], now_ms: int) -> Rule:
        """Arm a fault. Raises FaultError."""
        if len(self._rules) >= MOST_RULES:
            raise FaultError(f"{MOST_RULES} faults are armed already; remove some, or reset")
        made = rules.make(f"f-{self._made + 1}", self.kind(name), options, now_ms)
        self._check_operation(made)
        key = made.match.key
        self._made += 1
        number = self._lots[key] = self._lots.get(key, 0) + 1
        made.lot = f"{key or ''} {number}"  # what others arm for other keys changes nothing
        self._rules[made.id] = made
        return made

    def _check_operation(self, made: Rule) -> None:
        on, point = made.match.on, made.kind.point
        if on is None or on in ROLES:
            return  # checked when it was made
        role = self.operations.get(on)
        if role is None:
            raise FaultError(near_misses("role or operation", on, dict.fromkeys((*ROLES, *sorted(self.operations)))))
        if role not in ACTS_ON[point] and (role, point) != ("download", "result"):
            raise FaultError(f"{made.kind.name} acts on {', '.join(sorted(ACTS_ON[point]))}, not on {on}")

    def remove(self, rule_id: str) -> Rule | None:
        """Disarm a fault."""
        return self._rules.pop(rule_id, None)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Take back everything that is armed meanwhile, its number too, if there is an error."""
        before = self._made, dict(self._lots), dict(self._rules)
        try:
            yield
        except BaseException:
            self._made, self._lots, self._rules = before
            raise

    def rename(self, name: str, key: str) -> None:
        """Have what is armed for the key `name` be armed for `key`."""
        for each in self._rules.values():
            if each.match.key == name:
                each.match = replace(each.match, key=key)
                each.lot = f"{key} {each.lot.rpartition(' ')[2]}"
        if name in self._lots:
            self._lots[key] = self._lots.pop(name)

    def clear(self, key: str | None = None) -> None:
        """Disarm all faults, or those that are for this API key alone; forget what was counted of it."""
        if key is None:
            self._rules.clear()
            self._turns.clear()
            self._lots.clear()
            self._made = 0
            return
        self._turns.pop(key, None)
        self._lots.pop(key, None)
        for each in [each for each in self._rules.values() if each.match.key == key]:
            del self._rules[each.id]
        for each in self._rules.values():
            each.forget(key)

    def chance(self, key: str) -> float:
        """Return the next chance (0 to 1) of an API key's faults."""
        turn = self._turns[key] = self._turns.get(key, 0) + 1
        while len(self._turns) > MOST_KEYS:
            del self._turns[next(iter(self._turns))]
        return self._dice.number("turn", key, turn, below=10**9) / 10**9

    def meet(self, facts: Callable[[], Facts], now_ms: int) -> tuple[Effects | None, tuple[str, ...]]:
        """Return the effects of the faults that a call meets, and their names."""
        for over in [each.id for each in self._rules.values() if each.is_over(now_ms)]:
            del self._rules[over]
        if not self._rules:
            return None, ()
        known = facts()
        return met(self._rules.values(), known, known.key, now_ms, self._dice)


def met(
    armed: Iterable[Rule],
    facts: Facts,
    scope: str,
    now_ms: int,
    dice: Dice,
    *,
    since_ms: int | None = None,
    draw: str = "",
) -> tuple[Effects | None, tuple[str, ...]]:
    """Return the effects of the rules that act on a call, in their order, and their names. See `Rule.acts`."""
    effects: dict[str, Mapping[str, Any]] = {}
    names = []
    for each in armed:
        if each.fits(facts) and each.acts(scope, now_ms, dice, since_ms=since_ms, draw=draw):
            effects[each.kind.point] = both(effects.get(each.kind.point, {}), each.effects)
            names.append(each.kind.name)
    return effects or None, tuple(names)
