"""What probably is wrong where a request was accepted or refused against the contract, told from its neighbours."""

from __future__ import annotations

from typing import Any

import orjson

from mockreel.conformance.evidence import reading
from mockreel.conformance.exchange import Exchange, Record

AND = " and "  # between the edges of one request
_NEAR = ("one beyond", "one below", "at the bound itself")
_COUNTED = ("maxLength", "minLength")


def of_accepted(record: Record, exchange: Exchange) -> str:
    """Return why a request that breaks a rule was accepted, as far as the others that break it tell."""
    intent = exchange.intent
    refused = {e.intent.axis for e in _alike(record, exchange) if not reading.is_good(record.contract, e)}
    if intent.axis in _NEAR and "far beyond" in refused:
        unit = ", or counts something else than characters" if intent.keyword in _COUNTED else ""
        return f"the bound {intent.keyword} is off by one{unit}"
    if "beside" in intent.axis:
        return "the rule between two fields is not looked at; each by itself is good"
    match intent.keyword:
        case "maxLength" | "minLength" | "maximum" | "minimum" | "exclusiveMaximum" | "exclusiveMinimum":
            return f"the bound {intent.keyword} is not looked at"
        case "maxItems" | "minItems" | "uniqueItems":
            return f"the number of items is not looked at ({intent.keyword})"
        case "required" | "dependentRequired":
            return "the field is not asked for"
        case "enum" | "const" if intent.axis == "in other letters" and refused:
            return "capitals and small letters are not told apart"
        case "enum" | "const" if intent.axis in ("a number as text", "a text as number") and refused:
            return "numbers and texts are not told apart"
        case "enum" | "const":
            return "the value is not compared with those that are allowed"
        case "type" if intent.axis == "null" and refused:
            return "null counts as a field that is left out"
        case "type":
            return "the type is not looked at, or the value is converted"
        case "pattern" | "format":
            return f"the form of the text is not looked at ({intent.keyword})"
        case "additionalProperties" | "falseSchema":
            return "a field that must not be there is ignored"
        case _:
            return "the rule is not looked at"


def of_refused(exchange: Exchange) -> str:
    """Return why a request that keeps the contract was refused."""
    intent = exchange.intent
    if not intent.axis:
        return "the server is stricter than the contract, or refuses the content of the example"
    if AND in intent.axis:
        return "values are refused together that go together by the contract"
    keyword = next((word for word in _CAUSES if word in intent.axis), "")
    return _CAUSES.get(keyword, "the server is stricter than the contract")


_CAUSES = {
    "in letters of several bytes": "the length is counted in bytes, not in characters",
    "as text": "a number as text is not taken, which the contract allows",
    "beside": "values are refused together that go together by the contract",
    "maxLength": "the bound maxLength is off by one or lower",
    "minLength": "the bound minLength is off by one or higher",
    "maximum": "the bound maximum is off by one or lower",
    "minimum": "the bound minimum is off by one or higher",
    "maxItems": "the bound maxItems is off by one or lower",
    "minItems": "the bound minItems is off by one or higher",
    "enum": "a value that the contract allows is not known",
    "pattern": "an empty text is not taken, which the contract allows",
    "type": "a field that the contract allows is not taken",
}


def is_told_alone(record: Record, exchange: Exchange) -> bool:
    """Whether one of the edges that a request was at was refused by itself, too."""
    parts = exchange.intent.axis.split(AND)
    if len(parts) == 1:
        return False
    return any(
        e.intent.axis in parts and not e.problem and not reading.is_good(record.contract, e)
        for e in record.exchanges
        if e.operation is exchange.operation and model_of(e) == model_of(exchange)
    )


def _alike(record: Record, exchange: Exchange) -> list[Exchange]:
    """Return the exchanges that break the same rule of the same place."""
    intent = exchange.intent
    return [
        e
        for e in record.exchanges
        if e.intent.refusal == intent.refusal
        and e.operation is exchange.operation
        and not e.problem
        and (e.intent.rule, e.intent.pointer) == (intent.rule, intent.pointer)
    ]


def model_of(exchange: Exchange) -> Any:
    """Return what a request names as its model, None where it names none."""
    try:
        body = orjson.loads(exchange.sent)
    except orjson.JSONDecodeError:
        return None
    name = exchange.operation.discriminator if exchange.operation else ""
    return body.get(name) if isinstance(body, dict) else None
