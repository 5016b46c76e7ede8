"""A forged callback is taken."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Doubt, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play

_FORGED = ("wrong_key", "unsigned")


def look(play: Play) -> Looked:
    """Judge the receiver's answers to callbacks with a wrong signature, or without one."""
    yield from judged(play, _FORGED, "a callback with a false signature", "behavior.yaml#/callback/signature")


def judged(play: Play, marks: tuple[str, ...], what: str, pointer: str) -> Looked:
    """Judge the answers to callbacks that are not to be trusted, by the effects that mark them.

    Taken, they are a finding; a client that asked the provider itself about the task may have done so to be sure.
    """
    rules = play.contract.callback
    if rules is None or rules.signature is None:
        return
    if rules.signature.key == "callback_secret" and not play.callback_secret:
        return
    for delivery in sight.in_time(play):
        if not set(marks) & sight.effects(play, delivery, "callback").keys() or not delivery.status:
            continue
        if not sight.taken(delivery):
            yield None
            continue
        finding = Finding(
            f"{what} was answered with {delivery.status}",
            operation="callback",
            expected="401 or 403, and nothing changed",
            pointer=pointer,
            cause="the body is parsed and believed before the signature is looked at",
            evidence=shown(play, [delivery]),
            fold="taken",
        )
        is_checked = any(said.is_end for said in sight.seen(play, delivery.task_id))
        yield Doubt(finding) if is_checked else finding


CHECK = Check(
    id="signature_unverified",
    title="Forged callbacks are taken",
    why="Anybody who knows the address can mark tasks as done, with a file of his own.",
    known_from="Two of the providers sign their callbacks (their pages of webhook verification and of callback "
    "signatures); neither signs the body, so a client should also ask for the task itself (contract sources A5, D4).",
    hint="Verify the signature over the raw request before anything else, compare in constant time, answer 401, and go "
    "on polling.",
    needs="a forged callback that reached the client's receiver",
    look=look,
    weight=3,
)
