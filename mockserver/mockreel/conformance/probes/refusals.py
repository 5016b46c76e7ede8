"""Requests that each operation must refuse for any model: routes, methods, bodies, models, task ids, parameters."""

from __future__ import annotations

from typing import Any

import orjson

from mockreel.conformance.bench import Bench
from mockreel.conformance.exchange import Intent
from mockreel.conformance.probes import parameters
from mockreel.conformance.probes.asking import ask
from mockreel.domain.dice import Dice
from mockreel.domain.ids import IdMaker
from mockreel_contracts import Operation, pointer
from mockreel_contracts.expressions import first_path

NAME = "refusals"
NOWHERE = "mockreel/no-such-route"
NO_TASK = "mockreel-no-such-task"
NO_MODEL = "mockreel-no-such-model"
NO_RESULT = "https://example.com/mockreel-no-such-result.mp4"
_METHODS = ("DELETE", "PATCH", "GET", "POST")
_LONG_AGO_MS = 1_600_000_000_000
_LARGEST = 4 * 1024 * 1024  # bytes that are sent to anybody, to see that they are too many
_LARGEST_TO_A_MOCK = 32 * 1024 * 1024
FORM = "application/x-www-form-urlencoded"


def probe(bench: Bench) -> None:
    """Send every kind, between two looks at the balance."""
    key = bench.role(NAME)
    bench.balance(Intent(NAME), key=key)
    _routes(bench, key)
    for operation in bench.contract.operations.values():
        _methods(bench, operation, key)
        if operation.body is not None:
            _bodies(bench, operation, key)
        if "task_id" in operation.reads:
            _tasks(bench, operation, key)
        if operation.role == "submit":
            _models(bench, operation, key)
        if operation.role == "download" and "url" in operation.reads:
            case = bench.contract.refusal("foreign_url", operation).id
            intent = Intent(NAME, "refuse", "foreign_url", case, "a URL that is no result", pointer=_error(case))
            ask(bench, operation, intent, values={"url": NO_RESULT}, key=key)
        parameters.send(bench, operation, NAME, key)
    bench.balance(Intent(NAME), key=key)


def body_for(bench: Bench, operation: Operation) -> Any:
    """Return a good body for an operation, None where the run has none; the URL in it is no result."""
    if operation.role == "download":
        source = bench.contract.behavior["operations"][operation.id].get("reads", {}).get("url", "")
        keys = first_path(source, "body") if source else ()
        body: Any = NO_RESULT
        for name in reversed(keys):
            body = {name: body}
        return body if keys else None
    if operation.role != "submit":
        return {}
    bodies = [body for body in bench.samples.values() if bench.model_of(body)[0] is operation]
    return bodies[0] if bodies else None


def well_formed_id(bench: Bench) -> str:
    """Return an id as the contract makes them, of a task that was never made."""
    model = next(iter(bench.contract.models.values()))
    maker = IdMaker(bench.contract.id_format, Dice(0))
    return maker.make(_LONG_AGO_MS, {**model.facts, "model": model.name}, "mockreel verify", ())


def _routes(bench: Bench, key: str) -> None:
    case = bench.contract.refusal("unknown_route").id
    for operation in (*bench.contract.by_role("submit")[:1], *bench.contract.by_role("query")[:1]):
        path = f"{operation.path.split('/{')[0]}/{NOWHERE}"
        intent = Intent(NAME, "refuse", "unknown_route", case, f"the path {path}", pointer=_error(case))
        _send(bench, operation.method.upper(), path, intent, key)


def _methods(bench: Bench, operation: Operation, key: str) -> None:
    case = bench.contract.refusal("wrong_method").id
    taken = {other.method.upper() for other in bench.contract.operations.values() if other.path == operation.path}
    free = [method for method in _METHODS if method not in taken]
    path = operation.path
    for parameter in operation.parameters:
        path = path.replace("{" + parameter.name + "}", NO_TASK)
    for method in (free[0], free[-1]):
        rule = f"{method} on {operation.path}"
        _send(bench, method, path, Intent(NAME, "refuse", "wrong_method", case, rule, pointer=_error(case)), key)


