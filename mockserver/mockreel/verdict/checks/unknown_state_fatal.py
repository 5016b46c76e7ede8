"""A state that no page knows ends the client."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play


def look(play: Play) -> Looked:
    """Judge what came after each state that the contract does not know."""
    if play.claim.result == "unknown" and not play.claim.was_stopped:
        return
    known = {word.lower() for word in sight.phases(play)}
    for task_id in sight.task_ids(play):
        said = sight.seen(play, task_id)
        strange = [each for each in said if each.state and each.phase is None and each.state.lower() not in known]
        if not strange:
            continue
        after = [entry for entry in sight.looks(play, task_id) if entry.seq > strange[0].entry.seq]
        is_stopped = play.claim.was_stopped or sight.learned_end(play, task_id)
        if after or is_stopped:
            yield None
            continue
        taken_for = "success" if play.claim.result == "success" else "an error"
        yield Finding(
            f"task {task_id} was told to be {strange[0].state!r}, and the client ended, taking it for {taken_for}",
            operation=strange[0].entry.operation,
            expected="further looks: a state that is not known is neither an end nor an error",
            pointer="behavior.yaml#/lifecycle/states",
            cause="a table of states without a way for others",
            evidence=shown(play, [strange[0].entry]),
            credits=sight.price_of(play, task_id),
        )


CHECK = Check(
    id="unknown_state_fatal",
    title="An unknown state ends the client",
    why="The day the provider adds a state, every task that passes through it is lost, though paid for.",
    known_from="The states of the same API were written differently over time: the source of one has NOT_START, "
    "SUBMITTED and UNKNOWN beside its page; one provider's pages gained codes (contract sources A1, A3, C2).",
    hint="Go on polling within your limit, and log the word.",
    needs="an answer with a state that the contract does not know",
    look=look,
    weight=3,
)
