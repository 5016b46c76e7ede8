"""Whether tasks can be told apart, and looks at them change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from mockreel.conformance.check import check
from mockreel.conformance.checks.states import MAKERS
from mockreel.conformance.evidence import findings, reading, tracing
from mockreel.conformance.evidence.reading import Seen
from mockreel.conformance.exchange import Exchange, Record, Trial
from mockreel.report import Finding

IDS = "behavior.yaml#/ids/task"
_WORDS = {"unix_ms": r"\d{13,}", "snowflake": r"\d+", "counter": r"\d+"}
_SIZED = {"hex": "[0-9a-f]", "alnum": "[0-9A-Za-z]", "digits": r"\d"}


@check(layer="ids", why="Two tasks with one id cannot be told apart.", pointer=IDS, probes=("ids", "lifecycle"))
def id_duplicate(record: Record) -> Iterator[Finding | None]:
    """Every create gives an id that no other has given, whatever the key."""
    known: dict[str, Exchange] = {}
    for trial in _made(record):
        if not trial.task_id or trial.submit is None:
            continue
        before = known.get(trial.task_id)
        if known:
            yield (
                None
                if before is None
                else findings.of(
                    record,
                    trial.submit,
                    f"two creates were given the same id {trial.task_id}",
                    expected="an id of its own for each task",
                    cause="ids are made of the time alone, or their source is not random",
                    pointer=IDS,
                    also=(before,),
                    fold="two creates were given the same id",
                )
            )
        known.setdefault(trial.task_id, trial.submit)


@check(layer="ids", why="Clients store ids, in fields made for their form.", pointer=IDS, probes=("ids", "lifecycle"))
def id_malformed(record: Record) -> Iterator[Finding | None]:
    """Every id has the form of the contract."""
    for trial in _made(record):
        form = form_of(record.contract.id_format, trial.model.facts)
        if trial.submit is not None:
            yield (
                None
                if form.fullmatch(trial.task_id)
                else findings.of(
                    record,
                    trial.submit,
                    f"the id of a task is {trial.task_id!r}"
                    if trial.task_id
                    else "a create was answered without an id",
                    expected=f"an id like {record.contract.id_format}",
                    cause="ids are of another form, or stand elsewhere in the answer",
                    pointer=IDS,
                    fold="the id of a task is of another form",
                )
            )


@check(layer="ids", why="A task keeps its id.", pointer=IDS, probes=("ids", "lifecycle"))
def id_changes(record: Record) -> Iterator[Finding | None]:
    """The answer to a look has the id that was asked for."""
    for trial in record.trials:
        for exchange in record.looks(trial):
            seen = reading.seen(record.contract, exchange)
            if seen is None or seen.task_id is None or not trial.task_id:
                continue
            yield (
                None
                if seen.task_id == trial.task_id
                else findings.of(
                    record,
                    exchange,
                    f"the create gave the id {trial.task_id}, and a look at that task tells the id {seen.task_id}",
                    expected=f"the id {trial.task_id}",
                    cause="another task is told of, or the id of something else",
                    pointer=IDS,
                    also=(trial.submit,) if trial.submit else (),
                    fold="a look tells another id",
                )
            )


@check(
    layer="idempotence",
    why="Looking changes nothing, so a look can be repeated.",
    pointer="behavior.yaml#/operations",
    needs="no task was looked at twice at one moment, or after its end",
    probes=MAKERS,
)
def query_not_idempotent(record: Record) -> Iterator[Finding | None]:
    """Two looks by one operation say the same at one moment of a steered clock, and after the end."""
    lifecycle = record.contract.lifecycle
    for trial in record.trials:
        last: dict[str, tuple[tracing.Sight, int]] = {}
        acts = [e.number for e in record.about(trial) if e.operation is not None and e.operation.role == "cancel"]
        for sight in tracing.looks(record, trial):
            operation = sight.exchange.operation
            if operation is None:
                continue
            before = last.get(operation.id)
            last[operation.id] = sight, sum(number < sight.exchange.number for number in acts)
            if before is None or before[1] != last[operation.id][1]:
                continue
            is_one_moment = record.is_steered and sight.exchange.at_ms == before[0].exchange.at_ms
            if not is_one_moment and not (before[0].is_over(lifecycle) and sight.is_over(lifecycle)):
                continue
            differs = _differs(before[0].seen, sight.seen)
            yield (
                None
                if not differs
                else findings.of(
                    record,
                    sight.exchange,
                    f"two looks at a task, with nothing between them, differ in {differs}",
                    expected="the same answer",
                    cause="looking moves the task on, or answers come from copies that are not alike",
                    pointer=f"behavior.yaml#/operations/{operation.id}",
                    also=(before[0].exchange,),
                )
            )


def form_of(text: str, facts: object) -> re.Pattern[str]:
    """Return what ids of a contract's form look like; words of its own are a model's facts, or anything."""

    def part(piece: str) -> str:
        name, _, size = piece.partition(":")
        if name in _SIZED:
            return f"{_SIZED[name]}{{{size}}}"
        fact = facts.get(name) if isinstance(facts, dict) else None
        return _WORDS.get(name) or (re.escape(str(fact)) if fact is not None else ".+")

    pieces = re.split(r"\{([^}]*)\}", text)
    return re.compile("".join(part(piece) if index % 2 else re.escape(piece) for index, piece in enumerate(pieces)))


def _made(record: Record) -> Iterator[Trial]:
    for trial in record.trials:
        if trial.submit is not None and reading.is_good(record.contract, trial.submit):
            yield trial


def _differs(one: Seen, other: Seen) -> str:
    names = (
        "task_id",
        "state",
        "phase",
        "progress",
        "error_code",
        "credits",
        "created_ms",
        "updated_ms",
        "completed_ms",
    )
    wrong = [name for name in names if getattr(one, name) != getattr(other, name)]
    if [bare(url) for url in one.urls] != [bare(url) for url in other.urls]:
        wrong.append("urls")
    return " and ".join(wrong)


def bare(url: str) -> str:
    """Return a URL without its query, which may be signed anew at each look."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
