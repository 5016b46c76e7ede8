"""Whatever comes in is answered in the provider's own dialect, located, and nothing is made or charged."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel_contracts import Contract, Schema, load, pointer, providers
from mockreel_contracts.examples import examples_of
from tests.calling import Caller, Reply, first_body

CONTRACTS = [load(name) for name in providers()]
by_provider = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)

MALFORMED = {
    "nothing": b"",
    "half an object": b'{"model": ',
    "a list": b"[]",
    "a string": b'"text"',
    "a number": b"7",
    "null": b"null",
    "NaN": b'{"model": NaN}',
    "Infinity": b'{"model": -Infinity}',
    "a huge number": b'{"model": 1e999}',
    "a lone surrogate": b'{"model": "\\ud800"}',
    "broken UTF-8": b'{"model": "\xff"}',
    "ten thousand deep": b"[" * 10_000 + b"]" * 10_000,
    "a hundred deep": b'{"a":' * 100 + b"1" + b"}" * 100,
    "form data": b"model=x&prompt=y",
}


def is_refused_in_dialect(caller: Caller, reply: Reply) -> bool:
    """Whether an answer is an ErrorCase in the contract's own form, and nothing was made or charged."""
    entry = list(caller.engine.journal)[-1]
    contract = caller.contract
    service = caller.engine.services[contract.provider]
    case = contract.errors[entry.case]
    shown = json.dumps(reply.body, ensure_ascii=False)
    return (
        not service.tasks
        and caller.balance() == 10_000
        and reply.status == case.status
        and case.id != "internal_error"
        and (str(case.code) in shown or (case.reason or "-") in shown or reply.status == 401)
    )


@by_provider
@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_body_is_refused(contract: Contract, raw: bytes) -> None:
    caller = Caller(contract)
    reply = caller.submit(raw=raw) if raw else caller.submit(raw=b"")
    assert is_refused_in_dialect(caller, reply)


@by_provider
def test_the_place_of_a_syntax_error_is_named(contract: Contract) -> None:
    caller = Caller(contract)
    reply = caller.submit(raw=b'{\n  "model": oops}')
    assert "line 2 column" in reply.raw.decode()


@by_provider
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
def test_another_content_type_is_refused(contract: Contract, content_type: str) -> None:
    caller = Caller(contract)
    reply = caller.submit(headers={"Content-Type": content_type})
    assert is_refused_in_dialect(caller, reply)
    assert "Content-Type" in reply.raw.decode()


@by_provider
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON", None]
)
def test_json_by_any_of_its_names_or_none_is_accepted(contract: Contract, content_type: str | None) -> None:
    caller = Caller(contract)
    caller.submit(headers={"Content-Type": content_type})
    assert len(caller.engine.services[contract.provider].tasks) == 1


@by_provider
def test_a_key_that_stands_twice_is_refused_also_when_escaped(contract: Contract) -> None:
    body = orjson.dumps(first_body(contract)).decode()
    for again in ('"model":"x",', '"mod\\u0065l":"x",'):
        caller = Caller(contract)
        reply = caller.submit(raw=("{" + again + body[1:]).encode())
        assert is_refused_in_dialect(caller, reply), again
    caller = Caller(contract)
    reply = caller.submit(raw=('{"model":"x",' + body[1:]).encode())
    assert "'model' stands twice" in reply.raw.decode()


@by_provider
def test_colons_in_texts_are_not_taken_for_keys_that_stand_twice(contract: Contract) -> None:
    body = {**first_body(contract), "note": 'a: b: {"c": "d", "c": "e"}', "a:b": {"c:d": [":", "::"]}}
    caller = Caller(contract)
    caller.submit(raw=json.dumps(body, indent=3).encode())
    assert len(caller.engine.services[contract.provider].tasks) == 1


@by_provider
def test_nul_in_a_text_is_refused_with_its_place(contract: Contract) -> None:
    caller = Caller(contract)
    reply = caller.submit({**first_body(contract), "note": {"x": ["a\0b"]}})
    assert is_refused_in_dialect(caller, reply)
    assert "/note/x/0" in reply.raw.decode()


@by_provider
@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwdw==",
        "Bearer a b",
        "Bearer k\u00e9y",
        "key",
        "Bearer " + "x" * 600,
    ],
)
def test_a_missing_or_malformed_authorization_is_401(contract: Contract, value: str | None) -> None:
    caller = Caller(contract)
    reply = caller.submit(headers={contract.auth.header: value})
    assert list(caller.engine.journal)[-1].case == "unauthorized"
    assert is_refused_in_dialect(caller, reply)


@by_provider
def test_an_unknown_model_is_refused_with_the_nearest_named(contract: Contract) -> None:
    model = next(iter(contract.models))
    caller = Caller(contract)
    reply = caller.submit({**first_body(contract), "model": model[:-1] + "x"})
    assert is_refused_in_dialect(caller, reply)
    assert "did you mean" in reply.raw.decode()


@by_provider
def test_a_task_that_never_was_is_not_found(contract: Contract) -> None:
    caller = Caller(contract)
    for role in ("query", "cancel"):
        for operation in contract.by_role(role):  # type: ignore[arg-type]
            caller.on_task(role, "no-such-task")
            assert list(caller.engine.journal)[-1].case == contract.refusal("unknown_task", operation).id


