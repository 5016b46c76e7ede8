"""A call and the faults that it meets: what they are matched with, and what they end it with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from mockreel.domain import assets
from mockreel.domain.document import inputs_of
from mockreel.domain.faults.effects import NetworkEffects, ResultEffects
from mockreel.domain.faults.kind import near_misses
from mockreel.domain.faults.rule import Facts
from mockreel.domain.gate import Call
from mockreel.domain.messages import JSON, Answer
from mockreel.domain.refusal import Refusal, Unreached
from mockreel.domain.task import Task
from mockreel_contracts import Contract, ErrorCase


def facts(contract: Contract, call: Call, task: Task | None, *, model: str = "", prompt: str = "") -> Facts:
    """Return what faults can be matched with."""
    test = call.request.headers.get(b"x-mock-test", b"").decode("latin-1")
    if task is not None:
        model = task.model.name
        prompt = str(inputs_of(task).get("prompt") or "")
    role, name = call.role or call.operation.role, call.operation.id if not call.role else ""
    is_file = role == "result" or (role == "download" and call.operation.reply == "asset")
    task_id = task.id if task is not None else ""
    return Facts(
        contract.provider,
        role,
        name,
        call.key,
        test,
        model,
        prompt,
        task_id,
        is_file,
        is_file and call.request.method == "HEAD",
    )


def stop(contract: Contract, call: Call) -> None:
    """Raise Unreached or Refusal if a fault has it that the call is not carried out."""
    if call.met("network") and NetworkEffects(**call.met("network")).is_before:
        raise Unreached
    word = call.met("answer").get("case")
    if word is not None:
        call.is_twisted = True
        raise Refusal(case_of(contract, word, call), f"a fault refuses it: {', '.join(call.faults)}")


def case_of(contract: Contract, word: str, call: Call) -> ErrorCase:
    """Return the ErrorCase of a word. Raises Refusal for one that this provider does not have."""
    case = contract.find_error(word)
    if case is None:
        text = near_misses("error case", word, contract.errors)
        raise Refusal(contract.refusal("malformed", call.operation), f"the fault {text}", hint=text)
    return case


def file(found: assets.Asset, effects: Mapping[str, Any]) -> Answer:
    """Return a result file, or what a fault makes of it."""
    if not effects:
        return Answer(200, asset=found)
    wrong = ResultEffects(**effects)
    if wrong.status is not None:
        body = orjson.dumps({"error": f"a fault answers {wrong.status}"})
        return Answer(wrong.status, body, JSON, delay_ms=round(wrong.delay_s * 1000))
    return Answer(200, asset=found, result=wrong, delay_ms=round(wrong.delay_s * 1000))
