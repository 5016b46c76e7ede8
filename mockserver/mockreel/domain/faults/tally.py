"""What rules have counted, by rule and scope, in a bounded memory."""

from __future__ import annotations

from collections import OrderedDict

MOST = 100_000  # counts in one tally
_MARK = "\x1f"  # in no API key


class Tally:
    """Counts of many rules. Past `most` counts, the one that was used least recently is forgotten and begins anew.

    A scope is an API key, or what an API key's calls are about (see `scope_of`).
    """

    __slots__ = ("_counts", "most")

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._counts: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def see(self, rule_id: str, scope: str) -> tuple[int, int]:
        """Count a call; return how many the rule has seen of the scope now, and how many met it before."""
        seen, fired = self._counts.pop((rule_id, scope), (0, 0))
        self._counts[rule_id, scope] = (seen + 1, fired)
        if len(self._counts) > self.most:
            self._counts.popitem(last=False)
        return seen + 1, fired

    def fire(self, rule_id: str, scope: str) -> None:
        """Count that the call that was seen last met the rule."""
        seen, fired = self._counts[rule_id, scope]
        self._counts[rule_id, scope] = (seen, fired + 1)

    def forget(self, rule_id: str, scope: str) -> None:
        """Forget what a rule counted of a scope."""
        self._counts.pop((rule_id, scope), None)

    def forget_key(self, key: str | None) -> None:
        """Forget what was counted of an API key and of all it is about; None for everything."""
        if key is None:
            self._counts.clear()
            return
        for each in [each for each in self._counts if each[1].partition(_MARK)[0] == key]:
            del self._counts[each]


def scope_of(key: str, what: object) -> str:
    """Return the name under which the calls of an API key about one thing are counted."""
    return f"{key}{_MARK}{what}"
