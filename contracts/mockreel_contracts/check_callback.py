"""What the callback section of a contract must hold to beyond its form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockreel_contracts import pointer
from mockreel_contracts.expressions import ExpressionError, compile_expression
from mockreel_contracts.form import BEHAVIOR
from mockreel_contracts.pattern import Pattern
from mockreel_contracts.problem import Problem

WORDS = (
    "task_id",
    "message_id",
    "timestamp",
    "method",
    "path",
    "query",
    "nonce",
    "body",
    "signed_names",
    "signed_headers",
)
_OWN = ("host", "content-length", "content-type", "connection", "transfer-encoding", "user-agent")
_TEXTUAL = frozenset(WORDS) - {"body", "signed_headers"}  # those that a header can hold


def callback(behavior: Mapping[str, Any], *, has_body: bool) -> Iterator[Problem]:
    """Yield what does not hold together. `has_body`: openapi.yaml describes the body of a callback."""
    rules = behavior.get("callback")
    if rules is None:
        return
    if not has_body:
        text = "openapi.yaml describes no callback of a submit operation"
        yield Problem(BEHAVIOR, 0, "/callback", text, "callbacks with a JSON body")
    reads = [s.get("reads", {}) for s in behavior["operations"].values() if s["role"] == "submit"]
    if not any("callback_url" in names for names in reads):
        yield Problem(
            BEHAVIOR, 0, "/callback", "no submit operation reads a callback_url", "reads: {callback_url: ...}"
        )
    for state, event in rules["events"].items():
        at = pointer.join("/callback/events", state)
        if state not in behavior["lifecycle"]["states"]:
            known = ", ".join(behavior["lifecycle"]["states"])
            yield Problem(BEHAVIOR, 0, at, "is not a state", f"one of {known}", state)
        if event["reply"] not in behavior["replies"]:
            known = ", ".join(behavior["replies"])
            yield Problem(BEHAVIOR, 0, f"{at}/reply", "is not a reply", f"one of {known}", event["reply"])
    for name, source in rules["reads"].items():
        try:
            compile_expression(source)
        except ExpressionError as error:
            yield Problem(BEHAVIOR, 0, pointer.join("/callback/reads", name), str(error), "a JMESPath expression")
    if rules.get("signature", {}).get("scheme") == "hmac-sha256":
        yield from _signature(rules["signature"])


def _signature(data: Mapping[str, Any]) -> Iterator[Problem]:
    at = "/callback/signature"
    headers = {name: Pattern(text) for name, text in data["headers"].items()}
    texts = [(f"{at}/message", Pattern(data["message"]), frozenset(WORDS))]
    texts += [(pointer.join(at, "headers", name), p, _TEXTUAL | {"signature"}) for name, p in headers.items()]
    for where, pattern, known in texts:
        for word in pattern.names:
            if word not in known:
                yield Problem(BEHAVIOR, 0, where, f"knows no {{{word}}}", ", ".join(sorted(known)), pattern.text)
    sent = {word for pattern in headers.values() for word in pattern.names}
    if "signature" not in sent:
        yield Problem(BEHAVIOR, 0, f"{at}/headers", "no header holds {signature}", "{signature} in one of them")
    for word in ("timestamp", "nonce", "message_id"):
        if word in Pattern(data["message"]).names and word not in sent:
            text = f"{{{word}}} is signed but not sent, so nobody could check it"
            yield Problem(BEHAVIOR, 0, f"{at}/headers", text, f"a header with {{{word}}}")
    names = [name.lower() for name in headers]
    for name, pattern in headers.items():
        where = pointer.join(at, "headers", name)
        if name.lower() in _OWN:
            yield Problem(BEHAVIOR, 0, where, "is set by the sender itself", "another header", name)
        if not (pattern.text.isascii() and pattern.text.isprintable()):
            yield Problem(BEHAVIOR, 0, where, "cannot stand in a header", "printable ASCII", repr(pattern.text))
        if name.lower() in map(str.lower, data.get("signed", ())) and "signature" in pattern.names:
            yield Problem(BEHAVIOR, 0, where, "holds {signature} and is signed itself", "one of the two")
    for index, name in enumerate(data.get("signed", ())):
        if name.lower() not in names:
            yield Problem(BEHAVIOR, 0, f"{at}/signed/{index}", "is not one of the headers", ", ".join(headers), name)
    if len(set(names)) < len(names):
        yield Problem(BEHAVIOR, 0, f"{at}/headers", "a name stands twice, in other letters", "each header once")
