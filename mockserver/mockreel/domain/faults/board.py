"""Every fault that is armed, and which of them a call meets."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mockreel.domain.clock import Clock
from mockreel.domain.dice import Dice
from mockreel.domain.faults import rule as rules
from mockreel.domain.faults.effects import ACTS_ON, Effects, both
from mockreel.domain.faults.kind import ROLES, FaultError, FaultKind, near_misses
from mockreel.domain.faults.rule import Facts, Rule, exact_key
from mockreel.domain.faults.tally import Tally

MOST_RULES = 1000
MOST_LOTS = 10_000  # API keys whose armings are counted


class Board:
    """Armed faults, in the order in which they were armed; that is the order in which they compose.

    A call looks only at those for its API key, and at those whose `key` is a pattern or not given.
    """

    def __init__(self, kinds: Mapping[str, FaultKind], dice: Dice, clock: Clock) -> None:
        self.kinds = kinds
        self.operations: dict[str, str] = {}  # beside the roles, what `on` may name, and the role of each
        self._dice = dice
        self._clock = clock
        self._tally = Tally()
        self._rules: dict[str, Rule] = {}
        self._by_key: dict[str | None, dict[str, Rule]] = {}  # None: those that may be for any key
        self._lots: OrderedDict[str | None, int] = OrderedDict()
        self._made = 0

    def __bool__(self) -> bool:
        return bool(self._rules)

    def __iter__(self) -> Iterator[Rule]:
        """Those that are armed now; those that are over are removed."""
        now_ms = self._clock.now_ms()
        for each in [each for each in self._rules.values() if each.is_over(now_ms)]:
            self.remove(each.id)
        return iter(tuple(self._rules.values()))

    def kind(self, name: str) -> FaultKind:
        """Return the kind of that name. Raises FaultError with the near misses."""
        found = self.kinds.get(name)
        if found is None:
            raise FaultError(near_misses("fault", name, self.kinds))
        return found

    def arm(self, name: str, options: Mapping[str, Any], now_ms: int) -> Rule:
        """Arm a fault. Raises FaultError."""
        if len(self._rules) >= MOST_RULES and len(tuple(self)) >= MOST_RULES:
            raise FaultError(f"{MOST_RULES} faults are armed already; remove some, or reset")
        made = rules.make(f"f-{self._made + 1}", self.kind(name), options, now_ms)
        self._check_operation(made)
        key = made.match.key
        self._made += 1
        made.number, made.tally = self._made, self._tally
        made.lot = f"{key or ''} {self._lot(key)}"  # what others arm for other keys changes nothing
        self._rules[made.id] = made
        self._by_key.setdefault(exact_key(key), {})[made.id] = made
        return made

    def _lot(self, key: str | None) -> int:
        number = self._lots.pop(key, 0) + 1
        self._lots[key] = number
        if len(self._lots) > MOST_LOTS:
            self._lots.popitem(last=False)
        return number

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
        found = self._rules.pop(rule_id, None)
        if found is not None:
            place = exact_key(found.match.key)
            del self._by_key[place][rule_id]
            if not self._by_key[place]:
                del self._by_key[place]
        return found

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Take back everything that is armed meanwhile, its number too, if there is an error."""
        made = self._made
        try:
            yield
        except BaseException:
            for each in [each for each in self._rules.values() if each.number > made]:
                self.remove(each.id)
                lots = self._lots.pop(each.match.key, 1) - 1
                if lots:
                    self._lots[each.match.key] = lots
            self._made = made
            raise

    def rename(self, name: str, key: str) -> None:
        """Have what is armed for the key `name` be armed for `key`."""
        for each in self._by_key.pop(name, {}).values():
            each.match = replace(each.match, key=key)
            each.lot = f"{key} {each.lot.rpartition(' ')[2]}"
            self._by_key.setdefault(exact_key(key), {})[each.id] = each
        if name in self._lots:
            self._lots[key] = self._lots.pop(name)

    def clear(self, key: str | None = None) -> None:
        """Disarm all faults, or those that are for this API key alone; forget what was counted of it."""
        self._tally.forget_key(key)
        if key is None:
            self._rules.clear()
            self._by_key.clear()
            self._lots.clear()
            self._made = 0
            return
        self._lots.pop(key, None)
        for each in [each for each in self._rules.values() if each.match.key == key]:
            self.remove(each.id)

    def chance(self, key: str) -> float:
        """Return the next chance (0 to 1) of an API key's faults."""
        turn, _ = self._tally.see("", key)
        return self._dice.number("turn", key, turn, below=10**9) / 10**9

    def meet(self, key: str, facts: Callable[[], Facts], now_ms: int) -> tuple[Effects | None, tuple[str, ...]]:
        """Return the effects of the faults that a call of an API key meets, and their names."""
        near = [each for place in (None, key) for each in self._by_key.get(place, {}).values()]
        armed = [each for each in near if not each.is_over(now_ms)]
        if len(armed) < len(near):
            for over in near:
                if over.is_over(now_ms):
                    self.remove(over.id)
        if not armed:
            return None, ()
        armed.sort(key=lambda each: each.number)
        return met(armed, facts(), key, now_ms, self._dice)


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
            effects[each.kind.point] = both(each.kind.point, effects.get(each.kind.point, {}), each.effects)
            names.append(each.kind.name)
    return effects or None, tuple(names)
