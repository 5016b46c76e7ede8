"""A recorded callback is taken again."""

from __future__ import annotations

from mockreel.verdict.check import Check, Looked
from mockreel.verdict.checks.signature_unverified import judged
from mockreel.verdict.play import Play


def look(play: Play) -> Looked:
    """Judge the receiver's answers to callbacks that were signed long ago."""
    pointer = "behavior.yaml#/callback/signature/tolerance_s"
    yield from judged(play, ("age_s",), "a callback that was signed long ago", pointer)


CHECK = Check(
    id="stale_accepted",
    title="Old callbacks are taken",
    why="Somebody who has recorded one can send it again, any time, with a good signature.",
    known_from="The signatures of both providers that sign cover a timestamp; working verifiers of one allow 300 "
    "seconds (contract sources A5, D4).",
    hint="Refuse what is older or newer than a few minutes, by the timestamp that is signed.",
    needs="a callback with an old signature that reached the client's receiver",
    look=look,
)
