"""The receiver does not take good callbacks, or takes its time."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Doubt, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play

_SLOW = 0.5  # of the provider's limit


def look(play: Play) -> Looked:
    """Judge the receiver's answer to each callback that is as it should be, while the client is there."""
    rules = play.contract.callback
    if rules is None:
        return
    taken: set[tuple[str, str]] = set()
    ended: set[str] = set()
    for delivery in sight.in_time(play):
        if not sight.is_genuine(play, delivery):
            continue
        place = (delivery.task_id, delivery.state)
        phase = sight.phase_told(play, delivery)
        if delivery.state not in rules.events or (delivery.task_id in ended and phase and not phase.is_terminal):
            continue  # it is told too late, or not at all by the contract: to refuse it does no harm
        is_copy = place in taken
        if sight.taken(delivery):
            taken.add(place)
            if phase is not None and phase.is_terminal:
                ended.add(delivery.task_id)
            if delivery.latency_ms <= rules.timeout_ms * _SLOW:
                yield None
                continue
            message = f"a callback was answered after {delivery.latency_ms / 1000:.1f} s"
        elif is_copy:
            continue  # refused as a copy: it ends, sooner or later
        else:
            message = f"a good callback was not taken: {delivery.problem or f'HTTP {delivery.status}'}"
        finding = Finding(
            message,
            operation="callback",
            expected=f"2xx, well within {rules.timeout_ms / 1000:g} s",
            pointer="behavior.yaml#/callback/timeout_s",
            cause="the work is done before the answer" if sight.taken(delivery) else "the receiver refuses or fails",
            evidence=shown(play, [delivery]),
            fold="slow" if sight.taken(delivery) else "refused",
        )
        yield Doubt(finding) if sight.taken(delivery) else finding


CHECK = Check(
    id="callback_slow_or_non_2xx",
    title="Good callbacks are answered late or badly",
    why="The provider counts the delivery as failed: it sends it again, or never again.",
    known_from="One provider's callback pages state a timeout of 15 seconds and no page says that it repeats; another "
    "tries three times more (contract sources A4, D4).",
    hint="Verify, store, answer 2xx at once, and do the work after that.",
    needs="a good callback that reached the client's receiver",
    look=look,
)
