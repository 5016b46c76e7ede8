"""Servers that tell of their tasks what is not so: progress, times, results, reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mockreel.conformance.broken.broken import Broken, Draw, Drawn
from mockreel.conformance.broken.turns import armed, drawn_in, failure_of
from mockreel.conformance.broken.visit import Memory
from mockreel_contracts import Phase

DAY_MS = 86_400_000


def broken() -> Iterator[Broken]:
    """Yield each."""
    yield Broken(
        "progress_falls",
        "the progress of a running task falls",
        "progress_falls",
        needs=("progress",),
        arm=armed("progress_falls"),
    )
    yield Broken(
        "progress_starts_anew",
        "the progress of a task that has succeeded is 0",
        "progress_falls",
        needs=("progress",),
        draw={"query": drawn_in("succeeded", progress=0)},
    )
    yield Broken(
        "created_after_end",
        "the time of creation is after that of the last change",
        "timestamps_disordered",
        also=("timestamps_stale",),
        needs=("told times", "told end"),
        draw={"query": _created_late},
    )
    yield Broken(
        "times_of_yesterday",
        "times are those of a day before",
        "timestamps_stale",
        needs=("told times",),
        draw={"query": _shifted(-DAY_MS), "submit": _shifted(-DAY_MS)},
    )
    yield Broken(
        "times_in_another_unit",
        "times are a thousandth of what they should be",
        "timestamps_stale",
        needs=("told times",),
        draw={"query": _timed(_thousandth), "submit": _timed(_thousandth)},
    )
    yield Broken(
        "success_without_result",
        "a task that has succeeded has no result",
        "result_missing_on_success",
        also=("callback_differs_from_query",),
        arm=armed("success_without_url"),
    )
    yield Broken(
        "success_with_empty_result",
        "what should hold the result's URL is empty",
        "result_missing_on_success",
        also=(
            "answer_breaks_schema",
            "callback_differs_from_query",
        ),
        arm=armed("success_with_partial_result"),
    )
    yield Broken(
        "result_while_running",
        "a running task has a result already",
        "result_before_success",
        also=(
            "callback_differs_from_query",
            "result_unfetchable",
        ),
        draw={"query": _with_result(Phase.RUNNING)},
    )
    yield Broken(
        "result_on_failure",
        "a task that has failed has a result",
        "result_before_success",
        also=(
            "callback_differs_from_query",
            "result_unfetchable",
        ),
        draw={"query": _with_result(Phase.FAILED)},
    )
    yield Broken(
        "failure_without_error",
        "a task that has failed does not say why",
        "error_missing_on_failure",
        also=("callback_differs_from_query",),
        draw={"query": drawn_in("failed", error=None)},
    )
    yield Broken(
        "success_with_error",
        "a task that has succeeded has an error",
        "error_without_failure",
        also=("callback_differs_from_query",),
        draw={"query": _with_error(Phase.SUCCEEDED)},
    )
    yield Broken(
        "running_with_error",
        "a running task has an error",
        "error_without_failure",
        also=("callback_differs_from_query",),
        draw={"query": _with_error(Phase.RUNNING)},
    )


def _created_late(task: Drawn, _memory: Memory) -> None:
    task["created_ms"] = (task.get("completed_ms") or task.get("updated_ms") or 0) + 5000


def _shifted(by_ms: int) -> Draw:
    return _timed(lambda moment: moment + by_ms)


def _timed(change: Callable[[int], int]) -> Draw:
    def draw(task: Drawn, _memory: Memory) -> None:
        for name in ("created_ms", "updated_ms", "completed_ms"):
            moment = task.get(name)
            task[name] = None if moment is None else change(moment)

    return draw


def _thousandth(moment: int) -> int:
    return moment // 1000


def _with_result(phase: Phase) -> Draw:
    def draw(task: Drawn, _memory: Memory) -> None:
        if task.get("phase") == phase:
            url = "https://files.example.com/early.mp4"
            task["results"] = [{"id": task["id"], "url": url, "cover_url": url, "watermarked_url": url}]

    return draw


def _with_error(phase: Phase) -> Draw:
    def draw(task: Drawn, memory: Memory) -> None:
        if task.get("phase") == phase:
            task["error"] = failure_of(memory.contract)

    return draw
