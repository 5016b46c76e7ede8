"""Servers whose callbacks do not come, come wrongly, or cannot be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from mockreel.conformance.broken.broken import Believe, Broken, Drawn
from mockreel.conformance.broken.turns import armed
from mockreel.conformance.broken.visit import Memory
from mockreel_contracts import Contract, Phase
from mockreel_contracts.callback import CallbackEvent, Signature
from mockreel_contracts.pattern import Pattern


def broken() -> Iterator[Broken]:
    """Yield each."""
    called = ("callback",)
    signed = ("signature",)
    yield Broken("never_calls", "no callback is sent", "callback_missing", needs=called, arm=armed("callback_lost"))
    yield Broken(
        "failure_not_told",
        "the failure of a task is not told",
        "callback_missing",
        needs=called,
        believe=_events(lambda contract, events: {n: e for n, e in events.items() if not _fails(contract, n)}),
    )
    yield Broken(
        "signed_with_another_key",
        "callbacks are signed with another key",
        "callback_signature_wrong",
        needs=signed,
        arm=armed("callback_wrong_key"),
    )
    yield Broken(
        "signed_over_other_bytes",
        "the signature is over other bytes than the contract has it",
        "callback_signature_wrong",
        needs=signed,
        believe=_signature(lambda s: replace(s, message=Pattern(s.message.text + "\n"))),
    )
    yield Broken(
        "signature_in_other_letters",
        "the signature is written in another encoding",
        "callback_signature_wrong",
        needs=signed,
        believe=_signature(lambda s: replace(s, encoding="hex" if s.encoding == "base64" else "base64")),
    )
    yield Broken(
        "signed_long_ago",
        "the time that is signed is an hour old",
        "callback_signature_wrong",
        needs=("signed time",),
        arm=armed("callback_expired", seconds=3600),
    )
    yield Broken(
        "not_signed",
        "callbacks are not signed",
        "callback_unsigned",
        needs=signed,
        arm=armed("callback_unsigned"),
    )
    yield Broken(
        "callback_of_another_task",
        "a callback tells of another task",
        "callback_differs_from_query",
        also=("callback_signature_wrong",),
        needs=called,
        draw={"callback": lambda task, memory: task.update(id=task["id"][:-1] + "0")},
    )
    yield Broken(
        "callback_tells_other_result",
        "a callback tells another result than the query",
        "callback_differs_from_query",
        needs=called,
        draw={"callback": _other_result},
    )
    yield Broken(
        "never_repeats",
        "a callback that was not taken is not sent again",
        "callback_not_repeated",
        needs=("retries",),
        believe=_events(lambda c, events: {n: replace(e, retries_ms=()) for n, e in events.items()}),
    )
    yield Broken(
        "repeats_though_taken",
        "a callback is sent again though it was taken",
        "callback_repeated_though_taken",
        also=("callback_uncalled_for",),
        needs=called,
        arm=armed("callback_duplicated"),
    )
    yield Broken(
        "told_out_of_order",
        "the callback of a state comes after that of the next",
        "callback_out_of_order",
        needs=("several events",),
        arm=armed("callback_reordered"),
    )
    yield Broken(
        "told_again_after_the_end",
        "after the last callback one more tells of an earlier state",
        "callback_out_of_order",
        also=("callback_repeated_though_taken", "callback_uncalled_for", "callback_breaks_schema"),
        needs=("several events",),
        arm=armed("callback_stale"),
    )
    yield Broken(
        "callback_lacks_field",
        "the body of callbacks lacks a field",
        "callback_breaks_schema",
        needs=called,
        tell=_spoiled,
    )
    yield Broken(
        "callback_cut_off",
        "the body of callbacks breaks off in the middle",
        "callback_breaks_schema",
        also=("callback_missing",),
        needs=called,
        arm=armed("callback_malformed"),
    )
    yield Broken(
        "tells_every_state",
        "callbacks tell of states that nobody is to be called for",
        "callback_uncalled_for",
        also=("callback_breaks_schema",),
        needs=called,
        believe=_events(_all),
    )


Events = Mapping[str, CallbackEvent]


def _events(change: Callable[[Contract, Events], dict[str, CallbackEvent]]) -> Believe:
    def believe(contract: Contract) -> Contract:
        if contract.callback is None:
            return contract
        return replace(contract, callback=replace(contract.callback, events=change(contract, contract.callback.events)))

    return believe


def _signature(change: Callable[[Signature], Signature]) -> Believe:
    def believe(contract: Contract) -> Contract:
        rules = contract.callback
        if rules is None or rules.signature is None:
            return contract
        return replace(contract, callback=replace(rules, signature=change(rules.signature)))

    return believe


def _fails(contract: Contract, state: str) -> bool:
    return contract.lifecycle.states[state].phase is Phase.FAILED


def _all(contract: Contract, events: Events) -> dict[str, CallbackEvent]:
    some = next(iter(events.values()))
    return {name: events.get(name) or CallbackEvent(name, some.reply, ()) for name in contract.lifecycle.states}


def _other_result(task: Drawn, _memory: Memory) -> None:
    results = task.get("results")
    if results:
        task["results"] = [{**each, "url": each["url"] + ".mp4"} for each in results]


def _spoiled(contract: Contract, body: Any) -> Any:
    """Leave out the first field that the schema of callbacks minds."""
    schema = contract.callback.body if contract.callback is not None else None
    if schema is None:
        return body
    for path in _fields(body):
        made = deepcopy(body)
        parent = made
        for key in path[:-1]:
            parent = parent[key]
        del parent[path[-1]]
        if not schema.is_valid(made):
            return made
    return {}


def _fields(value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the place of each field, inner ones first."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _fields(each, (*at, key))
            yield (*at, key)
