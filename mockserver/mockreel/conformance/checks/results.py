"""Whether results come with success, errors with failure, and each only then; and whether results can be fetched."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from mockreel.conformance.check import check
from mockreel.conformance.checks.states import MAKERS
from mockreel.conformance.evidence import findings, tracing
from mockreel.conformance.evidence.tracing import Sight
from mockreel.conformance.exchange import Exchange, Record, Trial
from mockreel.report import Finding
from mockreel_contracts import Phase

ANSWER = "behavior.yaml#/operations"
ASSETS = "behavior.yaml#/lifecycle/asset_life_s"
_MP4_MARK = b"ftyp"  # in bytes 4 to 8 of every such file


@check(layer="lifecycle", why="A task that has succeeded says where its video is.", pointer=ANSWER, probes=MAKERS)
def result_missing_on_success(record: Record) -> Iterator[Finding | None]:
    """An answer that tells of success has a URL."""
    for sight in _looks(record, "urls"):
        if tracing.phases(record.contract, sight.names) == {Phase.SUCCEEDED}:
            broken = [url for url in sight.seen.urls if not _is_url(url)]
            yield (
                None
                if sight.seen.urls and not broken
                else findings.of(
                    record,
                    sight.exchange,
                    f"a task has succeeded, and what should be the URL of its result is {broken[0]!r}"
                    if broken
                    else "a task has succeeded, and its answer has no URL of a result",
                    expected="a URL in every answer that tells of success",
                    cause="the state is set before the result is stored, or the result is lost",
                    pointer=_pointer(sight, "urls"),
                )
            )


@check(
    layer="lifecycle", why="There is no result before success, and none of a failure.", pointer=ANSWER, probes=MAKERS
)
def result_before_success(record: Record) -> Iterator[Finding | None]:
    """An answer that tells of anything but success has no URL."""
    for sight in _looks(record, "urls"):
        if sight.names and Phase.SUCCEEDED not in tracing.phases(record.contract, sight.names):
            yield (
                None
                if not sight.seen.urls
                else findings.of(
                    record,
                    sight.exchange,
                    f"a task in state {sight.seen.state} has a URL of a result already",
                    expected="URLs only with success",
                    cause="the result is told before the state, or the state of a failure is told with a result",
                    pointer=_pointer(sight, "urls"),
                    fold="a task that has not succeeded has a URL of a result",
                )
            )


@check(layer="lifecycle", why="A failure says why.", pointer=ANSWER, probes=MAKERS)
def error_missing_on_failure(record: Record) -> Iterator[Finding | None]:
    """An answer that tells of an end without success has an error code."""
    for sight in _looks(record, "error_code"):
        found = tracing.phases(record.contract, sight.names)
        if found and all(phase.is_terminal for phase in found) and Phase.SUCCEEDED not in found:
            yield (
                None
                if sight.seen.error_code is not None
                else findings.of(
                    record,
                    sight.exchange,
                    f"a task ended as {sight.seen.state}, and its answer has no error code",
                    expected="an error code in every answer that tells of a failure",
                    cause="the reason of the failure is not stored, or not told",
                    pointer=_pointer(sight, "error_code"),
                )
            )


@check(layer="lifecycle", why="An error means failure.", pointer=ANSWER, probes=MAKERS)
def error_without_failure(record: Record) -> Iterator[Finding | None]:
    """An answer that tells of work or of success has no error code."""
    for sight in _looks(record, "error_code"):
        found = tracing.phases(record.contract, sight.names)
        if found and found <= {Phase.QUEUED, Phase.RUNNING, Phase.SUCCEEDED}:
            yield (
                None
                if sight.seen.error_code is None
                else findings.of(
                    record,
                    sight.exchange,
                    f"a task in state {sight.seen.state} has the error code {sight.seen.error_code!r}",
                    expected="error codes only with failures",
                    cause="the error of another task or of an earlier try is told",
                    pointer=_pointer(sight, "error_code"),
                    fold="a task that has not failed has an error code",
                )
            )


@check(
    layer="lifecycle",
    why="A result that was paid for can be fetched as long as it lives.",
    pointer=ASSETS,
    needs="no task with a result that could be fetched was seen to succeed",
    probes=(*MAKERS, "retention"),
)
def result_unfetchable(record: Record) -> Iterator[Finding | None]:
    """A result URL, fetched within its life, gives a file."""
    for trial, told, exchange in _fetched(record):
        life_ms = record.contract.lifecycle.asset_life_ms
        ended_ms = _ended_ms(record, trial)
        if record.is_steered and ended_ms is not None and exchange.at_ms >= ended_ms + life_ms:
            continue
        wrong = wrong_file(exchange)
        yield (
            None
            if not wrong
            else findings.of(
                record,
                exchange,
                f"the result of a task cannot be fetched: {wrong}",
                expected=f"the file, for {life_ms // 1000} seconds",
                cause="the URL leads nowhere, ends too early, or the file is broken",
                pointer=ASSETS,
                also=(told.exchange,),
                fold="the result of a task cannot be fetched",
            )
        )


@check(
    layer="lifecycle",
    why="A result is gone after its life, so that clients learn to keep it.",
    pointer=ASSETS,
    needs="no result was fetched after its life; that takes a control and a manual clock",
    probes=("retention",),
)
def result_outlives_its_url(record: Record) -> Iterator[Finding | None]:
    """A result URL, fetched well after its life, gives no file."""
    for trial, told, exchange in _fetched(record):
        ended_ms = _ended_ms(record, trial)
        if not record.is_steered or ended_ms is None:
            continue
        end_ms = ended_ms + record.contract.lifecycle.asset_life_ms
        if exchange.at_ms <= end_ms:
            continue
        yield (
            None
            if not 200 <= exchange.status < 300
            else findings.of(
                record,
                exchange,
                f"the result of a task can still be fetched {(exchange.at_ms - end_ms) // 1000} s after its life",
                expected=f"results live {record.contract.lifecycle.asset_life_ms // 1000} s",
                cause="URLs of results do not expire",
                pointer=ASSETS,
                also=(told.exchange,),
                fold="the result of a task can be fetched after its life",
            )
        )


def wrong_file(exchange: Exchange) -> str:
    """Return what is wrong with an answer that should be a media file, '' for nothing."""
    if exchange.problem:
        return exchange.problem
    if not 200 <= exchange.status < 300:
        return f"HTTP status {exchange.status}"
    if not exchange.body:
        return "it is empty"
    kind = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "text/plain", "application/json"):
        return f"its content type is {kind}"
    if kind == "video/mp4" and len(exchange.body) > 8 and exchange.body[4:8] != _MP4_MARK:
        return "it is called video/mp4, and its bytes are none"
    return ""


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _fetched(record: Record) -> Iterator[tuple[Trial, Sight, Exchange]]:
    """Give the fetches of results: the task, what told the URL, and what came."""
    trials = {trial.number: trial for trial in record.trials}
    for exchange in record.exchanges:
        if exchange.operation is None and exchange.task in trials and exchange.method == "GET":
            trial = trials[exchange.task]
            told = next((s for s in tracing.looks(record, trial) if exchange.url in s.seen.urls), None)
            if told is not None:
                yield trial, told, exchange


def _ended_ms(record: Record, trial: Trial) -> int | None:
    """Return the latest moment at which a task may have ended, None where it was not seen to end."""
    end = tracing.end_of(record, trial)
    return end.exchange.at_ms if end is not None else None


def _looks(record: Record, name: str) -> Iterator[Sight]:
    """Give the looks by operations that tell something."""
    for trial in record.trials:
        for sight in tracing.looks(record, trial):
            if sight.exchange.operation is not None and name in sight.exchange.operation.answer:
                yield sight


def _pointer(sight: Sight, name: str) -> str:
    operation = sight.exchange.operation
    return f"{ANSWER}/{operation.id}/answer/{name}" if operation else ANSWER
