"""Servers that take requests which the contract refuses, and refuse what it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from mockreel.conformance.broken.broken import Broken
from mockreel.conformance.broken.rules import moved, rewritten, without
from mockreel.conformance.broken.turns import hear, with_body, with_key, with_task
from mockreel.conformance.broken.visit import Visit
from mockreel.domain.messages import Answer, Request
from mockreel_contracts import Contract
from mockreel_contracts.examples import examples_of, samples

NOBODY = "nobody-in-particular"
_FOLLOWS = ("answer_breaks_schema", "refusal_wrong")  # what was taken is told again; other rules refuse it


def broken() -> Iterator[Broken]:
    """Yield each."""
    for name, breaks, keywords, needs in (
        ("long_text_accepted", "texts may be of any length", ("maxLength",), ("maxLength",)),
        ("empty_text_accepted", "texts may be empty", ("minLength",), ("minLength",)),
        ("list_of_any_length_accepted", "lists may have any number of items", ("maxItems",), ("maxItems",)),
        ("empty_list_accepted", "lists may be empty", ("minItems",), ("minItems",)),
        ("any_word_accepted", "words that are not among the choices are taken", ("enum",), ("enum",)),
        ("any_text_accepted", "texts of any form are taken", ("pattern", "format"), ("pattern",)),
        ("required_ignored", "what is required may be left out", ("required",), ()),
        ("type_ignored", "values of any JSON type are taken", ("type",), ()),
        ("too_large_accepted", "numbers above the maximum are taken", ("maximum",), ("maximum",)),
        ("too_small_accepted", "numbers below the minimum are taken", ("minimum",), ("minimum",)),
        (
            "forbidden_combination_accepted",
            "values are taken together that exclude each other, or one without what it needs",
            ("then", "else", "dependentRequired", "dependentSchemas"),
            ("combination",),
        ),
    ):
        yield Broken(name, breaks, "invalid_accepted", also=_FOLLOWS, needs=needs, believe=without(*keywords))
    for keyword, by, word in (
        ("maxLength", 1, "longest text one character longer"),
        ("minLength", -1, "shortest text one character shorter"),
        ("maximum", 1, "maximum one higher"),
        ("minimum", -1, "minimum one lower"),
        ("maxItems", 1, "longest list one item longer"),
        ("minItems", -1, "shortest list one item shorter"),
    ):
        yield Broken(
            f"{keyword}_{'too_high' if by > 0 else 'too_low'}",
            f"a bound is off by one: the {word} than the contract has it",
            "invalid_accepted",
            also=_FOLLOWS,
            needs=(keyword,),
            believe=moved(by, keyword),
        )
        if keyword == "minItems":
            continue  # with the maximum it may leave nothing that is taken
        yield Broken(
            f"{keyword}_{'too_low' if by > 0 else 'too_high'}",
            f"a bound is off by one, so that what is just allowed is refused ({keyword})",
            "valid_refused",
            needs=(keyword,),
            believe=moved(-by, keyword),
        )
    yield Broken(
        "last_word_refused",
        "the last of the allowed words is refused",
        "valid_refused",
        needs=("enum",),
        believe=lambda contract: rewritten(contract, _without_last),
    )
    yield Broken(
        "long_text_clipped",
        "a text that is too long is cut silently and taken",
        "invalid_accepted",
        needs=("maxLength",),
        hear=hear(("submit",), _clip),
    )
    yield Broken(
        "broken_json_repaired",
        "a body that is no JSON is taken for a request that is",
        "malformed_accepted",
        hear=hear(("submit",), _repair),
    )
    yield Broken(
        "form_taken_for_json",
        "form fields are taken for a request in JSON",
        "malformed_accepted",
        hear=hear(("submit",), _form),
    )
    yield Broken(
        "unknown_model_replaced",
        "a model that nobody knows is replaced by a known one",
        "unknown_model_accepted",
        hear=hear(("submit",), _model),
    )
    yield Broken(
        "unknown_task_invented",
        "a task that was never made is found",
        "unknown_task_found",
        hear=hear(("query",), _invent),
        say=_as_asked,
    )


def _without_last(schema: dict[str, Any]) -> dict[str, Any]:
    words = schema.get("enum", ())
    texts = [word for word in words if isinstance(word, str)]
    if len(texts) > 1:
        schema["enum"] = [word for word in words if word != texts[-1]]
    return schema


def _clip(visit: Visit, request: Request) -> Request:
    """Shorten texts until they are no longer than any that the model takes."""
    body = visit.body
    operation = visit.operation
    if operation is None or not isinstance(body, dict):
        return request
    model = operation.models.get(str(body.get(operation.discriminator, operation.default_model)))
    if model is None:
        return request
    clipped = body
    while wrong := [each for each in model.schema.violations(clipped) if each.keyword == "maxLength"]:
        for each in wrong:
            most = re.search(r"\d+", each.text)
            if most:
                clipped = _put(clipped, each.pointer.split("/")[1:], int(most[0]))
    return request if clipped is body else with_body(request, clipped)


def _put(value: Any, keys: list[str], most: int) -> Any:
    if not keys:
        return value[:most] if isinstance(value, str) else value
    if isinstance(value, list):
        index = int(keys[0])
        return [*value[:index], _put(value[index], keys[1:], most), *value[index + 1 :]]
    return {**value, keys[0]: _put(value[keys[0]], keys[1:], most)}


def sample(contract: Contract) -> Any:
    """Return a body that is accepted."""
    return samples(contract, examples_of(contract.provider))[0][1].body


def _repair(visit: Visit, request: Request) -> Request:
    is_form = b"form" in request.headers.get(b"content-type", b"")
    return request if is_form or isinstance(visit.body, dict) else with_body(request, sample(visit.contract))


def _form(visit: Visit, request: Request) -> Request:
    is_form = b"form" in request.headers.get(b"content-type", b"")
    return with_body(request, sample(visit.contract)) if is_form else request


def _model(visit: Visit, request: Request) -> Request:
    body, operation = visit.body, visit.operation
    if operation is None or not isinstance(body, dict) or not operation.discriminator:
        return request
    name = body.get(operation.discriminator)
    if not isinstance(name, str) or name in operation.models:
        return request
    made = [{**body, operation.discriminator: each} for each in operation.models]
    taken = (each for each in made if operation.models[each[operation.discriminator]].schema.is_valid(each))
    return with_body(request, next(taken, made[0]))


def _invent(visit: Visit, request: Request) -> Request:
    """Ask for a task that somebody else has made, as if it were the caller's."""
    if not visit.task_id or visit.task is not None or not visit.key:
        return request
    contract = visit.contract
    if "made" not in visit.memory:
        submit = contract.by_role("submit")[0]
        ask = with_key(contract, Request(submit.method, submit.path), NOBODY)
        visit.ask(with_body(ask, sample(contract)))
        visit.memory["made"] = next(task.id for task in visit.service.tasks.values() if task.sandbox.key == NOBODY)
    return with_key(contract, with_task(request, visit.task_id, visit.memory["made"]), NOBODY)


def _as_asked(visit: Visit, answer: Answer) -> Answer:
    made = visit.memory.get("made", "")
    if not made or visit.role != "query" or visit.task is not None:
        return answer
    return replace(answer, body=answer.body.replace(made.encode(), orjson.dumps(visit.task_id)[1:-1]))
