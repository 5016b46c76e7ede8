"""The report of a run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from mockreel.report import Report
from mockreel.report.model import verdict_of
from mockreel.verdict.battery import Act
from mockreel.verdict.play import Play
from mockreel.verdict.runner.setup import Setup
from mockreel.verdict.summary import judge_plays

NO_TASK = (
    "the client never made a task, so nothing can be said of it: does it call MOCKREEL_BASE_URL with MOCKREEL_API_KEY? "
    "--env NAME={base_url} gives the URL under the name that your client knows"
)
NO_CALLBACK = "the client asked for no callback, though it was given MOCKREEL_CALLBACK_URL"
NOBODY_LISTENED = "nobody listened at {url}, so no task was made; {{port}} in --callback-url and in COMMAND is the port"


def report_of(setup: Setup, acts: Sequence[Act], plays: Sequence[Play], *, replay: str) -> Report:
    """Return what came of a run, over all its plays. A client that made no task is inconclusive, and one of
    which too little was seen."""
    judgement = judge_plays(plays)
    word = verdict_of(judgement.checks)
    is_shown = any(play.tasks for play in plays) and not judgement.lacking
    return Report(
        kind="client",
        subject=shlex.join(setup.command.words),
        provider=setup.provider,
        profile=plays[0].contract.profile,
        verdict=word if is_shown or word == "fail" else "inconclusive",
        seed=setup.seed,
        checks=judgement.checks,
        credits_spent=judgement.credits_spent,
        stories=judgement.stories,
        score=judgement.score,
        replay=replay,
        started_ms=min(play.started_ms for play in plays),
        took_s=(max(play.ended_ms for play in plays) - min(play.started_ms for play in plays)) / 1000,
        notes=(*_notes(setup, acts, plays), *filter(None, [judgement.lacking])),
        facts={
            "scenarios": str(len(plays)),
            "speed": f"{setup.speed:g} (the contract's durations are divided by it)",
            "time limit": f"{min(play.deadline_s or 0 for play in plays):g} s or more for each scenario",
        },
    )


def _notes(setup: Setup, acts: Sequence[Act], plays: Sequence[Play]) -> tuple[str, ...]:
    notes = []
    if not any(play.tasks for play in plays):
        notes.append(NOBODY_LISTENED.format(url=setup.callback_url) if setup.is_receiver else NO_TASK)
        outputs = [play.claim.output.strip() for play in plays if play.claim.output.strip()]
        if outputs:
            notes.append(f"its last words: {outputs[-1][-400:]}")
    elif any(act.callbacks for act in acts) and not any(task.callback_url for play in plays for task in play.tasks):
        notes.append(NO_CALLBACK)
    return tuple(notes)
