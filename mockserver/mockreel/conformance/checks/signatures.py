"""Whether callbacks say what they should, signed as they should be; judged by the client, not by the mock's signer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockreel.conformance.check import check
from mockreel.conformance.checks.callbacks import CALLERS, NO_CALLBACKS
from mockreel.conformance.checks.ids import bare
from mockreel.conformance.evidence import arrivals, findings, money, tracing
from mockreel.conformance.exchange import Arrival, Record, Trial
from mockreel.report import Finding

SIGNATURE = "behavior.yaml#/callback/signature"
_CAUSES = {
    "invalid_header": "a header of the signature has another form",
    "bad_signature": "another key signs than the one it was checked with, or the signature is over other bytes",
    "stale": "the time that is signed is old: it is that of the event or of the first attempt",
    "future": "the time that is signed is ahead: the unit or the clock is wrong",
    "missing_header": "a header of the signature is left out",
}
_HINTS = {"callback_secret": "if the server signs with a secret of its own, give it: --callback-secret"}
_NOTHING_SIGNED = "no callback came, the contract signs none, or the secret is not known; give --callback-secret"


@check(
    layer="callbacks",
    why="Anybody can send what is not signed.",
    pointer=SIGNATURE,
    needs=_NOTHING_SIGNED,
    probes=CALLERS,
)
def callback_unsigned(record: Record) -> Iterator[Finding | None]:
    """A callback has the headers of the contract's signature."""
    rules = record.contract.callback
    if rules is None or rules.signature is None:
        return
    wanted = {name.lower() for name in rules.signature.headers}
    for _, arrival, secret in _signed(record):
        if secret is None:
            continue
        has = wanted & {name.lower() for name, _ in arrival.headers}
        yield (
            None
            if has and _has_signature(record, arrival)
            else findings.of_callback(
                record,
                arrival,
                "a callback comes without a signature",
                expected=f"the headers {', '.join(rules.signature.headers)}",
                cause="callbacks are not signed, or the account has no secret",
                pointer=SIGNATURE,
            )
        )


@check(
    layer="callbacks",
    why="A signature that cannot be checked is none.",
    pointer=SIGNATURE,
    needs=_NOTHING_SIGNED,
    probes=CALLERS,
)
def callback_signature_wrong(record: Record) -> Iterator[Finding | None]:
    """A signed callback is taken by a receiver that checks as the contract says."""
    from mockreel_client.callback_errors import CallbackError, MalformedBody
    from mockreel_client.callbacks import parse_callback

    for _, arrival, secret in _signed(record):
        if secret is None or not _has_signature(record, arrival):
            continue
        try:
            parse_callback(
                arrival.headers,
                arrival.body,
                secret,
                provider=record.contract,
                now=arrival.at_ms / 1000,
                method=arrival.method,
                path=arrival.path,
                query=arrival.query,
            )
        except MalformedBody:
            continue
        except CallbackError as error:
            yield findings.of_callback(
                record,
                arrival,
                f"the signature of a callback does not hold: {error}",
                expected="a signature over what the contract says, with the secret of the account",
                cause=_CAUSES.get(error.reason, "the signature is made otherwise"),
                pointer=SIGNATURE,
                hint=_HINTS.get(_signed_with(record), "") if error.reason == "bad_signature" else "",
                fold=f"the signature of a callback does not hold: {error.reason}",
            )
        else:
            yield None


@check(
    layer="callbacks",
    why="A receiver reads what the contract describes.",
    pointer="openapi.yaml#/paths",
    needs=NO_CALLBACKS,
    probes=CALLERS,
)
def callback_breaks_schema(record: Record) -> Iterator[Finding | None]:
    """The body of a callback keeps the contract's schema, and names its task and its state."""
    rules = record.contract.callback
    if rules is None:
        return
    for arrival in record.arrivals:
        body = arrivals.document_of(arrival)["body"]
        wrong = "it is no JSON object" if not isinstance(body, dict) else ""
        if not wrong and rules.body is not None:
            wrong = "; ".join(str(violation) for violation in rules.body.violations(body)[:3])
        if not wrong:
            wrong = next((f"it names no {n}" for n in ("task_id", "state") if not _value(record, arrival, n)), "")
        yield (
            None
            if not wrong
            else findings.of_callback(
                record,
                arrival,
                f"the body of a callback is not as the contract has it: {wrong}",
                cause="the body is that of something else, or is cut off",
                pointer="openapi.yaml#/paths",
                fold="the body of a callback is not as the contract has it",
            )
        )


