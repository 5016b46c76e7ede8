"""How tasks live: states, transitions, durations, and how long things are kept."""

from __future__ import annotations

from mockreel_contracts.diff.change import EVERYBODY, Breaks, breaking, safe, unknown
from mockreel_contracts.diff.findings import Findings, shown
from mockreel_contracts.diff.side import Place
from mockreel_contracts.diff.view import keyed

_NEW = Breaks(breaking("callers that know only A's do not expect it"), safe("a server need not go there"))
_GONE = Breaks(safe("what does not happen any more breaks nobody"), breaking("a server written for A may go there"))
_SLOWER = Breaks(unknown("callers may give up too early"), safe("a server may be quicker"))
_QUICKER = Breaks(safe("callers wait for less"), unknown("a server written for A may be slower"))
_OTHER_TIME = Breaks(unknown("callers may give up too early"), unknown("a server written for A may be slower"))
_SHORTER = Breaks(breaking("what callers come back for is gone sooner"), safe("a server may keep it longer"))
_LONGER = Breaks(safe("callers may still be quick"), breaking("a server written for A does not keep it as long"))
_PROGRESS = Breaks(unknown("callers may rely on A's figures"), unknown("a server written for A may send others"))


def compare(findings: Findings, a: Place, b: Place) -> None:
    """Compare the lifecycles and what models say of their durations."""
    findings.part = "lifecycle"
    old, new = a.child("lifecycle"), b.child("lifecycle")
    if old is None or new is None:
        return
    _states(findings, old, new)
    for word, text in (
        ("failure", "the error of a task that fails without a nearer reason:"),
        ("cancellation", "the error of a canceled task:"),
    ):
        findings.plain(old, new, word, text, EVERYBODY, default=None)
    findings.number(old, new, "retention_s", "tasks are kept, in seconds:", more=_LONGER, less=_SHORTER)
    findings.number(old, new, "asset_life_s", "result URLs live, in seconds:", more=_LONGER, less=_SHORTER)
    _expiries(findings, old, new)
    findings.part = "models"
    for file, name in findings.models():
        sides = (findings.a, file), (findings.b, name)
        one, other = (side.place(each, "/x-mockreel") or side.place(each) for side, each in sides)
        if one and other:
            _durations(findings, file, one, other)


def _states(findings: Findings, a: Place, b: Place) -> None:
    olds, news = _by_wire(a), _by_wire(b)
    for word in dict.fromkeys((*olds, *news)):
        if word not in news:
            findings.add(f"the state {word} is gone", olds[word][0], b.child("states"), _GONE)
        elif word not in olds:
            findings.add(f"the state {word} is new", a.child("states"), news[word][0], _NEW)
        else:
            _state(findings, word, olds[word], news[word])
    gone, come = _steps(a), _steps(b)
    for step in [step for step in gone if step not in come and step[0] in news and step[1] in news]:
        findings.add(f"{step[0]} does not go to {step[1]} any more", gone[step], _next(news, step), _GONE)
    for step in [step for step in come if step not in gone and step[0] in olds and step[1] in olds]:
        findings.add(f"{step[0]} may go to {step[1]}", _next(olds, step), come[step], _NEW)
    first_a, first_b = (_wire(p, str(p.get("initial"))) for p in (a, b))
    if first_a != first_b:
        text = f"tasks begin as {first_b}, not as {first_a}"
        findings.add(text, a.child("initial"), b.child("initial"), EVERYBODY)
    ways = [_way(p) for p in (a, b)]
    if ways[0] != ways[1] and {*gone} == {*come} and first_a == first_b:
        text = f"tasks that succeed go {' > '.join(ways[1])}, not {' > '.join(ways[0])}"
        findings.add(text, a.child("states"), b.child("states"), _PROGRESS)


def _state(findings: Findings, word: str, olds: list[Place], news: list[Place]) -> None:
    phases = [sorted({str(p.get("phase")) for p in places}) for places in (olds, news)]
    if phases[0] != phases[1]:
        text = f"{word} means {' or '.join(phases[1])}, not {' or '.join(phases[0])}"
        findings.add(text, olds[0].child("phase"), news[0].child("phase"), EVERYBODY)
    for old, new in zip(olds, news, strict=False):
        _span(findings, old, new, "duration_s", f"{word} lasts, in seconds:")
        findings.plain(old, new, "progress", f"{word}: progress", _PROGRESS)


