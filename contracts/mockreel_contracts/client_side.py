"""What a contract tells the client alone: where errors stand in an answer, and how often to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockreel_contracts.expressions import Expression, compile_expression

DEFAULT_READS = {"code": "body.code", "reason": "body.reason", "message": "body.message"}


@dataclass(frozen=True, slots=True)
class ErrorReads:
    """Where the code, the reason and the message of an error stand in `{body}`, and the codes that mean success."""

    code: Expression
    reason: Expression
    message: Expression
    success: frozenset[int | str]


@dataclass(frozen=True, slots=True)
class Polling:
    """The first and the greatest wait between two looks at a task, and when to give up, in seconds."""

    first_s: float = 2.0
    most_s: float = 15.0
    give_up_s: float = 900.0


def error_reads(transport: Mapping[str, Any]) -> ErrorReads:
    """Compile the reads of a contract's transport."""
    sources = {**dict.fromkeys(DEFAULT_READS, "`null`"), **transport.get("reads", DEFAULT_READS)}
    compiled = {name: compile_expression(source) for name, source in sources.items()}
    return ErrorReads(**compiled, success=frozenset(transport.get("success", ())))


def polling(behavior: Mapping[str, Any]) -> Polling:
    """Return the advice of a contract, or what is fit for every provider."""
    if "polling" not in behavior:
        return Polling()
    first_s, most_s = behavior["polling"]["interval_s"]
    return Polling(float(first_s), float(most_s), float(behavior["polling"]["give_up_s"]))
