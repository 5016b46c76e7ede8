"""Objects: which properties may, must and must not stand in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockreel_contracts.diff.direction import Relation
from mockreel_contracts.diff.side import Place, Side
from mockreel_contracts.diff.view import All, beside, conjuncts, is_impossible, where

if TYPE_CHECKING:
    from mockreel_contracts.diff.schemas import Walk


def compare(walk: Walk, a: All, b: All, at: str, *, flip: bool, names: str) -> None:
    """Compare properties, required, additionalProperties, patternProperties, and what depends on a property."""
    olds, news = _named(a), _named(b)
    must_a, must_b = _required(a), _required(b)
    has_patterns = any(p.child("patternProperties") for p in (*a, *b))
    for name in dict.fromkeys((*olds, *news)):
        inner = f"{at}.{name}"
        is_must = name in must_b and name not in must_a
        if name in olds and name in news:
            walk.all(
                _effective(walk.a, a, name),
                _effective(walk.b, b, name),
                inner,
                flip=flip,
                is_named=bool(name == names),
            )
            if is_must:
                walk.say("narrower", f"{inner} is required now", _must(a, name), _must(b, name), flip)
            elif name in must_a and name not in must_b:
                walk.say("wider", f"{inner} is not required any more", _must(a, name), _must(b, name), flip)
        elif has_patterns:
            text = f"{inner} is {'new' if name in news else 'gone'}, beside properties by pattern"
            walk.say("unknown", text, olds.get(name, a[0]), news.get(name, b[0]), flip)
        elif name in news:
            _new(walk, a, b, name, inner, flip, is_must)
        else:
            _gone(walk, a, b, name, inner, flip, name in must_a)
    for name in sorted((must_a ^ must_b) - olds.keys() - news.keys()):
        is_now = name in must_b
        relation: Relation = "narrower" if is_now else "wider"
        text = f"{at}.{name} is required now" if is_now else f"{at}.{name} is not required any more"
        walk.say(relation, text, _must(a, name), _must(b, name), flip)
    _others(walk, a, b, at, flip)
    _patterns(walk, a, b, at, flip)
    _dependents(walk, a, b, at, flip)


def _new(walk: Walk, a: All, b: All, name: str, at: str, flip: bool, is_must: bool) -> None:
    old, new = _effective(walk.a, a, name), _effective(walk.b, b, name)
    place = _one(b, name) or _named(b)[name]
    was_forbidden, is_forbidden = bool(old) and is_impossible(old), is_impossible(new)
    if is_forbidden:
        if not was_forbidden:
            walk.say("narrower", f"{at} is forbidden now", beside(place, a), place, flip)
    elif was_forbidden:
        walk.say("other" if is_must else "wider", f"{at} is new; A forbids it", beside(place, a), place, flip)
    elif old:
        walk.all(old, new, at, flip=flip)
        if is_must:
            walk.say("narrower", f"{at} is required now", beside(place, a), place, flip)
    else:
        text = f"{at} is new and {'required' if is_must else 'optional'}"
        walk.say("new_required" if is_must else "new", text, beside(place, a), place, flip)


def _gone(walk: Walk, a: All, b: All, name: str, at: str, flip: bool, was_must: bool) -> None:
    old, new = _effective(walk.a, a, name), _effective(walk.b, b, name)
    place = _one(a, name) or _named(a)[name]
    if is_impossible(old):
        if not new or not is_impossible(new):
            walk.say("wider", f"{at} is not forbidden any more", place, beside(place, b), flip)
    elif new and is_impossible(new):
        walk.say("gone_forbidden", f"{at} is gone, and B takes no other properties", place, beside(place, b), flip)
    elif new:
        walk.all(old, new, at, flip=flip)
    else:
        walk.say("gone_required" if was_must else "gone", f"{at} is gone", place, beside(place, b), flip)
    if was_must and new and name in _required(a) and name not in _required(b) and not is_impossible(new):
        walk.say("wider", f"{at} is not required any more", place, beside(place, b), flip)


def _others(walk: Walk, a: All, b: All, at: str, flip: bool) -> None:
    olds, news = _closing(walk.a, a), _closing(walk.b, b)
    pa, pb = where(a, "additionalProperties"), where(b, "additionalProperties")
    if olds and news:
        walk.all(olds, news, f"{at}.*", flip=flip)
    elif news:
        walk.say("narrower", f"{at}: other properties are {_limited(news)} now", pa, pb, flip)
    elif olds:
        walk.say("wider", f"{at}: other properties are not {_limited(olds)} any more", pa, pb, flip)


def _patterns(walk: Walk, a: All, b: All, at: str, flip: bool) -> None:
    olds, news = _keyed(a, "patternProperties"), _keyed(b, "patternProperties")
    is_open = not _closing(walk.a, a) and not _closing(walk.b, b)
    for pattern in dict.fromkeys((*olds, *news)):
        text = f"{at}: properties like {pattern}"
        if pattern in olds and pattern in news:
            walk.all(_together(walk.a, olds[pattern]), _together(walk.b, news[pattern]), f"{at}./{pattern}/", flip=flip)
        elif pattern in news:
            walk.say("narrower" if is_open else "unknown", f"{text} have a schema", a[0], news[pattern][0], flip)
        else:
            walk.say("wider" if is_open else "unknown", f"{text} have none any more", olds[pattern][0], b[0], flip)


def _dependents(walk: Walk, a: All, b: All, at: str, flip: bool) -> None:
    for keyword in ("dependentRequired", "dependentSchemas"):
        olds, news = _keyed(a, keyword), _keyed(b, keyword)
        for name in dict.fromkeys((*olds, *news)):
            text = f"{at}: {keyword} of {name}"
            old, new = olds.get(name, []), news.get(name, [])
            if keyword == "dependentSchemas" and old and new:
                walk.all(_together(walk.a, old), _together(walk.b, new), f"{at} (with {name})", flip=flip)
                continue
            if keyword == "dependentSchemas":
                gone, come = bool(old), bool(new)
            else:
                lists = [{str(i) for p in found if isinstance(p.value, list) for i in p.value} for found in (old, new)]
                gone, come = bool(lists[0] - lists[1]), bool(lists[1] - lists[0])
            pa, pb = (old or a)[0], (new or b)[0]
            if come:
                walk.say("narrower", f"{text} asks for more", pa, pb, flip)
            if gone:
                walk.say("wider", f"{text} asks for less", pa, pb, flip)


def _named(places: All) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for place in places:
        properties = place.child("properties")
        for name, inner in properties.children() if properties else ():
            found.setdefault(name, inner)
    return found


def _one(places: All, name: str) -> Place | None:
    return next((found for place in places if (found := place.child("properties", name))), None)


def _keyed(places: All, keyword: str) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for place in places:
        table = place.child(keyword)
        for name, inner in table.children() if table else ():
            found.setdefault(name, []).append(inner)
    return found


def _required(places: All) -> set[str]:
    lists = (place.get("required") for place in places)
    return {name for listed in lists if isinstance(listed, list) for name in listed if isinstance(name, str)}


def _must(places: All, name: str) -> Place:
    """Return the place of `required` that holds a name, or of the property, or of the schema."""
    holds = next((p for p in places if isinstance(p.get("required"), list) and name in p.get("required")), None)
    return (holds and holds.child("required")) or _one(places, name) or where(places, "required")


def _closed(place: Place) -> Place | None:
    found = place.child("additionalProperties")
    return None if found is None or found.value is True or found.value == {} else found


def _closing(side: Side, places: All) -> All:
    """Return what holds for properties that no part names; empty where anything does."""
    return _together(side, [found for place in places if (found := _closed(place)) is not None])


def _effective(side: Side, places: All, name: str) -> All:
    """Return what holds for a property: what parts say of it, and what parts that do not name it say of all others."""
    found = []
    for place in places:
        inner = place.child("properties", name) or _closed(place)
        if inner is not None:
            found.append(inner)
    return _together(side, found)


def _together(side: Side, found: list[Place]) -> All:
    return tuple({p.key: p for inner in found for p in conjuncts(side, inner)}.values())


def _limited(places: All) -> str:
    return "refused" if is_impossible(places) else "limited"
