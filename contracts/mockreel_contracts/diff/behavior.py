"""The behavior: two behavior.yaml, and what model files say beside their schemas."""

from __future__ import annotations

from typing import Any

from mockreel_contracts.diff import errors, life, money, posted
from mockreel_contracts.diff.change import (
    EVERYBODY,
    GIVEN,
    NOT_ON_THE_WIRE,
    TAKEN,
    UNDECIDED,
    Breaks,
    breaking,
    safe,
    unknown,
)
from mockreel_contracts.diff.direction import TABLE
from mockreel_contracts.diff.findings import Findings, shown
from mockreel_contracts.diff.replies import compare as compare_replies
from mockreel_contracts.diff.side import Place
from mockreel_contracts.diff.view import keyed
from mockreel_contracts.form import BEHAVIOR

WORDS = ("title", "description", "source", "confidence", "note", "decisions", "sources", "contradiction", "resolution")
_REQUEST = TABLE["request"]
_LINKS = Breaks(breaking("what callers kept is gone sooner"), safe("a server may keep it longer"))
_LONGER = Breaks(safe("callers may still be quick"), breaking("a server written for A does not keep it as long"))
_CALLERS_ONLY = Breaks(unknown("callers that ask as A says may ask too often or give up too early"), NOT_ON_THE_WIRE)
_STRICTER, _LAXER = _REQUEST["narrower"], _REQUEST["wider"]


def compare(findings: Findings) -> None:
    """Compare two contracts beyond their shape; what is found goes to `findings`."""
    a, b = findings.a.place(BEHAVIOR), findings.b.place(BEHAVIOR)
    if a is None or b is None:
        return
    findings.part = "errors"
    _transport(findings, _below(a, "transport"), _below(b, "transport"))
    findings.part = "auth"
    _auth(findings, _below(a, "auth"), _below(b, "auth"))
    _operations(findings, a, b)
    errors.compare(findings, a, b)
    findings.part = "inputs"
    _inputs(findings, a.child("inputs"), b.child("inputs"))
    life.compare(findings, a, b)
    money.compare(findings, a, b)
    findings.part = "limits"
    _limits(findings, _below(a, "limits"), _below(b, "limits"))
    findings.part = "ids"
    effect = Breaks(
        unknown("it is safe for callers that take an id for any text, not for those that read or measure it"),
        breaking("a server written for A makes other ids"),
    )
    findings.plain(_below(a, "ids"), _below(b, "ids"), "task", "the form of task ids", effect)
    posted.compare(findings, a, b)
    findings.part = "polling"
    _polling(findings, _below(a, "polling"), _below(b, "polling"))
    findings.part = "profiles"
    gone = both_named = breaking("who asks for it by name is refused")
    findings.sets(
        a.child("profiles"),
        b.child("profiles"),
        gone=lambda key: (f"the profile {key} is gone", Breaks(gone, both_named)),
        come=lambda key: (f"the profile {key} is new", Breaks(safe("nobody asks for it"), safe("nobody asks for it"))),
    )
    findings.part = "texts"
    _texts(findings, a, b)


def _below(place: Place, key: str) -> Place:
    return place.child(key) or Place(place.file, place.pointer, {})


def _transport(findings: Findings, a: Place, b: Place) -> None:
    findings.plain(a, b, "errors", "where errors have their code:", EVERYBODY, default="body")
    for word, default in (("code", "body.code"), ("reason", "body.reason"), ("message", "body.message")):
        old, new = _below(a, "reads"), _below(b, "reads")
        findings.plain(old, new, word, f"where an error's {word} is read:", UNDECIDED, default=default)
    findings.plain(a, b, "success", "the codes of answers that are no error:", EVERYBODY, default=[])


def _auth(findings: Findings, a: Place, b: Place) -> None:
    if str(a.get("header")).lower() != str(b.get("header")).lower():
        findings.plain(a, b, "header", "the header of the API key", EVERYBODY)
    _listed(findings, a, b, "schemes", "the scheme", is_lowered=True)


def _listed(findings: Findings, a: Place, b: Place, key: str, text: str, *, is_lowered: bool = False) -> None:
    """Compare lists of what a request may have."""
    olds, news = ({_lowered(v, is_lowered): v for v in place.get(key, default=())} for place in (a, b))
    pa, pb = a.child(key) or a, b.child(key) or b
    for word in [word for word in olds if word not in news]:
        findings.add(f"{text} {olds[word]} is not taken any more", pa, pb, _STRICTER)
    for word in [word for word in news if word not in olds]:
        findings.add(f"{text} {news[word]} is taken", pa, pb, _LAXER)


def _lowered(value: Any, is_lowered: bool) -> str:
    return str(value).lower() if is_lowered else str(value)


