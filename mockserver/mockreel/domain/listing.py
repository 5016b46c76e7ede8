"""Pages of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockreel.domain.document import Lazy, inputs_of
from mockreel.domain.task import Task

DEFAULT_SIZE = 10
MAX_SIZE = 100


def page_of(tasks: Sequence[Task], values: Lazy, now_ms: int, retention_ms: int) -> tuple[list[Task], str]:
    """Return one page, newest first, and the token of the next ('' on the last)."""
    size = min(_number(values.get("page_size"), DEFAULT_SIZE) or DEFAULT_SIZE, MAX_SIZE)
    start = _number(values.get("page_token"), -1)
    if start < 0:
        start = _number(values.get("page"), 0) * size
    kept = [task for task in reversed(tasks) if now_ms - task.created_ms < retention_ms and _fits(task, values, now_ms)]
    page = kept[start : start + size]
    return page, str(start + size) if start + size < len(kept) else ""


def _fits(task: Task, values: Lazy, now_ms: int) -> bool:
    if (ids := _wanted(values, "ids")) and task.id not in ids:
        return False
    if (models := _wanted(values, "models")) and task.model.name not in models:
        return False
    if (states := _wanted(values, "states")) and task.moment(now_ms).state.wire not in states:
        return False
    if (resolutions := _wanted(values, "resolutions")) and inputs_of(task).get("resolution") not in resolutions:
        return False
    since, until = values.get("created_from"), values.get("created_to")
    return (since is None or task.created_ms >= since) and (until is None or task.created_ms <= until)


def _wanted(values: Lazy, name: str) -> list[Any]:
    found = values.get(name)
    return [item for item in found if item != ""] if isinstance(found, list) else []


def _number(value: Any, default: int) -> int:
    try:
        return max(int(value), 0)
    except (TypeError, ValueError):
        return default
