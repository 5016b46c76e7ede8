"""Whether calls are refused that come with no good API key, or with another than the task's."""

from __future__ import annotations

from collections.abc import Iterator

from mockreel.conformance.check import check
from mockreel.conformance.evidence import blame, findings, reading
from mockreel.conformance.exchange import Exchange, Record
from mockreel.report import Finding

_UNKNOWN = "an API key that nobody has"


def _unauthorized(record: Record) -> Iterator[Exchange]:
    return (e for e in record.exchanges if e.intent.refusal == "unauthorized" and not e.problem)


def _of_stranger(exchange: Exchange) -> str:
    """Return why an answer is none of the contract's."""
    if exchange.status in (404, 405):
        return "nobody serves this path: the base URL is another's, or the server is not one of this provider"
    return "the framework answers instead of the API"


@check(
    layer="auth",
    why="A call without a good API key reads nothing, makes nothing and costs nobody anything.",
    pointer="behavior.yaml#/auth",
    probes=("auth",),
)
def auth_not_enforced(record: Record) -> Iterator[Finding | None]:
    """Nothing that is to be refused for its key is carried out.

    Of a query, not to know the task says that the key was taken: a stranger is not told even that.
    """
    for exchange in _unauthorized(record):
        is_good = reading.is_good(record.contract, exchange)
        if not is_good and not _is_let_in(record, exchange):
            yield None
            continue
        what = "is carried out" if is_good else "is let in, and refused for its task only"
        yield findings.of(
            record,
            exchange,
            f"a call with {exchange.intent.rule} {what}",
            cause=_cause(record, exchange),
        )


@check(
    layer="auth",
    why="A client must be able to tell a bad key from a bad request.",
    pointer="behavior.yaml#/errors/unauthorized",
    probes=("auth",),
)
def auth_refusal_wrong(record: Record) -> Iterator[Finding | None]:
    """What is refused for its key gets the contract's error for that."""
    for exchange in _unauthorized(record):
        if not blame.is_error(record, exchange) or blame.is_passing(record, exchange):
            continue
        case = record.contract.errors[exchange.intent.case]
        wrong = reading.wrong_in_refusal(record.contract, case, exchange)
        if not wrong:
            yield None
        elif not blame.is_internal(record, exchange) and not _is_let_in(record, exchange):
            found = reading.cases_of(record.contract, exchange)
            cause = f"it is answered as {found[0].id}" if found else _of_stranger(exchange)
            text = f"a call with {exchange.intent.rule} is refused with {' and '.join(wrong)}"
            yield findings.of(record, exchange, text, cause=cause, pointer=f"behavior.yaml#/errors/{case.id}")


@check(
    layer="auth",
    why="What somebody pays for is nobody else's to see, to stop or to take.",
    pointer="behavior.yaml#/refusals",
    needs="no task was asked for with another API key; give --other-key, and --budget for a task",
    probes=("strangers",),
)
def task_leaked(record: Record) -> Iterator[Finding | None]:
    """No task is shown, canceled or handed out to another API key than its own."""
    owners = {trial.number: trial for trial in record.trials if trial.task_id}
    for exchange in record.exchanges:
        trial, operation = owners.get(exchange.task or 0), exchange.operation
        if trial is None or operation is None or operation.role not in ("query", "cancel", "download"):
            continue
        if exchange.key == trial.key or exchange.problem or exchange.intent.refusal == "unauthorized":
            continue
        is_good = reading.is_good(record.contract, exchange)
        if not is_good and not _tells_state(record, exchange):
            yield None
            continue
        done = {"query": "is shown to", "cancel": "is canceled by", "download": "is handed out to"}[operation.role]
        done = done if is_good else "is refused for its state, which is nobody else's to know, to"
        yield findings.of(
            record,
            exchange,
            f"a task {done} another API key than the one that made it",
            cause="tasks are looked up by their id alone, not by id and account",
            also=(trial.submit,) if trial.submit is not None else (),
        )


def _tells_state(record: Record, exchange: Exchange) -> bool:
    """Whether a call was refused for the state of its task, so that the task was looked at."""
    cases = {case.id for case in reading.cases_of(record.contract, exchange)}
    states = {record.contract.refusal(kind, exchange.operation).id for kind in ("not_ready", "not_cancelable")}
    return bool(cases) and cases <= states and exchange.intent.case not in cases


def _is_let_in(record: Record, exchange: Exchange) -> bool:
    """Whether a call was refused for its task, so that its key must have been taken."""
    cases = {case.id for case in reading.cases_of(record.contract, exchange)}
    lets_in = {record.contract.refusal(kind, exchange.operation).id for kind in ("unknown_task", "foreign_url")}
    return bool(cases) and cases <= lets_in and exchange.intent.case not in cases


def _cause(record: Record, exchange: Exchange) -> str:
    """Return why a call was let in, told from the others at the same operation."""
    let_in = {
        e.intent.rule
        for e in _unauthorized(record)
        if e.operation is exchange.operation and reading.is_good(record.contract, e)
    }
    if "no API key" in let_in:
        return "the operation asks for no API key at all"
    if exchange.intent.rule == _UNKNOWN:
        return "any text is taken for an API key"
    return "the form of the header is not looked at"
