"""How answers are made: two reply templates, as far as texts tell."""

from __future__ import annotations

from mockreel_contracts.diff.change import EVERYBODY, UNDECIDED, Breaks, breaking, safe
from mockreel_contracts.diff.findings import Findings, shown
from mockreel_contracts.diff.side import Place
from mockreel_contracts.diff.view import keyed, type_of

_LESS = Breaks(breaking("callers that read it find it no longer"), safe("the schema says whether it must be there"))
_MORE = Breaks(safe("callers skip what they do not know"), breaking("a server written for A does not send it"))


def compare(findings: Findings, a: Place, b: Place) -> None:
    """Compare two replies: status and body. A key that ends in '?' is left out when its value is null."""
    findings.plain(a, b, "status", "the HTTP status", EVERYBODY, default=200)
    old, new = a.child("body"), b.child("body")
    if old and new:
        _value(findings, old, new, "body")


def _value(findings: Findings, a: Place, b: Place, at: str) -> None:
    if isinstance(a.value, dict) and isinstance(b.value, dict):
        _object(findings, a, b, at)
    elif isinstance(a.value, list) and isinstance(b.value, list):
        for index, (old, new) in enumerate(zip(a.items(), b.items(), strict=False)):
            _value(findings, old, new, f"{at}[{index}]")
        if len(a.value) != len(b.value):
            findings.add(f"the answer's {at} has {len(b.value)} items, not {len(a.value)}", a, b, EVERYBODY)
    elif keyed(a.value) != keyed(b.value):
        is_made = any(isinstance(p.value, str) and p.value.startswith("=") for p in (a, b))
        is_kind = type_of(a.value) != type_of(b.value) and not is_made
        effect = UNDECIDED if is_made and not is_kind else EVERYBODY
        findings.add(f"the answer's {at} was {shown(a.value)} and is {shown(b.value)}", a, b, effect)


def _object(findings: Findings, a: Place, b: Place, at: str) -> None:
    olds = {key.removesuffix("?"): (key, place) for key, place in a.children()}
    news = {key.removesuffix("?"): (key, place) for key, place in b.children()}
    for name in dict.fromkeys((*olds, *news)):
        text = f"the answer's {at}.{name}"
        if name not in news:
            findings.add(f"{text} is gone", olds[name][1], b, _LESS)
        elif name not in olds:
            findings.add(f"{text} is new", a, news[name][1], _MORE)
        else:
            (key, old), (other, new) = olds[name], news[name]
            if key != other:
                is_left_out = other.endswith("?")
                words = "may be missing" if is_left_out else "is always there"
                findings.add(f"{text} {words}", old, new, _LESS if is_left_out else _MORE)
            _value(findings, old, new, f"{at}.{name}")