def _send(bench: Bench, method: str, path: str, intent: Intent, key: str) -> None:
    auth = bench.contract.auth
    headers = {"accept": "application/json", auth.header.lower(): f"{auth.schemes[0].capitalize()} {bench.key(key)}"}
    bench.send(method, f"{bench.base_url}{path}", headers, b"", intent, key=key)


def _bodies(bench: Bench, operation: Operation, key: str) -> None:
    """Send what is no body of an operation. Where the task that it is about is unknown, too, any refusal will do."""
    good = body_for(bench, operation)
    if good is None:
        return
    sent = orjson.dumps(good)
    forms = [
        ("a body that is cut off", sent[:-1], "", None),
        ("a body that is no JSON", b"this is not JSON", "", None),
        ("a list as body", b"[]", "type", None),
        ("a text as body", b'"text"', "type", None),
        ("null as body", b"null", "type", None),
        ("form fields as body", b"prompt=a+boat&model=mockreel", "", FORM),
    ]
    if operation.is_body_required:
        forms.append(("an empty body", b"", "", None))
    is_about_task = "task_id" in operation.reads
    case = "" if is_about_task else bench.contract.refusal("malformed", operation).id
    at = pointer.join("/paths", operation.path, operation.method.lower(), "requestBody")
    for rule, raw, keyword, content_type in forms:
        intent = Intent(NAME, "refuse", "malformed", case, rule, keyword, f"openapi.yaml#{at}")
        headers = {"content-type": content_type} if content_type else {}
        values = {"task_id": NO_TASK} if is_about_task else {}
        ask(bench, operation, intent, raw=raw, values=values, headers=headers, key=key)
    _too_large(bench, operation, sent, key)


def _too_large(bench: Bench, operation: Operation, good: bytes, key: str) -> None:
    most = bench.contract.max_body_bytes
    if most is None or operation.role != "submit":
        return
    if most > (_LARGEST_TO_A_MOCK if bench.has_control else _LARGEST):
        bench.record.miss(NAME, f"a body of more than {most} bytes is too large to be sent for a test")
        return
    case = bench.contract.refusal("too_large", operation).id
    rule = f"a body of {most + 1} bytes"
    intent = Intent(NAME, "refuse", "too_large", case, rule, pointer="behavior.yaml#/limits/body_bytes")
    ask(bench, operation, intent, raw=good.ljust(most + 1), key=key)


def _tasks(bench: Bench, operation: Operation, key: str) -> None:
    case = bench.contract.refusal("unknown_task", operation).id
    forms = {
        "the id of a task that was never made": well_formed_id(bench),
        "an id of another form": NO_TASK,
        "an id of odd characters": "0'\"<>&;% \u8239",
        "an id of 300 digits": "9" * 300,
    }
    for rule, task_id in forms.items():
        intent = Intent(NAME, "refuse", "unknown_task", case, rule, pointer=_error(case))
        ask(bench, operation, intent, values={"task_id": task_id}, key=key)


def _models(bench: Bench, operation: Operation, key: str) -> None:
    """Send models that there are not. Which refusal one gets that is not even a text, no contract says."""
    good, field = body_for(bench, operation), operation.discriminator
    if good is None or not field:
        return
    case = bench.contract.refusal("unknown_model", operation).id
    name = str(good.get(field, ""))
    others = {
        "a model that is not there": NO_MODEL,
        "a model in other letters": name.swapcase(),
        "a model with a letter more": f"{name}x",
    }
    for rule, other in others.items():
        if other and other not in operation.models:
            intent = Intent(NAME, "refuse", "unknown_model", case, rule, pointer=_error(case))
            ask(bench, operation, intent, body={**good, field: other}, key=key)
    intent = Intent(NAME, "refuse", "unknown_model", "", "a model that is no text")
    ask(bench, operation, intent, body={**good, field: 5}, key=key)


def _error(case: str) -> str:
    return f"behavior.yaml#/errors/{case}"
