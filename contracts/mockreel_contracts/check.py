"""What a contract must hold to beyond the form of its files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockreel_contracts import check_callback, check_errors, pointer, template
from mockreel_contracts.expressions import ExpressionError, compile_expression
from mockreel_contracts.form import BEHAVIOR
from mockreel_contracts.problem import Problem

METHODS = ("get", "put", "post", "delete", "patch")
TASK_WORDS = frozenset(
    [
        "id",
        "model",
        "state",
        "phase",
        "progress",
        "request",
        "body",
        "inputs",
        "facts",
        "created_ms",
        "updated_ms",
        "completed_ms",
        "cost_ms",
        "credits",
        "price",
        "seed",
        "error",
        "results",
        "output",
    ]
)
ID_WORDS = {"unix_ms": 0, "snowflake": 1, "counter": 1, "hex": 1, "alnum": 1, "digits": 1}
_NEEDS_READ = {"submit": (), "query": ("task_id",), "cancel": ("task_id",), "balance": (), "list": ()}

Found = Iterator[Problem]


def meaning(behavior: Mapping[str, Any], openapi: Mapping[str, Any], models: Mapping[str, Any]) -> list[Problem]:
    """Return what does not hold together in a contract whose form is right."""
    return [
        *_operations(behavior, openapi),
        *_replies(behavior),
        *_lifecycle(behavior),
        *check_errors.errors(behavior),
        *_ids(behavior, models),
        *_sources(behavior, models),
        *_prices(behavior, models),
        *_conditions(behavior, models),
        *_durations(behavior, models),
        *check_callback.callback(
            behavior, has_body=next(callback_bodies(behavior["operations"], openapi), None) is not None
        ),
    ]


def decisions(files: Mapping[str, Any]) -> Found:
    """Yield the places that decisions name and that are not there; `files` are those without any profile."""
    for index, decision in enumerate(files[BEHAVIOR].get("decisions", ())):
        for number, place in enumerate(decision.get("at", ())):
            file, _, at = place.partition("#")
            try:
                pointer.get(files[file], at)
            except (KeyError, ValueError):
                where = f"/decisions/{index}/at/{number}"
                yield Problem(BEHAVIOR, 0, where, "leads nowhere", "file#/pointer into this contract", place)


def operations_of(openapi: Mapping[str, Any]) -> dict[str, tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    """Return {operationId: (METHOD, path, path item, operation)} of an OpenAPI document."""
    return {
        operation["operationId"]: (method.upper(), path, item, operation)
        for path, item in openapi.get("paths", {}).items()
        for method, operation in item.items()
        if method in METHODS and "operationId" in operation
    }


def callback_bodies(operations: Mapping[str, Any], openapi: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the JSON Schemas of the bodies that the submit operations' OpenAPI callbacks send."""
    known = operations_of(openapi)
    for name, spec in operations.items():
        if spec["role"] != "submit" or name not in known:
            continue
        for callback in known[name][3].get("callbacks", {}).values():
            for item in callback.values():
                content = item.get("post", {}).get("requestBody", {}).get("content", {})
                if "schema" in content.get("application/json", {}):
                    yield content["application/json"]["schema"]


def _operations(behavior: Mapping[str, Any], openapi: Mapping[str, Any]) -> Found:
    known = operations_of(openapi)
    if not any(spec["role"] == "submit" for spec in behavior["operations"].values()):
        yield Problem(BEHAVIOR, 0, "/operations", "no operation has the role submit", "one that makes tasks")
    for name, spec in behavior["operations"].items():
        at = pointer.join("/operations", name)
        if name not in known:
            yield Problem(BEHAVIOR, 0, at, "is not an operationId of openapi.yaml", _names(known), name)
        reads = spec.get("reads", {})
        for key, expression in reads.items():
            try:
                compile_expression(expression)
            except ExpressionError as error:
                yield Problem(BEHAVIOR, 0, pointer.join(at, "reads", key), str(error), "a JMESPath expression")
        for key, expression in spec.get("answer", {}).items():
            try:
                compile_expression(expression)
            except ExpressionError as error:
                yield Problem(BEHAVIOR, 0, pointer.join(at, "answer", key), str(error), "a JMESPath expression")
        for key in _NEEDS_READ.get(spec["role"], ()):
            if key not in reads:
                yield Problem(
                    BEHAVIOR, 0, f"{at}/reads", f"a {spec['role']} operation reads no {key}", key, _names(reads)
                )
        if spec["role"] == "download" and not {"task_id", "url"} & set(reads):
            yield Problem(BEHAVIOR, 0, f"{at}/reads", "a download operation reads neither task_id nor url")
        reply = spec.get("reply", spec["role"])
        if reply != "asset" and reply not in behavior["replies"]:
            yield Problem(BEHAVIOR, 0, at, f"answers with the reply {reply!r}", _names(behavior["replies"]), reply)
    for name in known:
        if name not in behavior["operations"]:
            yield Problem(
                BEHAVIOR,
                0,
                "/operations",
                f"openapi.yaml has the operation {name!r}, which has no role here",
                "a role",
                severity="warning",
            )


