"""What the error cases of a contract must hold to, and how its errors are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mockreel_contracts import pointer
from mockreel_contracts.expressions import ExpressionError, compile_expression
from mockreel_contracts.form import BEHAVIOR
from mockreel_contracts.problem import Problem

MESSAGE_WORDS = ("field", "fields", "problems", "task_id", "state", "model", "retry_after_s")

Found = Iterator[Problem]


def errors(behavior: Mapping[str, Any]) -> Found:
    """Yield what does not hold together."""
    yield from _reads(behavior)
    yield from _names_of_cases(behavior)
    yield from _messages(behavior)
    yield from _polling(behavior)


def _reads(behavior: Mapping[str, Any]) -> Found:
    transport = behavior.get("transport", {})
    for name, source in transport.get("reads", {}).items():
        try:
            compile_expression(source)
        except ExpressionError as error:
            at = pointer.join("/transport/reads", name)
            yield Problem(BEHAVIOR, 0, at, str(error), "a JMESPath expression", source)
    for name, case in behavior["errors"].items():
        if case["code"] in transport.get("success", ()):
            at = pointer.join("/errors", name, "code")
            yield Problem(BEHAVIOR, 0, at, "is also a code of /transport/success", "another code", str(case["code"]))


def _polling(behavior: Mapping[str, Any]) -> Found:
    first_s, most_s = behavior.get("polling", {}).get("interval_s", (1, 1))
    if not 0 < first_s <= most_s:
        got = f"[{first_s}, {most_s}]"
        yield Problem(BEHAVIOR, 0, "/polling/interval_s", "is no range above 0", "[first, greatest] in seconds", got)


def _names_of_cases(behavior: Mapping[str, Any]) -> Found:
    errors = behavior["errors"]
    named: list[tuple[str, Any]] = [("/lifecycle/failure", behavior["lifecycle"]["failure"])]
    if "cancellation" in behavior["lifecycle"]:
        named.append(("/lifecycle/cancellation", behavior["lifecycle"]["cancellation"]))
    for index, rule in enumerate(behavior["lifecycle"].get("expires", ())):
        named.append((f"/lifecycle/expires/{index}/error", rule["error"]))
    tables = [("/refusals", behavior.get("refusals", {}))]
    for name, spec in behavior["operations"].items():
        tables.append((pointer.join("/operations", name, "refusals"), spec.get("refusals", {})))
    for name, spec in behavior.get("inputs", {}).items():
        tables.append((pointer.join("/inputs", name, "errors"), spec.get("errors", {})))
    for at, table in tables:
        for kind, choice in table.items():
            if isinstance(choice, dict):
                named.extend((pointer.join(at, kind, keyword), case) for keyword, case in choice.items())
            else:
                named.append((pointer.join(at, kind), choice))
    for at, case in named:
        if case not in errors:
            yield Problem(BEHAVIOR, 0, at, "is not an ErrorCase", _one_of(errors), str(case))


def _messages(behavior: Mapping[str, Any]) -> Found:
    for name, case in behavior["errors"].items():
        texts = {"message": case["message"], "task_message": case.get("task_message", ""), **case.get("headers", {})}
        for key, text in texts.items():
            for word in re.findall(r"\{(\w+)\}", text):
                if word not in MESSAGE_WORDS:
                    at = pointer.join("/errors", name, key)
                    yield Problem(BEHAVIOR, 0, at, f"knows no {{{word}}}", _one_of(MESSAGE_WORDS), text)
        if 200 <= case["status"] < 300 and case["code"] == 200:
            yield Problem(
                BEHAVIOR, 0, pointer.join("/errors", name, "code"), "an error looks like success", "another code"
            )


def _one_of(names: Iterable[str]) -> str:
    return "one of " + ", ".join(sorted(names)[:24])
