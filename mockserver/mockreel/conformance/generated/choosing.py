"""Which of many requests are sent: something of everything, within bounds."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from random import Random

from mockreel.conformance.generated.aim import Aim
from mockreel.conformance.generated.made import Made

Aimed = tuple[Made, Aim]


def chosen(found: Iterable[Aimed], random: Random, *, each: int, most: int) -> list[Aimed]:
    """Return at most `each` requests of every group and `most` in all: one of every group before a second of any.

    Of a group the smallest comes first, then others by chance.
    """
    groups: dict[tuple[str, ...], list[Aimed]] = {}
    for made, aim in found:
        groups.setdefault(aim.group, []).append((made, aim))
    for group in groups.values():
        group.sort(key=lambda one: len(one[0].content or b""))
        rest = group[1:]
        random.shuffle(rest)
        group[1:] = rest
        del group[each:]
    rounds = zip_longest(*groups.values())
    return [one for turn in rounds for one in turn if one is not None][:most]
