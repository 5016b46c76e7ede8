"""Whether lists hold an account's own tasks and no others, and downloads lead to a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockreel.conformance.check import check
from mockreel.conformance.checks.results import wrong_file
from mockreel.conformance.evidence import findings, reading
from mockreel.conformance.exchange import Exchange, Record, Trial
from mockreel.conformance.probes import download
from mockreel.report import Finding
from mockreel_client.values import read

OPERATIONS = "behavior.yaml#/operations"


@check(
    layer="list",
    why="A task whose answer was lost is found again by the list.",
    pointer=OPERATIONS,
    needs="no task was made",
    probes=("list",),
    role="list",
)
def listed_task_missing(record: Record) -> Iterator[Finding | None]:
    """The list of an account has the task that was just made with its key."""
    for trial, exchange, tasks in _lists(record):
        if exchange.key == trial.key:
            yield (
                None
                if _holds(tasks, trial.task_id)
                else findings.of(
                    record,
                    exchange,
                    f"the list of an account lacks a task of it{_asked(exchange)}",
                    expected="every task of the account, the newest first",
                    cause="the list is late, of another account, or filtered wrongly",
                    pointer=f"{OPERATIONS}/{exchange.operation.id if exchange.operation else ''}",
                    also=(trial.submit,) if trial.submit else (),
                )
            )


@check(
    layer="list",
    why="Nobody sees the tasks of others.",
    pointer=OPERATIONS,
    needs="no second API key is known; give --other-key",
    probes=("list",),
    role="list",
)
def list_shows_others(record: Record) -> Iterator[Finding | None]:
    """The list of another account does not have the task."""
    for trial, exchange, tasks in _lists(record):
        if exchange.key != trial.key:
            yield (
                None
                if not _holds(tasks, trial.task_id)
                else findings.of(
                    record,
                    exchange,
                    f"the list of an account shows a task of another account{_asked(exchange)}",
                    expected="the account's own tasks alone",
                    cause="tasks are not told apart by account when they are listed",
                    pointer=f"{OPERATIONS}/{exchange.operation.id if exchange.operation else ''}",
                    also=(trial.submit,) if trial.submit else (),
                )
            )


@check(
    layer="download",
    why="A download leads to the file, as long as it says and no longer.",
    pointer=OPERATIONS,
    needs="no task succeeded",
    probes=("download",),
    role="download",
)
def download_link_broken(record: Record) -> Iterator[Finding | None]:
    """A download of a result gives the file, or a link to it that works for its life."""
    answer: Exchange | None = None
    for exchange in record.of(download.NAME):
        wrong = ""
        if exchange.operation is not None and exchange.operation.role == "download":
            if exchange.intent.kind != "accept":
                continue
            answer = exchange
            if not reading.is_good(record.contract, exchange):
                wrong = f"the download of a result is refused: HTTP status {exchange.status}"
            elif "url" not in exchange.operation.answer:
                wrong = wrong_file(exchange)
            elif download.link_of(exchange) is None:
                wrong = "the download of a result gives no link"
        elif exchange.intent.rule == download.LIVE:
            wrong = wrong_file(exchange)
            wrong = wrong and f"the link of a download does not work: {wrong}"
        elif exchange.intent.rule == download.DEAD:
            wrong = "the link of a download still works after its life" if 200 <= exchange.status < 300 else ""
        else:
            continue
        yield (
            None
            if not wrong
            else findings.of(
                record,
                exchange,
                wrong,
                expected="the file, or a link to it that works for its life",
                cause="the link is made wrongly, leads elsewhere, or has another life than the contract says",
                pointer=f"{OPERATIONS}/{answer.operation.id}" if answer and answer.operation else OPERATIONS,
                also=(answer,) if answer is not None else (),
            )
        )


def _lists(record: Record) -> Iterator[tuple[Trial, Exchange, list[Any]]]:
    """Give the lists that were asked for about a task, whose answers hold one."""
    trials = {trial.number: trial for trial in record.trials}
    for exchange in record.of("list"):
        operation = exchange.operation
        if operation is None or operation.role != "list" or exchange.task not in trials:
            continue
        tasks = read(operation.answer.get("tasks"), {"body": exchange.json})
        if reading.is_good(record.contract, exchange) and isinstance(tasks, list):
            yield trials[exchange.task], exchange, tasks


def _holds(tasks: list[Any], task_id: str) -> bool:
    """Whether one of the tasks has the id, in whatever field."""
    return any(task_id in map(str, task.values()) for task in tasks if isinstance(task, dict))


def _asked(exchange: Exchange) -> str:
    return f", asked for as {exchange.intent.rule}" if exchange.intent.rule else ""