def _span(findings: Findings, a: Place, b: Place, key: str, text: str) -> None:
    old, new = a.get(key), b.get(key)
    if keyed(old) == keyed(new):
        return
    (least_a, most_a), (least_b, most_b) = old or (0, 0), new or (0, 0)
    effect = _SLOWER if most_b >= most_a and least_b >= least_a else _QUICKER
    if (most_b > most_a) != (least_b > least_a) and most_a != most_b and least_a != least_b:
        effect = _OTHER_TIME
    if most_b > most_a and least_b <= least_a:
        effect = _SLOWER
    findings.add(f"{text} {shown(old)} became {shown(new)}", a.child(key) or a, b.child(key) or b, effect)


def _durations(findings: Findings, file: str, a: Place, b: Place) -> None:
    old, new = (p.child("duration_s") or Place(p.file, p.pointer, {}) for p in (a, b))
    states = [*dict(old.children()), *dict(new.children())]
    model = file.rsplit("/", 1)[-1].removesuffix(".yaml")
    for state in dict.fromkeys(state for state in states if isinstance(old.get(state, default=new.get(state)), list)):
        if keyed(old.get(state)) != keyed(new.get(state)) and None in (old.get(state), new.get(state)):
            text = f"{model}: {state} lasts {shown(new.get(state))} seconds, where it was {shown(old.get(state))}"
            findings.add(text, old.child(state) or old, new.child(state) or new, _OTHER_TIME)
        else:
            _span(findings, old, new, state, f"{model}: {state} lasts, in seconds:")


def _expiries(findings: Findings, a: Place, b: Place) -> None:
    olds, news = _rules(a), _rules(b)
    more = Breaks(breaking("tasks end that did not end before"), breaking("a server written for A does not end them"))
    fewer = Breaks(safe("tasks do not end so any more"), breaking("a server written for A ends them"))
    for when in dict.fromkeys((*olds, *news)):
        old, new = olds.get(when), news.get(when)
        words = "tasks" if when == "{}" else f"tasks with {when}"
        if old is None:
            findings.add(f"{words} expire", a, new, more)
        elif new is None:
            findings.add(f"{words} expire no longer", old, b, fewer)
        else:
            findings.number(old, new, "after_s", f"{words} expire after, in seconds:", more=fewer, less=more)
            findings.plain(old, new, "to", f"{words} expire to", EVERYBODY)
            findings.plain(old, new, "error", f"{words} expire with", EVERYBODY)
    shared = [[when for when in rules if when in olds and when in news] for rules in (olds, news)]
    if shared[0] != shared[1]:
        findings.add("the order of the expiries changed", a.child("expires"), b.child("expires"), _PROGRESS)


def _rules(lifecycle: Place) -> dict[str, Place]:
    listed = lifecycle.child("expires")
    found: dict[str, Place] = {}
    for place in listed.items() if listed else ():
        found.setdefault(keyed(place.get("when", default={})), place)
    return found


def _by_wire(lifecycle: Place) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    states = lifecycle.child("states")
    for name, place in states.children() if states else ():
        found.setdefault(str(place.get("wire", default=name)), []).append(place)
    return found


def _wire(lifecycle: Place, name: str) -> str:
    return str(lifecycle.get("states", name, "wire", default=name))


def _steps(lifecycle: Place) -> dict[tuple[str, str], Place]:
    """Return the transitions, in the words of the wire."""
    states = lifecycle.child("states")
    return {
        (_wire(lifecycle, name), _wire(lifecycle, str(follower.value))): follower
        for name, place in (states.children() if states else ())
        for follower in (place.child("next") or Place(place.file, place.pointer, [])).items()
    }


def _next(states: dict[str, list[Place]], step: tuple[str, str]) -> Place:
    place = states[step[0]][0]
    return place.child("next") or place


def _way(lifecycle: Place) -> list[str]:
    """Return the wire words of a task that succeeds."""
    name = str(lifecycle.get("initial"))
    way: list[str] = []
    while name not in way and len(way) < 100:
        way.append(name)
        followers = lifecycle.get("states", name, "next")
        if not followers:
            break
        name = str(followers[0])
    return [_wire(lifecycle, name) for name in way]
