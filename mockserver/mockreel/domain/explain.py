"""Why a task is where it is, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mockreel.domain.document import inputs_of, task_document
from mockreel.domain.journal import Delivery, Entry, fingerprint
from mockreel.domain.service import Service
from mockreel.domain.task import Task
from mockreel_contracts import Contract


def summary(service: Service, task: Task, now_ms: int) -> dict[str, Any]:
    """Return a task in a line: what a list of tasks shows."""
    moment = task.moment(now_ms)
    return {
        "id": task.id,
        "provider": service.contract.provider,
        "model": task.model.name,
        "key": fingerprint(task.sandbox.key),
        "state": moment.state.wire,
        "phase": moment.state.phase.value,
        "progress": moment.progress,
        "created_ms": task.created_ms,
        "scenario": task.course.scenario,
    }


def task(service: Service, task: Task, now_ms: int, origin: str) -> dict[str, Any]:
    """Return everything about a task."""
    document = task_document(service.contract, task, now_ms, origin)
    whole = {name: document.get(name) for name in ("request", "credits", "price", "error", "results", "output")}
    return {**summary(service, task, now_ms), **whole}


def explain(service: Service, task: Task, now_ms: int, entries: Iterable[Entry | Delivery]) -> dict[str, Any]:
    """Return why a task is in its state, what comes next and when, and the calls that touched it."""
    moment = task.moment(now_ms)
    steps = [
        {
            "state": step.state.wire,
            "phase": step.state.phase.value,
            "at_ms": step.start_ms,
            "is_past": step.start_ms <= now_ms,
        }
        for step in task.timeline(now_ms)
    ]
    course = task.course
    if moment.state.phase.is_terminal:
        why = f"it came to its end in {moment.state.wire}"
        if task.cut is not None:
            why += ", because it was ended from outside"
        elif moment.error:
            why += f" with the error case {moment.error}, as {_planner(service, task)} has it"
        upcoming = "nothing: the state is final"
    elif task.looks is not None:
        index = len(task.looks.marks)
        why = f"it is paced by looks: {task.looks.count} so far, {course.looks} for each state"
        if index < len(course.way):
            upcoming = f"{course.way[index].wire}, after more looks"
        else:
            upcoming = f"nothing: {_planner(service, task)} leaves it stuck"
    else:
        why = f"its plan, made when it was submitted, has it in {moment.state.wire} since {moment.entered_ms}"
        if moment.next_ms is None:
            upcoming = f"nothing: {_planner(service, task)} leaves it stuck"
        else:
            follower = next(s for s in steps if s["at_ms"] == moment.next_ms)
            upcoming = f"{follower['state']} in {(moment.next_ms - now_ms) / 1000:g} s"
    hidden_by = service.hidden.by(task, now_ms)
    if hidden_by is not None:
        why += f"; to callers it is not found: {_last(service, task, hidden_by)} hides it"
    return {
        **summary(service, task, now_ms),
        "why": why,
        "faults": list(task.effects.names) if task.effects else [],
        "next": upcoming,
        "timeline": steps,
        "pace": course.pace.value,
        "price": float(task.price),
        "callbacks": _callbacks(service, task, now_ms),
        "calls": [_line(entry) for entry in entries if entry.task_id == task.id],
    }


def _planner(service: Service, task: Task) -> str:
    """Return what has it that a task ends as it does."""
    return _last(service, task, "outcome", "error", "stuck_in") or f"scenario {task.course.scenario!r}"


def _last(service: Service, task: Task, *effects: str) -> str:
    """Return the last fault of a task that says one of these effects, in words; '' if none does."""
    for name in reversed(task.effects.names if task.effects else ()):
        kind = service.settings.faults.get(name)
        if kind is not None and kind.point == "task" and not kind.act.keys().isdisjoint(effects):
            return f"the fault {name!r}"
    return ""


def _line(entry: Entry | Delivery) -> dict[str, Any]:
    """Return a call in a line; the journal has it whole."""
    return {
        "seq": entry.seq,
        "at_ms": entry.at_ms,
        "operation": entry.operation,
        "status": entry.status,
        "decision": entry.decision,
        "faults": entry.faults,
    }


def _callbacks(service: Service, task: Task, now_ms: int) -> dict[str, Any]:
    """Return what became of the task's callbacks, and which comes next."""
    known = [callback.as_json() for callback in service.outbox.records.of_task(task)]
    upcoming = service.outbox.upcoming(task)
    if upcoming is not None:
        state, due_ms = upcoming
        coming = f"{state} in {max(due_ms - now_ms, 0) / 1000:g} s"
    elif any(callback["status"] in ("sending", "retrying") for callback in known):
        coming = "one is on its way"
    elif not known and (refused := _refused(service, task)):
        coming = f"nothing: {refused}"
    else:
        coming = "nothing" if known else "nothing: no callback URL was given, or no state that is told is planned"
    return {"next": coming, "known": known}


def _refused(service: Service, task: Task) -> str:
    """Return why a task's callback URL may not be called, or ''."""
    url = inputs_of(task).get("callback_url")
    judged = service.outbox.policy.judge(url) if isinstance(url, str) and url else ""
    return judged if isinstance(judged, str) else ""


def record(found: Entry | Delivery, contract: Contract | None, shown: dict[str, Any]) -> dict[str, Any]:
    """Return why a call was answered as it was, or a callback not taken, and what to do about it."""
    if isinstance(found, Delivery):
        why = found.problem or f"the receiver answered {found.status}"
        advice = "nothing: it was taken" if found.outcome == "ok" else "a receiver answers with 2xx in time"
        return {"why": why, "advice": advice, "entry": shown}
    case = contract.errors.get(found.case) if contract is not None else None
    if found.is_unexpected:
        advice = "no contract has such an operation: correct the path or the method"
    elif found.outcome == "unreached":
        advice = "nothing was carried out: it is safe to send it again"
    elif found.outcome == "refused":
        advice = "the file was not sent: query its task, which tells the URLs that there are"
    elif case is None:
        advice = "nothing: it was carried out"
    elif case.retryable:
        advice = "the contract calls this retryable: wait, then send it again"
    else:
        advice = "the contract calls this not retryable: change the call"
    if found.faults:
        advice = (
            f"faults acted: {', '.join(found.faults)}; GET /_mock/faults lists what is armed. Beside that: {advice}"
        )
    told = {"id": case.id, "status": case.status, "code": case.code, "retryable": case.retryable} if case else None
    return {"why": found.decision, "case": told, "advice": advice, "entry": shown}


def events(service: Service, after_ms: int, until_ms: int) -> list[dict[str, Any]]:
    """Return the state changes of every task in (after, until], unordered; time has moved on to `until_ms` for good."""
    return [
        {
            "at_ms": step.start_ms,
            "provider": service.contract.provider,
            "task_id": each.id,
            "state": step.state.wire,
            "phase": step.state.phase.value,
        }
        for each, line in service.agenda.turn(until_ms)
        for step in line
        if after_ms < step.start_ms <= until_ms
    ]