@check(
    layer="callbacks",
    why="A callback and a look at the same task agree.",
    pointer="behavior.yaml#/callback/reads",
    needs=NO_CALLBACKS,
    probes=CALLERS,
)
def callback_differs_from_query(record: Record) -> Iterator[Finding | None]:
    """What a callback says of a task's end is what queries say; and it tells of no state before the task is in it."""
    trials = {trial.number: trial for trial in record.trials}
    contract, far = record.contract, tracing.reachable(record.contract)
    for arrival in record.arrivals:
        trial = trials.get(arrival.task) if arrival.task is not None else None
        names = frozenset(arrivals.state_of(contract, arrival))
        if trial is None or not trial.task_id or not names:
            continue
        wrong: list[str] = []
        told_id = arrivals.said(contract, arrival, "task_id")
        if told_id is not None and str(told_id) != trial.task_id:
            wrong.append(f"the id {told_id} instead of {trial.task_id}")
        sights = [sight for sight in tracing.looks(record, trial) if sight.names]
        later = [sight for sight in sights if sight.exchange.at_ms > arrival.at_ms]
        shown = later[0] if later else sights[-1] if sights else None
        if later and not later[0].names & names and all(n in far[s] for n in names for s in later[0].names):
            wrong.append(f"a state that the task comes to only after {later[0].seen.state}")
        ends = [sight for sight in sights if sight.is_over(contract.lifecycle)]
        if ends and all(contract.lifecycle.states[name].phase.is_terminal for name in names):
            shown = ends[0]
            wrong += _differing(record, arrival, names, ends[0])
        if shown is not None:
            yield (
                None
                if not wrong
                else findings.of_callback(
                    record,
                    arrival,
                    f"a callback says otherwise than the query: {' and '.join(wrong)}",
                    expected="what the query says",
                    cause="the callback is made of another task, or of another moment of it",
                    pointer="behavior.yaml#/callback/reads",
                    also=(shown.exchange,),
                    fold="a callback says otherwise than the query",
                )
            )


def _differing(record: Record, arrival: Arrival, names: frozenset[str], end: tracing.Sight) -> list[str]:
    """Return in what a callback of an end differs from a look at it, where both tell of it."""
    wrong = []
    if not names & end.names:
        wrong.append(f"the state {_value(record, arrival, 'state')} instead of {end.seen.state}")
    reads = record.contract.callback.reads if record.contract.callback else {}
    answer = end.exchange.operation.answer if end.exchange.operation else {}
    urls = _value(record, arrival, "urls")
    told_urls = [bare(str(url)) for url in urls or []] if isinstance(urls or [], list) else []
    if "urls" in reads and "urls" in answer and told_urls != [bare(url) for url in end.seen.urls]:
        wrong.append("other URLs of results")
    code = _value(record, arrival, "error_code")
    if (
        "error_code" in reads
        and "error_code" in answer
        and (str(code) if code not in (None, "") else None) != end.seen.error_code
    ):
        wrong.append(f"the error code {code!r} instead of {end.seen.error_code!r}")
    told, known = money.amount(_value(record, arrival, "credits")), money.amount(end.seen.credits)
    if told is not None and known is not None and told != known:
        wrong.append(f"{told:f} credits instead of {known:f}")
    return wrong


def _signed(record: Record) -> Iterator[tuple[Trial, Arrival, str | None]]:
    """Give the callbacks that should be signed, with the secret; None where it is not known."""
    rules = record.contract.callback
    if rules is None or rules.signature is None:
        return
    trials = {trial.number: trial for trial in record.trials}
    for arrival in record.arrivals:
        trial = trials.get(arrival.task) if arrival.task is not None else None
        if trial is None:
            continue
        if rules.signature.key == "callback_secret":
            yield trial, arrival, record.secrets.get("callback_secret")
        else:
            yield trial, arrival, record.secrets.get("api_key" if trial.key == "own" else f"api_key {trial.key}")


def _signed_with(record: Record) -> str:
    """Return what callbacks are signed with by the contract, '' where they are not."""
    rules = record.contract.callback
    return rules.signature.key if rules is not None and rules.signature is not None else ""


def _has_signature(record: Record, arrival: Arrival) -> bool:
    """Whether the header that holds the signature itself is there."""
    signature = record.contract.callback.signature if record.contract.callback else None
    if signature is None:
        return False
    holding = {name.lower() for name, pattern in signature.headers.items() if "signature" in pattern.names}
    return holding <= {name.lower() for name, _ in arrival.headers}


def _value(record: Record, arrival: Arrival, name: str) -> Any:
    return arrivals.said(record.contract, arrival, name)
