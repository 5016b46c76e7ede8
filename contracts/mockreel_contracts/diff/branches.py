"""oneOf and anyOf: which branch of A is which of B, whatever their order."""

from __future__ import annotations

import posixpath
from itertools import combinations
from typing import TYPE_CHECKING

from mockreel_contracts.build import model_names
from mockreel_contracts.diff.side import Place, Side
from mockreel_contracts.diff.view import All, conjuncts, keyed, types, values

if TYPE_CHECKING:
    from mockreel_contracts.diff.schemas import Walk

_MANY = 40  # branches; of more it is not looked for whether they exclude each other
_NAMED = 3  # names of a branch that a sentence says


def compare(walk: Walk, a: All, b: All, at: str, *, flip: bool) -> None:
    """Compare oneOf and anyOf."""
    for keyword in ("oneOf", "anyOf"):
        old = [p for p in a if p.child(keyword)]
        new = [p for p in b if p.child(keyword)]
        if len(old) != len(new):
            gone, come = walk.unmatched(a, b, keyword)
            if gone and come:
                walk.say("unknown", f"{at}: {keyword} changed", gone[0], come[0], flip)
            elif come:
                walk.say("narrower", f"{at}: one of several forms ({keyword}) is asked for now", a[0], come[0], flip)
            elif gone:
                walk.say("wider", f"{at}: {keyword} holds no longer", gone[0], b[0], flip)
            continue
        for one, other in zip(old, new, strict=True):
            _group(walk, one, other, keyword, at, flip)


def _group(walk: Walk, a: Place, b: Place, keyword: str, at: str, flip: bool) -> None:
    olds, news = _branches(a, keyword), _branches(b, keyword)
    prop = a.get("discriminator", "propertyName")
    if prop != b.get("discriminator", "propertyName"):
        pa, pb = a.child("discriminator") or a, b.child("discriminator") or b
        walk.say("unknown", f"{at}: the discriminator is another", pa, pb, flip)
    elif isinstance(prop, str):
        named_a, named_b = _by_name(walk.a, a, olds, prop), _by_name(walk.b, b, news, prop)
        if named_a is not None and named_b is not None:
            _by_discriminator(walk, (a, b), named_a, named_b, prop, at, flip)
            return
    pairs, gone, come = _paired(olds, news)
    for one, other in pairs:
        walk.places(one, other, at, flip=flip)
    for place in gone:
        walk.say("narrower", f"{at} has the form {_label(place)} no longer", place, b.child(keyword) or b, flip)
    for place in come:
        walk.say("wider", f"{at} may have the form {_label(place)}", a.child(keyword) or a, place, flip)
    if keyword == "oneOf" and not (_is_disjoint(walk.a, olds) and _is_disjoint(walk.b, news)):
        changed = gone or come or any(not walk.is_equal(one, other) for one, other in pairs)
        if changed:
            text = f"{at}: forms of oneOf changed of which more than one may fit"
            walk.say("unknown", text, a.child(keyword) or a, b.child(keyword) or b, flip)


def _by_discriminator(
    walk: Walk, at_places: tuple[Place, Place], olds: dict[str, Place], news: dict[str, Place], prop: str, at: str,
    flip: bool,
) -> None:  # fmt: skip
    a, b = at_places
    shared: dict[tuple[tuple[str, str], tuple[str, str]], list[str]] = {}
    for name, place in olds.items():
        if name in news:
            shared.setdefault((place.key, news[name].key), []).append(name)
        else:
            walk.say("narrower", f"{at}.{prop} {name} is gone", walk.a.follow(place), b, flip)
    for name, place in news.items():
        if name not in olds:
            walk.say("wider", f"{at}.{prop} {name} is new", a, walk.b.follow(place), flip)
    for names in shared.values():
        listed = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
        walk.places(olds[names[0]], news[names[0]], f"{listed}: {at}", flip=flip, names=prop)


def _branches(place: Place, keyword: str) -> list[Place]:
    found = place.child(keyword)
    return found.items() if found else []


def _by_name(side: Side, group: Place, found: list[Place], prop: str) -> dict[str, Place] | None:
    """Return the branches by the names of their discriminator; None where a branch has none."""
    names: dict[str, Place] = {}
    mapping = group.child("discriminator", "mapping")
    written: dict[tuple[str, str], list[str]] = {side.follow(place).key: [] for place in found}
    for name, reference in mapping.children() if mapping else ():
        leads = side.target(str(reference.value), reference.file)
        if leads is not None:
            written.setdefault(side.follow(leads).key, []).append(name)
    for place in found:
        own = [name for part in conjuncts(side, place) for name in model_names(_data(part), prop)]
        for name in dict.fromkeys(own or written[side.follow(place).key]) or (_tail(place),):
            if not name:
                return None
            names[name] = place
    return names


def _data(place: Place) -> dict[str, object]:
    properties = place.get("properties")
    return {"properties": properties if isinstance(properties, dict) else {}}


def _paired(olds: list[Place], news: list[Place]) -> tuple[list[tuple[Place, Place]], list[Place], list[Place]]:
    """Pair branches: those of one text, then those of one name, then what is left in its order if it is as many."""
    pairs: list[tuple[Place, Place]] = []
    gone, come = list(olds), list(news)
    for mark in (lambda p: keyed(p.value), _label):
        for place in list(gone):
            other = next((p for p in come if mark(p) == mark(place)), None)
            if other is not None:
                pairs.append((place, other))
                gone.remove(place)
                come.remove(other)
    if len(gone) == len(come) and len(gone) == 1:
        pairs.append((gone.pop(), come.pop()))
    return pairs, gone, come


def _label(place: Place) -> str:
    """Return what a branch may be called: what it refers to, its title, its constant, its type."""
    for word in (_tail(place), place.get("title"), place.get("const"), place.get("type")):
        if word is not None and word != "":
            return str(word)[:60]
    required = place.get("required")
    return keyed(required)[:60] if required else keyed(place.value)[:60]


def _tail(place: Place) -> str:
    reference = place.get("$ref")
    return posixpath.basename(reference).removesuffix(".yaml") if isinstance(reference, str) else ""


def _is_disjoint(side: Side, found: list[Place]) -> bool:
    """Whether plainly no value fits two of the branches."""
    if len(found) > _MANY:
        return False
    parts = [conjuncts(side, place) for place in found]
    return all(_exclude(side, one, other) for one, other in combinations(parts, 2))


def _exclude(side: Side, one: All, other: All) -> bool:
    if not types(one) & types(other):
        return True
    sets = values(one), values(other)
    if sets[0] is not None and sets[1] is not None and not sets[0].keys() & sets[1].keys():
        return True
    musts = [
        {str(n) for p in part if isinstance(p.get("required"), list) for n in p.get("required")}
        for part in (one, other)
    ]
    for name in musts[0] & musts[1]:
        inner = [
            tuple(q for p in part if (c := p.child("properties", name)) for q in conjuncts(side, c))
            for part in (one, other)
        ]
        if all(inner) and not types(inner[0]) & types(inner[1]):
            return True
        listed = [values(part) for part in inner]
        if listed[0] is not None and listed[1] is not None and not listed[0].keys() & listed[1].keys():
            return True
    return False
