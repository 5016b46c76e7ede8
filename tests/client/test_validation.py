"""Local validation finds what the provider would refuse, all of it, before anything is sent."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel_client.validation import problems
from mockreel_contracts import load, pointer, providers
from mockreel_contracts.examples import Example, examples_of, samples
from tests.statements import Statement, _expanded, all_statements

KIE = load("kie")
BODY: dict[str, Any] = {
    "model": "hailuo/2-3-image-to-video-standard",
    "input": {"prompt": "A paper boat", "image_url": "https://example.com/boat.png"},
}
PROBES = [
    (statement, probe)
    for statement in all_statements()
    for probe in statement.data["probes"]
    if "accept" in probe or ("refuse" in probe and probe["rule"] != "inputs")  # pictures are not looked at
]


class Text(str):
    __slots__ = ()


def told(body: Any) -> list[str]:
    return [str(problem) for problem in problems(KIE, body)]


@pytest.mark.parametrize("provider", providers())
def test_what_the_pages_print_is_good(provider: str) -> None:
    found = examples_of(provider)
    bodies = [example.body for example in (*found, *(example for _, example in samples(load(provider), found)))]
    assert bodies
    assert [problems(load(provider), body) for body in bodies] == [()] * len(bodies)


@pytest.mark.parametrize(("statement", "probe"), PROBES, ids=lambda value: getattr(value, "id", None))
def test_what_the_pages_say_is_refused_is_refused_here(statement: Statement, probe: dict[str, Any]) -> None:
    example: Example = next(e for e in examples_of(statement.provider) if e.name == statement.data["example"])
    patch = probe["accept" if "accept" in probe else "refuse"]
    found = problems(load(statement.provider), pointer.merge(example.body, _expanded(patch)))
    if "accept" in probe:
        assert found == ()
    else:
        assert [str(p) for p in found if f"[{probe['rule']}]" in str(p) and probe.get("field", "") in str(p)]


def test_there_are_probes_of_both_kinds() -> None:
    assert sum("accept" in probe for _, probe in PROBES) > 20
    assert sum("refuse" in probe for _, probe in PROBES) > 20


def test_everything_is_told_at_once() -> None:
    wrong = {"prompt": "", "resolution": "4K", "duration": 7, "seed": Decimal(1)}
    assert told({"model": BODY["model"], "callBackUrl": 5, "input": wrong}) == [
        '/callBackUrl: the value is not of type "string", got 5 [type]',
        '/input/duration: the value is not one of ["6","10",6,10], got 7 [enum]',
        "/input/image_url: is required [required]",
        '/input/prompt: the value is shorter than 1 character, got "" [minLength]',
        '/input/resolution: the value is not one of ["768P","1080P"], got "4K" [enum]',
        "/input/seed: is a Decimal, which JSON has no form for [json]",
    ]


def test_rules_between_fields_are_told_in_the_contracts_words() -> None:
    body = {**BODY, "input": {**BODY["input"], "resolution": "1080P", "duration": 10}}
    assert told(body) == ["/input/duration: 1080P does not go with 10 seconds, got 10 [not]"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("hailuo/2-3-image-to-video-standart", "did you mean 'hailuo/2-3-image-to-video-standard'"),
        ("Hailuo/2-3-Image-To-Video-STANDARD", "did you mean 'hailuo/2-3-image-to-video-standard'"),
        ("hailuo/02-image-to-video", "did you mean 'hailuo/02-image-to-video-pro' or '"),
        ("sora", f"expected one of {', '.join(KIE.models)}"),
    ],
)
def test_an_unknown_model_is_told_the_names_spelled_alike(name: str, hint: str) -> None:
    (found,) = problems(KIE, {**BODY, "model": name})
    assert (found.pointer, found.field, found.keyword) == ("/model", "model", "unknown_model")
    assert found.text.startswith(f"{name!r} is not a model of this provider; {hint}")


def test_a_long_wrong_name_is_cut() -> None:
    (found,) = problems(KIE, {**BODY, "model": "x" * 100_000})
    assert len(str(found)) < 400


def test_a_model_that_is_missing_or_no_text_is_told() -> None:
    known = ", ".join(KIE.models)
    assert told({"input": {}}) == [f"/model: is required; one of {known} [required]"]
    assert told({"model": 5}) == [f"/model: is an int; expected the name of a model, one of {known} [type]"]
    assert told({"model": None}) == [f"/model: is a NoneType; expected the name of a model, one of {known} [type]"]


@pytest.mark.parametrize(("body", "name"), [([], "list"), ("text", "str"), (None, "NoneType")])
def test_a_body_that_is_no_object_is_told(body: Any, name: str) -> None:
    assert told(body) == [f"/: is a {name}; expected an object [type]"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "is a datetime, which JSON has no form for"),
        (b"bytes", "is a bytes, which JSON has no form for"),
        ({1, 2}, "is a set, which JSON has no form for"),
        (float("nan"), "is nan, which JSON has no form for"),
        (float("-inf"), "is -inf, which JSON has no form for"),
        (2**64, "is an integer of more than 64 bits"),
        ("\ud800", "holds half of a character (a lone surrogate), which UTF-8 has no form for"),
        ({1: 2}, "has the key 1, an int; expected a str of whole characters"),
        ({Text("a"): 2}, "has the key 'a', a Text; expected a str of whole characters"),
        ({"\ud800": 2}, "has the key '\\ud800', a str; expected a str of whole characters"),
    ],
)
def test_what_json_has_no_form_for_is_told_where_it_stands(value: Any, text: str) -> None:
    body = {**BODY, "input": {**BODY["input"], "image_url": [value]}}
    found = told(body)
    assert f"/input/image_url/0: {text} [json]" in found
    assert len(found) == 2  # and the list is no text


def test_a_value_that_json_has_no_form_for_is_told_once() -> None:
    body = {**BODY, "input": {**BODY["input"], "prompt": b"A paper boat"}}
    assert told(body) == ["/input/prompt: is a bytes, which JSON has no form for [json]"]


class Quality(Enum):
    HIGH = "1080P"


class Shape(str, Enum):  # noqa: UP042 - a member's str() is not its value
    HIGH = "1080P"


def test_members_of_text_enums_and_other_text_count_as_their_text() -> None:
    good = {**BODY["input"], "resolution": Shape.HIGH, "prompt": Text("A boat")}
    assert told({**BODY, "input": good}) == []
    assert told({**BODY, "input": {**good, "resolution": Quality.HIGH}}) == [
        "/input/resolution: is a Quality, which JSON has no form for [json]"
    ]


def test_nesting_has_an_end() -> None:
    deep: list[Any] = []
    deep.append(deep)
    (found,) = problems(KIE, {**BODY, "extra": deep})
    assert found.text == "is nested deeper than 64"
    assert found.keyword == "json"


def test_a_body_that_is_too_large_is_told_with_the_rest() -> None:
    small = replace(KIE, max_body_bytes=100)
    size = len(orjson.dumps(body := {**BODY, "callBackUrl": 5}))
    assert [str(problem) for problem in problems(small, body)] == [
        f"/: is {size} bytes of JSON; at most 100 are accepted [too_large]",
        '/callBackUrl: the value is not of type "string", got 5 [type]',
    ]
    assert problems(replace(KIE, max_body_bytes=len(orjson.dumps(BODY))), BODY) == ()


def test_a_mapping_that_is_no_dict_is_taken() -> None:
    assert problems(KIE, MappingProxyType(BODY)) == ()


def test_the_operation_can_be_given() -> None:
    (submit,) = KIE.by_role("submit")
    narrow = replace(submit, models={name: model for name, model in submit.models.items() if "02" in name})
    assert problems(KIE, BODY, operation=narrow)[0].keyword == "unknown_model"


def test_with_two_submit_operations_the_one_that_has_the_model_counts() -> None:
    (submit,) = KIE.by_role("submit")
    other = replace(submit, id="other", models={"other/model": next(iter(submit.models.values()))})
    for operations in ({"other": other, **KIE.operations}, {**KIE.operations, "other": other}):
        both = replace(KIE, operations=operations)
        assert problems(both, BODY) == ()
        assert problems(both, {**BODY, "model": "other/modal"})[0].text.endswith("did you mean 'other/model'?")


def test_a_contract_that_creates_no_tasks_is_refused() -> None:
    with pytest.raises(ValueError, match="the contract of kie has no operation that creates tasks"):
        problems(replace(KIE, operations={}), BODY)


def test_the_guide_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs/guides/typed-inputs.md").read_text("utf-8").partition("## Before")[2]
    ((code, shown),) = re.findall(r"```python\n(.*?)```\n.*?```text\n(.*?)```", page, re.DOTALL)
    exec(compile(code, "example", "exec"), {"__name__": "__example__"})  # noqa: S102
    assert capsys.readouterr().out == shown


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary() | st.decimals(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()) | st.integers(), inner),
    max_leaves=8,
)


@given(prompt=VALUES, extra=VALUES)
def test_whatever_is_good_can_be_sent_and_nothing_raises(prompt: Any, extra: Any) -> None:
    body = {**BODY, "input": {**BODY["input"], "prompt": prompt}, "extra": extra}
    if not problems(KIE, body):
        orjson.dumps(body)
        assert isinstance(prompt, str)
