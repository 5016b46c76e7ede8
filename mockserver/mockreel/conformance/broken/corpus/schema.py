"""Servers whose answers have not the shape that the contract gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import orjson

from mockreel.conformance.broken.broken import Broken
from mockreel.conformance.broken.turns import edit, good, say, with_media
from mockreel.conformance.broken.visit import Visit
from mockreel.conformance.evidence import reading
from mockreel.domain.messages import Answer

PAGE = b"<html><body><h1>It works!</h1></body></html>\n"
Path = tuple[str | int, ...]


def broken() -> Iterator[Broken]:
    """Yield each."""
    query = good("query")
    yield Broken(
        "page_for_answer",
        "a query is answered with a page of HTML under status 200",
        "answer_not_json",
        say=say(query, lambda answer: replace(with_media(answer, "text/html"), body=PAGE)),
    )
    yield Broken(
        "answer_cut_off",
        "the JSON of a query's answer breaks off in the middle",
        "answer_not_json",
        say=say(query, lambda answer: replace(answer, body=answer.body[: len(answer.body) // 2])),
    )
    yield Broken(
        "answer_empty",
        "a query is answered with status 200 and no body",
        "answer_not_json",
        say=say(query, lambda answer: replace(answer, body=b"")),
    )
    yield Broken(
        "json_with_a_comma_too_many",
        "the answer of a create ends in a comma and is no JSON",
        "answer_not_json",
        also=(
            "balance_moves_by_itself",
            "charged_on_refusal",
        ),
        say=say(good("submit"), lambda answer: replace(answer, body=answer.body[:-1] + b",}")),
    )
    yield Broken(
        "json_called_text",
        "answers are JSON and are called text/plain",
        "content_type_wrong",
        say=say(good(), lambda answer: with_media(answer, "text/plain; charset=utf-8")),
    )
    yield Broken(
        "json_not_called",
        "answers have no Content-Type",
        "content_type_wrong",
        say=say(good(), lambda answer: with_media(answer, None)),
    )
    yield Broken(
        "refusal_called_html",
        "refusals are JSON and are called text/html",
        "content_type_wrong",
        say=say(lambda visit, answer: not visit.is_good(answer), lambda answer: with_media(answer, "text/html")),
    )
    for name, breaks, spoil in (
        ("field_missing", "a field that answers always have is missing", _drop),
        ("field_null", "a field that is never null is null", _null),
        ("field_of_other_type", "a field is of another JSON type", _retype),
    ):
        yield Broken(name, f"{breaks} (query)", "answer_breaks_schema", say=edit(query, _spoiled(spoil)))
    yield Broken(
        "create_without_field",
        "the answer of a create lacks a field",
        "answer_breaks_schema",
        say=edit(good("submit"), _spoiled(_drop)),
    )
    yield Broken(
        "balance_as_text",
        "the balance is a text instead of a number",
        "answer_breaks_schema",
        needs=("balance",),
        say=edit(good("balance"), _spoiled(_text, only_numbers=True)),
    )
    yield Broken(
        "answer_wrapped",
        "a query's answer is wrapped into a field that no page knows",
        "answer_breaks_schema",
        also=("error_dialect_broken",),
        say=edit(query, lambda visit, body: {"result": body}),
    )
    yield Broken(
        "answer_in_list",
        "a query's answer is a list of one",
        "answer_breaks_schema",
        also=("error_dialect_broken",),
        say=edit(query, lambda visit, body: [body]),
    )
    yield Broken(
        "status_201_for_200",
        "creates are answered with HTTP status 201 instead of 200",
        "status_undocumented",
        say=say(good("submit"), lambda answer: replace(answer, status=201)),
    )
    yield Broken(
        "status_203_for_200",
        "queries are answered with HTTP status 203 instead of 200",
        "status_undocumented",
        say=say(query, lambda answer: replace(answer, status=203)),
    )


Spoil = Callable[[dict[str, Any] | list[Any], Any], None]


def _spoiled(spoil: Spoil, *, only_numbers: bool = False) -> Callable[[Visit, Any], Any]:
    """Return what spoils the first value that the schema of an answer minds; if possible none that is read."""

    def change(visit: Visit, body: Any) -> Any:
        if visit.operation is None:
            return body
        found = reading.body_schema(visit.contract, visit.operation, 200)
        read = list(visit.operation.places.values())
        leaves = sorted(_leaves(body), key=lambda path: _is_read(path, read))
        for path in leaves:
            made = deepcopy(body)
            parent = made
            for key in path[:-1]:
                parent = parent[key]
            if not path or (only_numbers and not isinstance(parent[path[-1]], int | float)):
                continue
            spoil(parent, path[-1])
            if found is not None and not found[1].is_valid(made) and visit.is_good(Answer(200, _dumped(made))):
                return made
        return body

    return change


def _is_read(path: Path, read: list[tuple[str, ...]]) -> bool:
    return any(path[: len(place)] == place or place[: len(path)] == path for place in read)


def _leaves(value: Any, at: Path = ()) -> Iterator[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inner is None:
        yield at
        return
    for key, each in inner:
        yield from _leaves(each, (*at, key))


def _drop(parent: Any, key: Any) -> None:
    del parent[key]


def _null(parent: Any, key: Any) -> None:
    parent[key] = None


def _retype(parent: Any, key: Any) -> None:
    parent[key] = [parent[key]]


def _text(parent: Any, key: Any) -> None:
    parent[key] = str(parent[key])


def _dumped(body: Any) -> bytes:
    return orjson.dumps(body)
