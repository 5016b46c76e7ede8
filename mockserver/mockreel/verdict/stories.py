"""A play as a story: requests, states, callbacks, money and the end of the client on one line of time."""

from __future__ import annotations

from mockreel.domain.journal import Delivery, Entry
from mockreel.report import Event, Status, Story
from mockreel.verdict import sight
from mockreel.verdict.battery import battery
from mockreel.verdict.judging import Verdict
from mockreel.verdict.play import Play, TaskFacts

_MOST = 200  # requests of a story, those in the middle are left out; and tasks
_DETAIL = 300


def story_of(verdict: Verdict) -> Story:
    """Return the story of a scenario, what findings are about marked."""
    play = verdict.play
    bad = {
        piece.seq
        for result in verdict.results
        for finding in result.findings
        for piece in finding.evidence
        if result.status is Status.FAIL and piece.seq is not None
    }
    kept, skipped = list(play.entries), 0
    if len(kept) > _MOST:
        skipped = len(kept) - _MOST
        kept = [*kept[: _MOST // 2], *kept[-_MOST // 2 :]]
    events = [_happened(play, entry, is_bad=entry.seq in bad) for entry in kept]
    for task in play.tasks[:_MOST]:
        events += _task(play, task)
    events.append(_end(play, verdict))
    events.sort(key=lambda event: event.at_s)
    return Story(
        play.scenario.name, play.scenario.title, verdict.status, tuple(events), tuple(_notes(play, verdict, skipped))
    )


def _at(play: Play, at_ms: int) -> float:
    return max(at_ms - play.started_ms, 0) / 1000


def _happened(play: Play, entry: Entry | Delivery, *, is_bad: bool) -> Event:
    at_s = _at(play, entry.at_ms)
    if isinstance(entry, Delivery):
        twist = f" [{', '.join(entry.faults)}]" if entry.faults else ""
        text = f"callback {entry.state}{twist} -> {entry.status or entry.problem}"
        return Event(at_s, "callback", text, entry.decision[:_DETAIL], is_bad)
    came = sight.heard(play, entry)
    answer = str(entry.status) if came in (sight.Heard.ANSWERED, sight.Heard.REFUSED) else came.value
    name = sight.role_of(play, entry) or f"{entry.method} {entry.path}"
    said = sight.told(play, entry)
    told = f" {said.state}" if said is not None and said.state else f" {entry.case}" if entry.case else ""
    return Event(at_s, "request", f"{name} -> {answer}{told}", entry.decision[:_DETAIL], is_bad)


def _task(play: Play, task: TaskFacts) -> list[Event]:
    events = [Event(_at(play, task.created_ms), "money", f"{task.price:f} credits charged", f"task {task.id}")]
    events += [
        Event(_at(play, at_ms), "state", f"{wire} ({phase})", f"task {task.id}") for at_ms, wire, phase in task.states
    ]
    if task.ended_ms is not None and not task.charged and task.price:
        events.append(Event(_at(play, task.ended_ms), "money", f"{task.price:f} credits given back", f"task {task.id}"))
    return events


def _end(play: Play, verdict: Verdict) -> Event:
    claim = play.claim
    if claim.was_stopped:
        text = "stopped by the run"
    elif claim.signal is not None:
        text = f"ended by signal {claim.signal}"
    else:
        text = f"ended with {claim.result}" + (
            f" (exit status {claim.exit_code})" if claim.exit_code is not None else ""
        )
    is_bad = claim.was_stopped and verdict.status is Status.FAIL
    return Event(_at(play, sight.end_ms(play)), "client", text, is_bad=is_bad)


def _notes(play: Play, verdict: Verdict, skipped: int) -> list[str]:
    found = [
        f"{result.id}: {finding.message}"
        for result in verdict.results
        if result.status in (Status.FAIL, Status.WARN)
        for finding in result.findings
    ]
    if play.scenario.note:
        found.append(f"What a good integration does: {play.scenario.note}")
    act = next((each for each in battery() if each.name == play.scenario.name), None)
    if act is not None and act.ends != "either" and play.claim.result not in (act.ends, "unknown"):
        found.append(f"A careful client may end with {act.ends} here; this one ended with {play.claim.result}.")
    if skipped:
        found.append(f"{skipped} events in the middle are left out.")
    return found
