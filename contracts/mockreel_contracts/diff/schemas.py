"""Two JSON Schemas by their meaning: what of the one is narrower, wider, or not to be decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mockreel_contracts.diff import branches, objects
from mockreel_contracts.diff.direction import Relation, reversed_relation
from mockreel_contracts.diff.side import Place, Side
from mockreel_contracts.diff.view import (
    SIZES,
    All,
    beside,
    bound,
    conjuncts,
    fits,
    is_impossible,
    is_tighter,
    keyed,
    size,
    types,
    values,
    where,
)

MAX_PAIRS = 20_000  # of schemas that are looked at for one request or answer
MAX_DEPTH = 60
WORDS = ("title", "description", "examples", "example", "$comment", "externalDocs", "xml", "contentMediaType")
_LISTED = ("pattern", "format", "multipleOf", "not", "contains", "propertyNames", "contentEncoding")
_SCHEMAS = ("not", "contains", "propertyNames")
_ELSEWHERE = frozenset(
    [
        *(
            "$ref",
            "$schema",
            "$id",
            "$anchor",
            "$dynamicAnchor",
            "$defs",
            "definitions",
            "allOf",
            "nullable",
            "default",
        ),
        *("type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "oneOf", "anyOf"),
        *("discriminator", "if", "then", "else", "properties", "required", "additionalProperties", "patternProperties"),
        *("dependentRequired", "dependentSchemas", "items", "prefixItems", "uniqueItems", "deprecated"),
        *(f"{edge}{noun}" for edge in ("min", "max") for noun in SIZES),
        *WORDS,
        *_LISTED,
    ]
)
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Delta:
    """One difference. `relation` is None for texts, which mean nothing to a validator."""

    relation: Relation | None
    text: str
    a: Place
    b: Place


@dataclass(slots=True)
class Walk:
    """A comparison of schemas. `found` is filled as it goes; `left` counts the pairs that may still be looked at."""

    a: Side
    b: Side

    left: list[int] = field(default_factory=lambda: [MAX_PAIRS])
    found: list[Delta] = field(default_factory=list)
    seen: set[object] = field(default_factory=set)
    assumed: set[object] = field(default_factory=set)
    """Pairs that are being looked at for equality: within them they count as equal."""
    depth: int = 0

    def places(self, a: Place, b: Place, at: str, *, flip: bool = False, names: str = "") -> None:
        """Compare two schemas. `at` is how a sentence calls them; `names` a property whose values do not count."""
        self.all(conjuncts(self.a, a), conjuncts(self.b, b), at, flip=flip, names=names)

    def all(self, a: All, b: All, at: str, *, flip: bool = False, names: str = "", is_named: bool = False) -> None:
        """Compare what holds together in A with what does in B."""
        pair = (tuple(p.key for p in a), tuple(p.key for p in b), flip, names, is_named)
        if pair in self.seen:
            return
        self.seen.add(pair)
        self.left[0] -= 1
        if self.left[0] < 0 or self.depth > MAX_DEPTH:
            if self.left[0] in (-1, 0) or self.depth > MAX_DEPTH:
                self.say("unknown", f"{at} is too large or too deep to be compared whole", a[0], b[0], flip)
            return
        self.depth += 1
        self._all(a, b, at, flip, names, is_named)
        self.depth -= 1

    def say(self, relation: Relation | None, text: str, a: Place, b: Place, flip: bool = False) -> None:
        """Note a difference."""
        self.found.append(Delta(reversed_relation(relation) if flip and relation else relation, text, a, b))

    def is_equal(self, a: Place, b: Place) -> bool:
        """Whether the two mean the same, as far as can be told."""
        pair = a.key, b.key
        if pair in self.assumed:
            return True
        inner = Walk(self.a, self.b, self.left, assumed={*self.assumed, pair}, depth=self.depth)
        inner.places(a, b, "")
        return all(delta.relation is None for delta in inner.found) and self.left[0] >= 0

    def unmatched(self, a: All, b: All, keyword: str) -> tuple[list[Place], list[Place]]:
        """Return the places of a keyword in A that have no equal in B, and those in B that have none in A."""
        old = [found for p in a if (found := p.child(keyword)) is not None]
        new = [found for p in b if (found := p.child(keyword)) is not None]
        for place in list(old):
            equal = next((p for p in new if _same_text(place, p) and self._same_targets(place, p)), None)
            if equal is not None:
                old.remove(place)
                new.remove(equal)
        return old, new

    def _same_targets(self, a: Place, b: Place) -> bool:
        """Whether the $ref within two values of the same text lead to what means the same."""
        if isinstance(a.get("$ref"), str) and not self.is_equal(a, b):
            return False
        below = list(zip(a.items(), b.items(), strict=False))
        below += [(place, other) for key, place in a.children() if (other := b.child(key)) is not None]
        return all(self._same_targets(one, other) for one, other in below)

    def _all(self, a: All, b: All, at: str, flip: bool, names: str, is_named: bool) -> None:
        impossible = is_impossible(a), is_impossible(b)
        if any(impossible):
            if impossible == (True, False):
                self.say("wider", f"{at} may stand there now; A forbids it", a[0], b[0], flip)
            elif impossible == (False, True):
                self.say("narrower", f"{at} is forbidden now", a[0], b[0], flip)
            return
        is_finite = False
        if not is_named:
            is_finite = self._values(a, b, at, flip)
            if not is_finite:
                if not self._types(a, b, at, flip):
                    return
                self._numbers(a, b, at, flip)
                self._sizes(a, b, at, flip)
        self._lists(a, b, at, flip)
        self._conditions(a, b, at, flip)
        branches.compare(self, a, b, at, flip=flip)
        objects.compare(self, a, b, at, flip=flip, names=names)
        self._array(a, b, at, flip)
        self._rest(a, b, at, flip)

    def _values(self, a: All, b: All, at: str, flip: bool) -> bool:
        """Compare enum and const; True where types and bounds have nothing to add."""
        old, new = values(a), values(b)
        pa, pb = _valued(a), _valued(b)
        if old is None and new is None:
            return False
        if old is not None and new is not None:
            for key in [key for key in old if key not in new]:
                self.say("narrower", f"{at} is not {_cut(key)} any more", pa, pb, flip)
            for key in [key for key in new if key not in old]:
                self.say("wider", f"{at} may be {_cut(key)}", pa, pb, flip)
            return True
        some, rest = (old, b) if old is not None else (new or {}, a)
        are_within = all(fits(value, rest) for value in some.values())
        relation: Relation = "other" if not are_within else "wider" if old is not None else "narrower"
        listed = _cut(", ".join(some))
        text = f"{at} is no longer one of {listed}" if old is not None else f"{at} must be one of {listed}"
        self.say(relation, text, pa, pb, flip)
        return True

    def _types(self, a: All, b: All, at: str, flip: bool) -> bool:
        """Compare the types; False where nothing is left to compare."""
        old, new = types(a), types(b)
        if old == new:
            return True
        relation: Relation = "narrower" if new < old else "wider" if old < new else "other"
        text = f"{at} was {_kinds(old)} and is {_kinds(new)}"
        pa, pb = _first(a, "type"), _first(b, "type")
        self.say(relation, text, pa or beside(pb or b[0], a), pb or beside(pa or a[0], b), flip)
        return bool(old & new)

    def _numbers(self, a: All, b: All, at: str, flip: bool) -> None:
        if not {"integer", "fraction"} & types(a) & types(b):
            return
        for is_lower, word in ((True, "minimum"), (False, "maximum")):
            old, new = bound(a, is_lower=is_lower), bound(b, is_lower=is_lower)
            relation: Relation | None = (
                "narrower"
                if is_tighter(new, old, is_lower=is_lower)
                else "wider"
                if is_tighter(old, new, is_lower=is_lower)
                else None
            )
            if relation:
                self.say(relation, f"{at}: {word} {old} became {new}", old.place or a[0], new.place or b[0], flip)

    def _sizes(self, a: All, b: All, at: str, flip: bool) -> None:
        shared = types(a) & types(b)
        for noun, kind in SIZES.items():
            for is_lower, edge in ((True, "min"), (False, "max")):
                if kind not in shared:
                    continue
                old, new = size(a, f"{edge}{noun}"), size(b, f"{edge}{noun}")
                is_narrower = is_tighter(new, old, is_lower=is_lower)
                if is_narrower or is_tighter(old, new, is_lower=is_lower):
                    relation: Relation = "narrower" if is_narrower else "wider"
                    text = f"{at}: {edge}{noun} {old} became {new}"
                    self.say(relation, text, old.place or a[0], new.place or b[0], flip)

    def _lists(self, a: All, b: All, at: str, flip: bool) -> None:
        """Compare keywords of which several may hold at once: what is equal goes out, what is left is judged."""
        for keyword in _LISTED:
            old, new = self.unmatched(a, b, keyword)
            if not old and not new:
                continue
            pa = old[0] if old else beside(new[0], a)
            pb = new[0] if new else beside(old[0], b)
            if len(old) == len(new) == 1 and keyword in _SCHEMAS:
                if keyword == "contains":
                    if not self.is_equal(pa, pb):
                        self.say("unknown", f"{at}: contains is another", pa, pb, flip)
                else:
                    self.places(pa, pb, f"what {at} {_PHRASES[keyword]}", flip=flip ^ (keyword == "not"))
            elif old and new:
                self.say(_multiple(keyword, old, new), f"{at}: {keyword} {_one(old)} became {_one(new)}", pa, pb, flip)
            elif new:
                self.say("narrower", f"{at}: has the {keyword} {_one(new)} now", pa, pb, flip)
            else:
                self.say("wider", f"{at}: has the {keyword} {_one(old)} no longer", pa, pb, flip)
        if any(self.unmatched(a, b, word) != ([], []) for word in ("minContains", "maxContains")):
            self.say("unknown", f"{at}: how often contains holds changed", where(a, "contains"), where(b, "contains"))

    def _conditions(self, a: All, b: All, at: str, flip: bool) -> None:
        old = [p for p in a if p.child("if") and (p.child("then") or p.child("else"))]
        new = [p for p in b if p.child("if") and (p.child("then") or p.child("else"))]
        for index, one in enumerate(list(old)):
            tests = [one.child("if"), *(p.child("if") for p in new)]
            match = next((p for p, t in zip(new, tests[1:], strict=True) if t and self._same_test(tests[0], t)), None)
            if match is None and len(old) == len(new) == 1 and index == 0:
                self.say("unknown", f"{at}: the condition of if is another", tests[0] or one, tests[1] or new[0], flip)
                return
            if match is None:
                self.say(
                    "wider", f"{at}: a condition (if) holds no longer", one.child("if") or one, beside(one, b), flip
                )
                continue
            new.remove(match)
            for word in ("then", "else"):
                pa, pb = one.child(word), match.child(word)
                if pa and pb:
                    self.places(pa, pb, f"{at} ({word})", flip=flip)
                elif pa:
                    self.say("wider", f"{at}: the {word} of a condition holds no longer", pa, match, flip)
                elif pb:
                    self.say("narrower", f"{at}: a condition has a {word} now", one, pb, flip)
        for one in new:
            self.say("narrower", f"{at}: a condition (if) holds now", beside(one, a), one.child("if") or one, flip)

    def _same_test(self, a: Place | None, b: Place) -> bool:
        return a is not None and self.is_equal(a, b)

    def _array(self, a: All, b: All, at: str, flip: bool) -> None:
        if any(p.child("prefixItems") for p in (*a, *b)):
            old, new = self.unmatched(a, b, "prefixItems")
            if old or new or any(self.unmatched(a, b, "items")):
                self.say("unknown", f"{at}: its first items changed", (old or a)[0], (new or b)[0], flip)
        else:
            olds, news = merged(self.a, a, "items"), merged(self.b, b, "items")
            if olds and news:
                self.all(olds, news, f"{at}[]", flip=flip)
            elif news and not is_anything(news):
                self.say("narrower", f"{at}[]: the items have a schema now", a[0], news[0], flip)
            elif olds and not is_anything(olds):
                self.say("wider", f"{at}[]: the items have a schema no longer", olds[0], b[0], flip)
        unique = [any(p.get("uniqueItems") is True for p in places) for places in (a, b)]
        if unique[0] != unique[1]:
            word = "must" if unique[1] else "need not"
            relation: Relation = "narrower" if unique[1] else "wider"
            self.say(relation, f"{at}[]: items {word} differ", where(a, "uniqueItems"), where(b, "uniqueItems"), flip)

    def _rest(self, a: All, b: All, at: str, flip: bool) -> None:
        old, new = _first(a, "default"), _first(b, "default")
        if _text(old) != _text(new) and not flip:
            text = f"{at}: default {_text(old)} became {_text(new)}"
            self.say("default", text, old or a[0], new or b[0])
        for place in (*a, *b):
            for keyword, _ in place.children():
                if keyword not in _ELSEWHERE and not keyword.startswith("x-"):
                    gone, come = self.unmatched(a, b, keyword)
                    if (gone or come) and ("rest", at, keyword) not in self.seen:
                        self.seen.add(("rest", at, keyword))
                        self.say("unknown", f"{at}: {keyword} changed", (gone or a)[0], (come or b)[0], flip)
        for word in WORDS:
            pa, pb = _first(a, word), _first(b, word)
            if _text(pa) != _text(pb):
                self.say(None, f"{at}: the {word} changed", pa or a[0], pb or b[0])
        if any(p.get("deprecated") is True for p in b) and not any(p.get("deprecated") is True for p in a):
            self.say("deprecated", f"{at} is deprecated now", a[0], where(b, "deprecated"))


_PHRASES = {"not": "must not be", "propertyNames": "may name"}


def merged(side: Side, places: All, *keys: str) -> All:
    """Return what holds together at a keyword of several schemas."""
    found = [inner for p in places if (inner := p.child(*keys)) is not None]
    unique = {p.key: p for inner in found for p in conjuncts(side, inner)}
    return tuple(unique.values())


def is_anything(places: All) -> bool:
    """Whether every value fits: nothing is asked."""
    return all(p.value is True or p.value == {} for p in places)


def _same_text(a: Place, b: Place) -> bool:
    return keyed(_bare(a.value)) == keyed(_bare(b.value))


def _bare(value: Any) -> Any:
    """Return a schema without its texts; a property that is called as one of them stays, being an object."""
    if isinstance(value, dict):
        return {k: _bare(v) for k, v in value.items() if k not in ("title", "description") or isinstance(v, dict)}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _multiple(keyword: str, old: list[Place], new: list[Place]) -> Relation:
    if keyword != "multipleOf" or len(old) != 1 or len(new) != 1:
        return "unknown"
    one, other = old[0].value, new[0].value
    if any(isinstance(n, bool) or not isinstance(n, int) or n <= 0 for n in (one, other)):
        return "unknown"
    return "narrower" if other % one == 0 else "wider" if one % other == 0 else "other"


def _valued(places: All) -> Place:
    return next((p.child(k) or p for p in places for k in ("const", "enum") if p.child(k)), where(places, "type"))


def _first(places: All, keyword: str) -> Place | None:
    return next((found for p in places if (found := p.child(keyword)) is not None), None)


def _text(place: Place | None) -> str:
    return "none" if place is None else _cut(keyed(place.value))


def _one(places: list[Place]) -> str:
    return _cut(" and ".join(keyed(p.value) for p in places))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _kinds(kinds: frozenset[str]) -> str:
    if {"integer", "fraction"} <= kinds:
        kinds = kinds - {"integer", "fraction"} | {"number"}
    names = sorted("number" if kind == "fraction" else kind for kind in kinds)
    return " or ".join(names) if len(names) < 6 else "anything"