@by_provider
@pytest.mark.parametrize("task_id", ["%00", "..", "x" * 5000, "\u4e2d", "a'b", "0"])
def test_odd_task_ids_are_just_not_found(contract: Contract, task_id: str) -> None:
    caller = Caller(contract)
    caller.query(task_id)
    assert list(caller.engine.journal)[-1].case == contract.refusal("unknown_task", contract.by_role("query")[0]).id


@by_provider
def test_an_unknown_path_is_answered_in_the_dialect_of_its_neighbours(contract: Contract) -> None:
    caller = Caller(*CONTRACTS)
    caller.contract = contract
    submit = contract.by_role("submit")[0]
    reply = caller.send("POST", submit.path + "x", {})
    case = contract.refusal("unknown_route")
    assert (reply.status, list(caller.engine.journal)[-1].case) == (case.status, case.id)
    assert f"the nearest is {submit.path}" in reply.headers["x-mock-hint"]


@by_provider
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO"])
def test_a_wrong_method_says_what_is_allowed(contract: Contract, method: str) -> None:
    caller = Caller(contract)
    submit = contract.by_role("submit")[0]
    reply = caller.send(method, submit.path)
    assert (reply.status, reply.headers["allow"]) == (405, submit.method)
    assert isinstance(reply.body, dict)


@by_provider
def test_a_body_over_the_bound_is_refused(contract: Contract) -> None:
    caller = Caller(contract)
    body = {**first_body(contract), "filler": "x" * (contract.max_body_bytes or 26_214_400)}
    submit = contract.by_role("submit")[0]
    if contract.max_body_bytes is None:
        from mockreel.domain.messages import Request

        scheme = contract.auth.schemes[0].capitalize()
        header = {contract.auth.header.encode(): f"{scheme} {caller.key}".encode()}
        caller.engine.handle(Request(submit.method, submit.path, b"", header, b"", is_too_large=True))
    else:
        caller.submit(body)
    entry = list(caller.engine.journal)[-1]
    assert entry.case == contract.refusal("too_large", submit).id
    assert "larger than" in entry.decision
    assert len(entry.request_body) <= 4096


def leaves(schema: Any, root: Any, at: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Return (pointer, schema) of every property of a body, through $ref and allOf."""
    if "$ref" in schema:
        return leaves(pointer.get(root, schema["$ref"].removeprefix("#")), root, at)
    found = []
    for part in (schema, *schema.get("allOf", ())):
        if part is not schema:
            found += leaves(part, root, at)
        for name, child in part.get("properties", {}).items():
            where = pointer.join(at, name)
            found += [(where, child), *leaves(child, root, where)] if isinstance(child, dict) else []
    return found


def with_value(body: Any, at: str, value: Any) -> Any:
    patch: Any = value
    for part in reversed(pointer.split(at)):
        patch = {part: patch}
    return pointer.merge(body, patch)


@by_provider
def test_a_wrong_type_in_any_field_is_refused_by_name(contract: Contract) -> None:
    body = first_body(contract)
    model = contract.models[body["model"]]
    checked = 0
    for at, _ in leaves(model.schema.source, contract.openapi):
        field = Schema({"type": "object"}, contract.openapi) and at
        for wrong in ({"odd": [1]}, [[{}]], 1.5e300):
            sent = with_value(body, field, wrong)
            if model.schema.is_valid(sent):
                continue  # this field takes such a value
            caller = Caller(contract)
            reply = caller.submit(sent)
            assert is_refused_in_dialect(caller, reply), at
            assert pointer.split(at)[-1] in reply.raw.decode(), (at, reply.raw)
            checked += 1
    assert checked >= 10


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@by_provider
@given(data=st.data())
def test_no_value_in_any_field_makes_an_unplanned_error(contract: Contract, data: st.DataObject) -> None:
    body = first_body(contract)
    fields = leaves(contract.models[body["model"]].schema.source, contract.openapi)
    at, _ = data.draw(st.sampled_from(fields))
    caller = Caller(contract)
    sent = with_value(body, at, data.draw(json_values))
    reply = caller.submit(raw=json.dumps(sent).encode())
    made = len(caller.engine.services[contract.provider].tasks)
    assert made == 1 or is_refused_in_dialect(caller, reply)
    assert list(caller.engine.journal)[-1].case != "internal_error"
    if made:
        caller.clock.advance(4000)
        assert caller.query().status == 200


@by_provider
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT"]),
    path=st.text(max_size=40) | st.sampled_from([o.path for c in CONTRACTS for o in c.operations.values()]),
    query=st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
    raw=st.binary(max_size=60),
    key=st.text(alphabet=st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=20),
)
def test_nothing_that_a_request_can_hold_raises(
    contract: Contract, method: str, path: str, query: dict[str, str], raw: bytes, key: str
) -> None:
    caller = Caller(contract)
    submit = contract.by_role("submit")[0]
    from mockreel.domain.messages import Request

    header = contract.auth.header.encode()
    request = Request(method, path, repr(query).encode(), {header: f"Bearer {key}".encode("latin-1")}, raw)
    assert 200 <= caller.engine.handle(request).status < 600
    assert submit


@by_provider
def test_a_request_that_a_page_prints_broken_is_refused_as_its_example_says(contract: Contract) -> None:
    for example in examples_of(contract.provider):
        if example.as_printed is not None:
            caller = Caller(contract)
            reply = caller.send(example.method, example.path, raw=example.as_printed.encode())
            assert is_refused_in_dialect(caller, reply)
            assert list(caller.engine.journal)[-1].case == example.as_printed_refused