def _replies(behavior: Mapping[str, Any]) -> Found:
    for name, reply in behavior["replies"].items():
        for at, reason in template.problems(reply["body"], pointer.join("/replies", name, "body")):
            yield Problem(BEHAVIOR, 0, at, reason, "a JMESPath expression after '='")
        for at, word in _task_words(reply["body"], pointer.join("/replies", name, "body")):
            yield Problem(BEHAVIOR, 0, at, f"a task has no {word}", _names(TASK_WORDS), f"task.{word}")


def _task_words(value: Any, at: str) -> Iterator[tuple[str, str]]:
    """Yield (pointer, NAME) for every task.NAME in the expressions of a reply that no task has."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _task_words(item, pointer.join(at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _task_words(item, pointer.join(at, str(index)))
    elif isinstance(value, str) and value.startswith("="):
        bare = re.sub(r"'(?:[^'\\]|\\.)*'|`[^`]*`", "", value)  # without literals
        for word in re.findall(r"(?<![\w.\]\"])task\.(\w+)", bare):
            if word not in TASK_WORDS:
                yield at, word


def _lifecycle(behavior: Mapping[str, Any]) -> Found:
    lifecycle = behavior["lifecycle"]
    states = lifecycle["states"]
    if lifecycle["initial"] not in states:
        yield Problem(BEHAVIOR, 0, "/lifecycle/initial", "is not a state", _names(states), lifecycle["initial"])
        return
    broken = False
    for name, state in states.items():
        at = pointer.join("/lifecycle/states", name)
        is_terminal = state["phase"] not in ("queued", "running")
        if is_terminal and state.get("next"):
            yield Problem(BEHAVIOR, 0, f"{at}/next", f"a task in phase {state['phase']} goes nowhere", "no next")
        if not is_terminal and not state.get("next"):
            broken = True
            yield Problem(BEHAVIOR, 0, at, "has no next state, so its tasks never end", "next: [...]")
        for index, follower in enumerate(state.get("next", ())):
            if follower not in states:
                broken = True
                yield Problem(BEHAVIOR, 0, f"{at}/next/{index}", "is not a state", _names(states), follower)
        for key in ("duration_s", "progress"):
            least, most = state.get(key, (0, 0))
            if least > most:
                yield Problem(
                    BEHAVIOR, 0, f"{at}/{key}", "is the wrong way round", "[least, greatest]", f"[{least}, {most}]"
                )
    for index, rule in enumerate(lifecycle.get("expires", ())):
        if states.get(rule["to"], {}).get("phase") != "expired":
            yield Problem(
                BEHAVIOR, 0, f"/lifecycle/expires/{index}/to", "is not a state of phase expired", got=rule["to"]
            )
    if broken:
        return
    way, name = [], lifecycle["initial"]
    while states[name].get("next") and name not in way:
        way.append(name)
        name = states[name]["next"][0]
    if states[name]["phase"] != "succeeded":
        yield Problem(
            BEHAVIOR,
            0,
            "/lifecycle/states",
            "the first next states lead from the initial state to " + repr(name),
            "a state of phase succeeded",
        )
    if not any(states[f]["phase"] == "failed" for s in way for f in states[s]["next"]):
        yield Problem(BEHAVIOR, 0, "/lifecycle/states", "no state of phase failed can be reached", "a way to fail")


def _ids(behavior: Mapping[str, Any], models: Mapping[str, Any]) -> Found:
    text = behavior["ids"]["task"]
    words = re.findall(r"\{([^}]*)\}", text)
    unique = False
    for word in words:
        name, _, argument = word.partition(":")
        if name in ID_WORDS:
            unique = True
            if bool(argument) != bool(ID_WORDS[name]) or (argument and not argument.isdigit()):
                yield Problem(
                    BEHAVIOR,
                    0,
                    "/ids/task",
                    f"{{{word}}} is not well formed",
                    "{" + name + (":N}" if ID_WORDS[name] else "}"),
                )
            continue
        lacking = [file for file, model in models.items() if name not in model.get("x-mockreel", {}).get("facts", {})]
        if lacking or not models:
            yield Problem(
                BEHAVIOR,
                0,
                "/ids/task",
                f"{{{word}}} is neither a known word nor a fact of every model",
                _names(ID_WORDS),
                ", ".join(lacking),
            )
    if not unique:
        yield Problem(BEHAVIOR, 0, "/ids/task", "every task would get the same id", _names(ID_WORDS), text)


def _sources(behavior: Mapping[str, Any], models: Mapping[str, Any]) -> Found:
    known = behavior["sources"]
    pending: list[tuple[str, str, Any]] = [(BEHAVIOR, "", {k: v for k, v in behavior.items() if k != "sources"})]
    pending.extend((file, "/x-mockreel", model.get("x-mockreel", {})) for file, model in models.items())
    while pending:
        file, at, value = pending.pop()
        if isinstance(value, dict):
            if at.startswith("/replies/") and at.endswith("/body"):
                continue
            source = value.get("source")
            if isinstance(source, str) and "confidence" in value:
                for name in source.replace(",", " ").split():
                    if name not in known:
                        yield Problem(file, 0, f"{at}/source", "is not a source of this contract", _names(known), name)
            pending.extend((file, pointer.join(at, key), item) for key, item in value.items())
        elif isinstance(value, list):
            pending.extend((file, pointer.join(at, str(i)), item) for i, item in enumerate(value))


def _prices(behavior: Mapping[str, Any], models: Mapping[str, Any]) -> Found:
    if behavior["credits"].get("prices"):
        return
    for file, model in models.items():
        if not model.get("x-mockreel", {}).get("credits"):
            yield Problem(file, 0, "/x-mockreel/credits", "nothing says what this model costs", "a price row", "none")
    if not models:
        yield Problem(BEHAVIOR, 0, "/credits", "nothing says what a task costs", "prices")


def _conditions(behavior: Mapping[str, Any], models: Mapping[str, Any]) -> Found:
    known = {"model"}
    for spec in behavior["operations"].values():
        if spec["role"] == "submit":
            known.update(spec.get("reads", ()))
    lists = [
        (BEHAVIOR, "/lifecycle/expires", behavior["lifecycle"].get("expires", ())),
        (BEHAVIOR, "/credits/prices", behavior["credits"].get("prices", ())),
        (BEHAVIOR, "/credits/adjust", behavior["credits"].get("adjust", ())),
    ]
    for file, model in models.items():
        lists.append((file, "/x-mockreel/credits", model.get("x-mockreel", {}).get("credits", ())))
    for file, at, rows in lists:
        for index, row in enumerate(rows):
            for name in row.get("when", ()):
                if name not in known:
                    where = pointer.join(f"{at}/{index}/when", name)
                    yield Problem(file, 0, where, "is not read by the submit operation", _names(known), name)


def _durations(behavior: Mapping[str, Any], models: Mapping[str, Any]) -> Found:
    states = behavior["lifecycle"]["states"]
    for file, model in models.items():
        for name, (least, most) in model.get("x-mockreel", {}).get("duration_s", {}).items():
            at = pointer.join("/x-mockreel/duration_s", name)
            if name not in states:
                yield Problem(file, 0, at, "is not a state", _names(states), name)
            if least > most:
                yield Problem(file, 0, at, "is the wrong way round", "[least, greatest]", f"[{least}, {most}]")


def _names(names: Any) -> str:
    return "one of " + ", ".join(sorted(names)[:24])
