"""What a mock knows at the end of a scenario, as plain values that a check may look at."""

from __future__ import annotations

from mockreel.domain import assets
from mockreel.domain.document import inputs_of
from mockreel.domain.journal import Delivery, Entry
from mockreel.domain.service import Service
from mockreel.domain.task import Task
from mockreel.provider import MockProvider
from mockreel.server import media
from mockreel.verdict.play import TaskFacts
from mockreel_contracts import Phase


def entries_of(mock: MockProvider, ended_ms: int, *, has_own_calls: bool) -> tuple[Entry | Delivery, ...]:
    """Return the journal up to the client's end, with calls only where they are the client's own."""
    return tuple(
        entry for entry in mock.journal if entry.at_ms <= ended_ms and (has_own_calls or isinstance(entry, Delivery))
    )


def facts_of(
    mock: MockProvider, entries: tuple[Entry | Delivery, ...], now_ms: int, *, has_file: bool
) -> tuple[TaskFacts, ...]:
    """Return the truth about each task as of `now_ms`, oldest first.

    Files are made only where the client has fetched or left one.
    """
    with mock.engine.lock:
        fetched = {entry.task_id for entry in entries if isinstance(entry, Entry) and _is_fetch(mock, entry)}
        found = [
            _facts(service, task, now_ms, is_fetched=has_file or task.id in fetched)
            for service in mock.engine.services.values()
            for task in service.tasks.values()
        ]
    return tuple(sorted(found, key=lambda facts: facts.created_ms))


def _is_fetch(mock: MockProvider, entry: Entry) -> bool:
    if entry.operation == "result":
        return True
    service = mock.engine.services.get(entry.provider)
    operation = service.contract.operations.get(entry.operation) if service is not None else None
    return operation is not None and operation.role == "download"


def _facts(service: Service, task: Task, now_ms: int, *, is_fetched: bool) -> TaskFacts:
    moment = task.moment(now_ms)
    phase = moment.state.phase
    ended_ms = moment.entered_ms if phase.is_terminal else None
    charged = task.sandbox.charged_now(task, moment)
    if task.met("money").get("twice"):
        charged += task.price
    url = inputs_of(task).get("callback_url")
    has_result = phase is Phase.SUCCEEDED and ended_ms is not None
    return TaskFacts(
        id=task.id,
        created_ms=task.created_ms,
        ended_ms=ended_ms,
        phase=phase,
        state=moment.state.wire,
        price=task.price,
        charged=charged,
        expires_ms=ended_ms + service.contract.lifecycle.asset_life_ms if has_result and ended_ms is not None else None,
        callback_url=url if isinstance(url, str) else "",
        results=_files(service, task, now_ms) if has_result and is_fetched else (),
    )


def _files(service: Service, task: Task, now_ms: int) -> tuple[tuple[str, bytes], ...]:
    """Return each file of a task, whole, by the path of its URL."""
    made = []
    for name in assets.NAMES:
        asset = service.asset(task.id, name, now_ms)
        if isinstance(asset, str):
            continue
        output = asset.output
        content = (
            media.render_cover(output.width, output.height, asset.hue)
            if asset.kind == "cover"
            else media.render_video(output, hue=asset.hue)
        )
        made.append((assets.url("", service.contract.provider, task.id, name), content))
    return tuple(made)
