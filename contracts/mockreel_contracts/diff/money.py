"""What tasks cost: prices by their meaning, and when they are charged and given back."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

from mockreel_contracts.diff.change import EVERYBODY, NOT_ON_THE_WIRE, UNDECIDED, Breaks, breaking, safe, unknown
from mockreel_contracts.diff.findings import Findings
from mockreel_contracts.diff.side import Place
from mockreel_contracts.diff.view import keyed

_SERVERS = breaking("a server written for A takes another price")
_DEARER = Breaks(breaking("callers pay more"), _SERVERS)
_CHEAPER = Breaks(safe("callers pay less"), _SERVERS)
_UNSURE = Breaks(unknown("whether callers pay more depends on what they ask for"), _SERVERS)
_USD_UP = Breaks(breaking("a credit costs more"), NOT_ON_THE_WIRE)
_USD_DOWN = Breaks(safe("a credit costs less"), NOT_ON_THE_WIRE)
_MANY = 60  # rows of a price table of which every two are put together

Rows = list[Place]


def compare(findings: Findings, a: Place, b: Place) -> None:
    """Compare credits: the common price table, then each model's own."""
    findings.part = "credits"
    old, new = a.child("credits"), b.child("credits")
    if old is None or new is None:
        return
    findings.plain(old, new, "charge", "tasks are charged at", EVERYBODY)
    findings.number(old, new, "usd", "a credit in US dollars:", more=_USD_UP, less=_USD_DOWN)
    _refunds(findings, old, new)
    _adjustments(findings, old, new)
    common_a, common_b = _rows(old.child("prices")), _rows(new.child("prices"))
    _prices(findings, common_a, common_b, "", old, new)
    findings.part = "models"
    for file, name in findings.models():
        one, other = findings.a.place(file, "/x-mockreel"), findings.b.place(name, "/x-mockreel")
        own_a, own_b = _rows(one and one.child("credits")), _rows(other and other.child("credits"))
        pa, pb = one or findings.a.place(file), other or findings.b.place(name)
        if pa and pb:
            if own_a or own_b:
                _prices(findings, [*own_a, *common_a], [*own_b, *common_b], f"{_stem(file)}: ", pa, pb)
            facts = [keyed(p.get("facts", default={})) if p.pointer else "{}" for p in (pa, pb)]
            if facts[0] != facts[1]:
                text = f"{_stem(file)}: its facts {facts[0]} became {facts[1]}"
                findings.add(text, pa.child("facts") or pa, pb.child("facts") or pb, UNDECIDED)


def _stem(file: str) -> str:
    return file.rsplit("/", 1)[-1].removesuffix(".yaml")


def _rows(table: Place | None) -> Rows:
    return table.items() if table else []


def _prices(findings: Findings, olds: Rows, news: Rows, at: str, a: Place, b: Place) -> None:
    """Compare tables by what they say at every condition that either of them names, and at every two together."""
    if [_row(p) for p in olds] == [_row(p) for p in news]:
        return
    before = len(findings.found)
    noted: set[tuple[str, str]] = set()
    for when in _points([*olds, *news]):
        old, new = _fitting(olds, when), _fitting(news, when)
        mark = (str(old), str(new))
        if mark in noted or (old and new and _amount(old) == _amount(new)) or (old is None and new is None):
            continue
        noted.add(mark)
        words = ", ".join(f"{key} {value}" for key, value in when.items()) or "otherwise"
        if old is None or new is None:
            text = f"{at}{words}: {'has a price now' if new else 'has no price any more'}"
            findings.add(text, old or a, new or b, _UNSURE)
            continue
        (amount_a, each_a), (amount_b, each_b) = _amount(old), _amount(new)
        effect = _UNSURE if each_a != each_b else _DEARER if amount_b > amount_a else _CHEAPER
        findings.add(f"{at}{words}: {_said(old)} became {_said(new)}", old, new, effect)
    if len(findings.found) == before:
        effect = Breaks(unknown("no price of a single case changed, their order did"), unknown("as for callers"))
        findings.add(f"{at}the rows of the price table changed", (olds or [a])[0], (news or [b])[0], effect)


def _row(place: Place) -> str:
    return keyed([place.get("when", default={}), place.get("credits"), place.get("per_second")])


def _points(rows: Iterable[Place]) -> list[dict[str, Any]]:
    whens = list({keyed(w): w for p in rows if isinstance(w := p.get("when", default={}), dict)}.values())
    points = list(whens)
    if len(whens) <= _MANY:
        for one, other in combinations(whens, 2):
            if all(keyed(other[key]) == keyed(value) for key, value in one.items() if key in other):
                points.append({**one, **other})
    return list({keyed(point): point for point in points}.values())


def _fitting(rows: Rows, values: dict[str, Any]) -> Place | None:
    """Return the first row that fits values."""
    for row in rows:
        when = row.get("when", default={})
        if all(key in values and keyed(values[key]) == keyed(value) for key, value in when.items()):
            return row
    return None


def _amount(row: Place) -> tuple[float, bool]:
    each = row.get("per_second")
    return (float(each), True) if each is not None else (float(row.get("credits", default=0)), False)


def _said(row: Place) -> str:
    amount, is_each = _amount(row)
    return f"{amount:g} credits" + (" a second" if is_each else "")


def _refunds(findings: Findings, a: Place, b: Place) -> None:
    olds, news = set(a.get("refund", default=())), set(b.get("refund", default=()))
    pa, pb = a.child("refund"), b.child("refund")
    for phase in sorted(olds - news):
        effect = Breaks(breaking("callers pay for it"), breaking("a server written for A gives it back"))
        findings.add(f"a task that is {phase} is not given back any more", pa, pb, effect)
    for phase in sorted(news - olds):
        effect = Breaks(safe("callers get it back"), breaking("a server written for A does not give it back"))
        findings.add(f"a task that is {phase} is given back", pa, pb, effect)


def _adjustments(findings: Findings, a: Place, b: Place) -> None:
    olds, news = _rows(a.child("adjust")), _rows(b.child("adjust"))
    by_a, by_b = ({keyed(p.get("when")): p for p in rows} for rows in (olds, news))
    for when in dict.fromkeys((*by_a, *by_b)):
        old, new = by_a.get(when), by_b.get(when)
        terms = [
            (float(p.get("times", default=1)), float(p.get("plus", default=0))) if p else (1.0, 0.0) for p in (old, new)
        ]
        if terms[0] == terms[1]:
            continue
        is_dearer = all(now >= then for then, now in zip(*terms, strict=True))
        is_cheaper = all(now <= then for then, now in zip(*terms, strict=True))
        said = [f"times {t:g} plus {p:g}" for t, p in terms]
        effect = _DEARER if is_dearer else _CHEAPER if is_cheaper else _UNSURE
        findings.add(f"with {when} the price was {said[0]} and is {said[1]}", old or a, new or b, effect)
    order = [[when for when in rows if when in by_a and when in by_b] for rows in (by_a, by_b)]
    if order[0] != order[1]:
        findings.add("the order of the surcharges changed", a.child("adjust"), b.child("adjust"), _UNSURE)
