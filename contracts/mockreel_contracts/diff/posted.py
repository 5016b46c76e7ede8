"""Callbacks beyond their shape: when, how signed, how often."""

from __future__ import annotations

from mockreel_contracts.diff.change import EVERYBODY, NOT_ON_THE_WIRE, TAKEN, UNDECIDED, Breaks, breaking, safe
from mockreel_contracts.diff.findings import Findings, shown
from mockreel_contracts.diff.replies import compare as compare_replies
from mockreel_contracts.diff.side import Place
from mockreel_contracts.diff.view import keyed

_NOT_SENT = breaking("a server written for A does not send it")
_CALLED = Breaks(safe("callers are called only where they give a URL"), _NOT_SENT)
_NEW_EVENT = Breaks(breaking("receivers get an event that A does not know"), _NOT_SENT)
_GONE_EVENT = Breaks(breaking("receivers wait for it"), breaking("a server written for A sends what B does not know"))
_SIGNED = Breaks(safe("receivers that do not check it are not disturbed"), _NOT_SENT)
_UNSIGNED = Breaks(breaking("receivers that check the signature refuse it"), safe("a server may sign"))
_FEWER = Breaks(breaking("a delivery that is lost is not repeated as often"), breaking("a server repeats it too often"))
_MORE = Breaks(
    safe("receivers must bear repeated deliveries anyhow"), breaking("a server written for A repeats it otherwise")
)
_SHORTER = Breaks(breaking("receivers must answer sooner"), safe("a server may wait longer"))
_LONGER = Breaks(safe("receivers have more time"), breaking("a server written for A gives up sooner"))
_ADVICE = Breaks(safe("advice to receivers: what they allow now still works"), NOT_ON_THE_WIRE)
_DEFAULTS = {"timestamp": "unix", "encoding": "base64", "signed": [], "headers": {}}


def compare(findings: Findings, a: Place, b: Place) -> None:
    """Compare the callbacks."""
    findings.part = "callbacks"
    old, new = a.child("callback"), b.child("callback")
    if old is None or new is None:
        if old or new:
            text = "nothing is posted any more" if old else "callbacks are posted"
            findings.add(text, old or a, new or b, TAKEN if old else _CALLED)
        return
    shared = findings.sets(
        old.child("events"),
        new.child("events"),
        gone=lambda key: (f"nothing is posted at {key} any more", _GONE_EVENT),
        come=lambda key: (f"something is posted at {key}", _NEW_EVENT),
    )
    for state, one, other in shared:
        findings.part = f"callbacks at {state}"
        _retries(findings, one, other)
        replies = a.child("replies", str(one.get("reply"))), b.child("replies", str(other.get("reply")))
        if replies[0] and replies[1]:
            compare_replies(findings, replies[0], replies[1])
    findings.part = "callbacks"
    findings.number(old, new, "timeout_s", "an answer is waited for, in seconds:", more=_LONGER, less=_SHORTER)
    reads_a, reads_b = old.child("reads") or old, new.child("reads") or new
    for key in dict.fromkeys((*dict(reads_a.children()), *dict(reads_b.children()))):
        findings.plain(reads_a, reads_b, key, f"where a callback holds {key}:", UNDECIDED)
    _signature(findings, old, new)


def _retries(findings: Findings, a: Place, b: Place) -> None:
    old, new = a.get("retries_s", default=[]), b.get("retries_s", default=[])
    if keyed(old) != keyed(new):
        text = f"it is repeated after {shown(new)} seconds, not after {shown(old)}"
        effect = _FEWER if len(new) < len(old) or sum(new) < sum(old) else _MORE
        findings.add(text, a.child("retries_s") or a, b.child("retries_s") or b, effect)


def _signature(findings: Findings, a: Place, b: Place) -> None:
    old, new = a.child("signature"), b.child("signature")
    if old is None and new is not None:
        findings.add("callbacks are signed", a, new, _SIGNED)
    elif old is not None and new is None:
        findings.add("callbacks are not signed any more", old, b, _UNSIGNED)
    elif old is not None and new is not None:
        for word in ("scheme", "key", "message", "headers", "signed", "timestamp", "encoding"):
            findings.plain(old, new, word, f"the signature's {word}", EVERYBODY, default=_DEFAULTS.get(word))
        findings.plain(old, new, "tolerance_s", "how old a signature may be, in seconds:", _ADVICE, default=300)
