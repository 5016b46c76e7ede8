"""What was true of the tasks of a mock, for a play."""

from __future__ import annotations

from mockreel.domain import assets, links
from mockreel.domain.document import inputs_of
from mockreel.domain.service import Service
from mockreel.domain.task import Task
from mockreel.provider import MockProvider
from mockreel.verdict.play import TaskFacts
from mockreel_contracts import Phase

MOST_FILES = 20


def truth(mock: MockProvider, *, at_ms: int | None = None, with_files: bool = False) -> tuple[TaskFacts, ...]:
    """Return the facts of every task of a mock as they are now, or were at a moment since its create, oldest first.

    `with_files` renders the results of those that succeeded, MOST_FILES at most: each takes some 0.1 s.
    """
    with mock.engine.lock:
        now_ms = mock.clock.now_ms() if at_ms is None else at_ms
        mock.engine.settle()
        found = [
            _facts(service, task, now_ms, with_files=with_files and index < MOST_FILES)
            for service in mock.engine.services.values()
            for index, task in enumerate(service.tasks.values())
        ]
    return tuple(sorted(found, key=lambda facts: facts.created_ms))


def _facts(service: Service, task: Task, now_ms: int, *, with_files: bool) -> TaskFacts:
    moment = task.moment(now_ms)
    phase = moment.state.phase
    url = inputs_of(task).get("callback_url")
    is_good = phase is Phase.SUCCEEDED
    return TaskFacts(
        id=task.id,
        created_ms=task.created_ms,
        ended_ms=moment.entered_ms if phase.is_terminal else None,
        phase=phase,
        state=moment.state.wire,
        price=task.price,
        charged=task.sandbox.charged_now(task, moment),
        expires_ms=moment.entered_ms + service.contract.lifecycle.asset_life_ms if is_good else None,
        callback_url=url if isinstance(url, str) else "",
        results=_files(service, task, now_ms) if is_good and with_files else (),
        states=tuple(
            (step.start_ms, step.state.wire, step.state.phase)
            for step in task.timeline(now_ms)
            if step.start_ms <= now_ms
        ),
    )


def _files(service: Service, task: Task, now_ms: int) -> tuple[tuple[str, bytes], ...]:
    from mockreel.server.media import render_video

    found = links.asset_of(service.contract, task, "video", task.moment(now_ms), now_ms)
    if isinstance(found, str):
        return ()
    path = assets.url("", service.contract.provider, task.id, "video.mp4")
    return ((path, render_video(found.output, hue=found.hue)),)