def _operations(findings: Findings, a: Place, b: Place) -> None:
    findings.part = "operations"
    shared = findings.sets(
        a.child("operations"),
        b.child("operations"),
        gone=lambda key: (f"the operation {key} is gone", TAKEN),
        come=lambda key: (f"the operation {key} is new", GIVEN),
    )
    for name, old, new in shared:
        findings.part = f"operation {name}"
        findings.plain(old, new, "role", "its role", EVERYBODY)
        findings.number(old, new, "link_life_s", "the seconds that a link lives:", more=_LONGER, less=_LINKS)
        for word, text in (("reads", "where a request holds"), ("answer", "where an answer holds")):
            olds, news = _below(old, word), _below(new, word)
            for key in dict.fromkeys((*dict(olds.children()), *dict(news.children()))):
                findings.plain(olds, news, key, f"{text} {key}:", UNDECIDED)
        names = [str(p.get("reply", default=p.get("role"))) for p in (old, new)]
        if "asset" in names and names[0] != names[1]:
            findings.add(f"answers with {names[1]}, not with {names[0]}", old, new, EVERYBODY)
        elif "asset" not in names:
            replies = a.child("replies", names[0]), b.child("replies", names[1])
            if replies[0] and replies[1]:
                compare_replies(findings, replies[0], replies[1])
    findings.part = "errors"
    old_error, new_error = a.child("replies", "error"), b.child("replies", "error")
    if old_error and new_error:
        compare_replies(findings, old_error, new_error)


def _inputs(findings: Findings, a: Place | None, b: Place | None) -> None:
    for name, old, new in findings.sets(
        a,
        b,
        gone=lambda key: (f"inline files of {key} are not looked at any more", _LAXER),
        come=lambda key: (f"inline files of {key} are looked at", _STRICTER),
    ):
        findings.plain(old, new, "find", f"where inline files of {name} are found:", UNDECIDED)
        if old.get("types") and new.get("types"):
            _listed(findings, old, new, "types", f"{name}: the type")
        elif old.get("types") or new.get("types"):
            effect = _LAXER if old.get("types") else _STRICTER
            findings.add(f"{name}: the types that are taken changed", old, new, effect)
        _limit(findings, old, new, "max_bytes", f"{name}: the greatest size in bytes")
        before, now = old.get("ratio"), new.get("ratio")
        if keyed(before) != keyed(now):
            wide_a, wide_b = before or [0, float("inf")], now or [0, float("inf")]
            is_narrower = wide_b[0] >= wide_a[0] and wide_b[1] <= wide_a[1]
            is_wider = wide_b[0] <= wide_a[0] and wide_b[1] >= wide_a[1]
            effect = _STRICTER if is_narrower else _LAXER if is_wider else _REQUEST["other"]
            text = f"{name}: the ratio {shown(before)} became {shown(now)}"
            findings.add(text, old.child("ratio") or old, new.child("ratio") or new, effect)
        findings.plain(old, new, "errors", f"{name}: the errors of wrong files", EVERYBODY, default={})


def _limit(findings: Findings, a: Place, b: Place, key: str, text: str) -> None:
    """Compare a greatest number that may be missing, and then is none."""
    old, new = a.get(key), b.get(key)
    if keyed(old) != keyed(new):
        is_stricter = old is None or (new is not None and new < old)
        pa, pb = a.child(key) or a, b.child(key) or b
        findings.add(f"{text} {shown(old)} became {shown(new)}", pa, pb, _STRICTER if is_stricter else _LAXER)


def _limits(findings: Findings, a: Place, b: Place) -> None:
    _limit(findings, _below(a, "body_bytes"), _below(b, "body_bytes"), "max", "the greatest body in bytes:")
    _limit(findings, _below(a, "concurrency"), _below(b, "concurrency"), "tasks", "unfinished tasks at once:")
    old, new = a.child("concurrency"), b.child("concurrency")
    if old and new and old.get("excess") != new.get("excess"):
        effect = _STRICTER if new.get("excess") == "refuse" else _LAXER
        findings.plain(old, new, "excess", "what happens to tasks beyond the limit:", effect)
    old, new = a.child("rate"), b.child("rate")
    if old is None and new is not None:
        findings.add("creates are limited by rate", a, new, _STRICTER)
    elif old is not None and new is None:
        findings.add("creates are not limited by rate any more", old, b, _LAXER)
    elif old is not None and new is not None:
        before, now = ((p.get("requests"), p.get("per_s")) for p in (old, new))
        if before != now:
            is_laxer = now[0] >= before[0] and now[1] <= before[1]
            is_stricter = now[0] <= before[0] and now[1] >= before[1]
            effect = _LAXER if is_laxer else _STRICTER if is_stricter else UNDECIDED
            text = f"creates: {before[0]} in {before[1]} s became {now[0]} in {now[1]} s"
            findings.add(text, old, new, effect)


def _polling(findings: Findings, a: Place, b: Place) -> None:
    findings.plain(a, b, "interval_s", "how long to wait between two looks:", _CALLERS_ONLY)
    findings.plain(a, b, "give_up_s", "when to give up:", _CALLERS_ONLY)


def _texts(findings: Findings, a: Any, b: Any) -> None:
    """Note what changed in texts for readers, wherever both sides have the same place."""
    for key, old in a.children():
        new = b.child(key)
        if key in ("body", "profiles") and new is not None:
            continue
        if key in WORDS:
            if new is None or keyed(old.value) != keyed(new.value):
                findings.document(f"{key} changed", old, new)
        elif new is not None:
            _texts(findings, old, new)
            for one, other in zip(old.items(), new.items(), strict=False):
                _texts(findings, one, other)
    for key, new in b.children():
        if key in WORDS and a.child(key) is None:
            findings.document(f"{key} is new", None, new)
