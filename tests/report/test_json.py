"""The JSON form and its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.report import Status, as_json
from tests.report import made

SCHEMA = json.loads(as_json.SCHEMA.read_text("utf-8"))
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Return the schema and every schema in it."""
    if isinstance(schema, dict):
        if {"type", "enum", "const", "$ref"} & set(schema) and not isinstance(schema.get("type"), dict):
            yield schema
        for child in schema.values():
            yield from objects(child)


@pytest.mark.parametrize(
    "report", [made.report(), made.client_report(), made.empty_report(), made.hostile_report()], ids=lambda r: r.kind
)
def test_every_report_keeps_the_schema(report: Any) -> None:
    assert [str(e) for e in VALIDATOR.iter_errors(json.loads(as_json.render(report)))] == []


def test_every_property_is_described_and_required() -> None:
    found = [each for each in objects(SCHEMA) if "properties" in each]
    assert len(found) == 7
    for each in found:
        assert sorted(each["required"]) == sorted(each["properties"])
        assert each["additionalProperties"] is False
        for name, spec in each["properties"].items():
            target = SCHEMA["$defs"][spec["$ref"].rsplit("/", 1)[-1]] if "$ref" in spec else spec
            assert target["description"], name


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the path of every field."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield (*at, key)
        yield from places(child, (*at, key))


@pytest.mark.parametrize("report", [made.report(), made.client_report()], ids=lambda r: r.kind)
def test_the_schema_refuses_a_report_with_any_field_missing_strange_or_of_another_type(report: Any) -> None:
    whole = as_json.document(report)
    free = {("facts",), ("coverage",)}  # names of one's own
    for path in places(whole):
        *parents, last = path
        for breaking in ("missing", "strange", "other type"):
            broken = json.loads(json.dumps(whole))
            owner = broken
            for step in parents:
                owner = owner[step]
            if breaking == "other type":
                owner[last] = [[]] if not isinstance(owner[last], list) else {}
            elif not isinstance(last, str) or tuple(parents) in free:
                continue
            elif breaking == "missing":
                del owner[last]
            else:
                owner[f"x-{last}"] = owner[last]
            assert not VALIDATOR.is_valid(broken), (path, breaking)


def test_a_check_has_its_first_findings_message_and_evidence() -> None:
    check = as_json.document(made.report())["checks"][0]
    assert (check["id"], check["status"], check["operation"]) == ("auth_wrong_key", "fail", "getTask")
    assert check["contract_pointer"] == "behavior.yaml#/errors/unauthorized"
    assert check["evidence"] == check["findings"][0]["evidence"]
    assert check["findings"][0]["credits"] == 2.5


def test_credits_are_numbers_and_whole_ones_stay_whole() -> None:
    assert as_json.number(Decimal("12.50")) == 12.5
    assert repr(as_json.number(Decimal("1E+2"))) == "100"
    assert '"credits_spent": 12.5,' in as_json.render(made.report())


def test_coverage_is_not_100_while_something_is_missed() -> None:
    from mockreel.report import Coverage

    nearly = Coverage("parameters", tuple(map(str, range(99_999))), ("last",))
    assert as_json.percent(nearly) == 99.99
    assert as_json.percent(Coverage("states", (), ())) == 100


def test_a_long_text_is_cut_with_a_notice() -> None:
    document = as_json.document(made.hostile_report())
    note = document["notes"][-1]
    assert len(note) == 4000
    assert note.endswith("x … (cut: 1,000,000 characters in all)")
    assert len(document["checks"][-1]["evidence"][0]["received"]) == 20_000


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_gives_json_that_is_valid_unicode(text: str) -> None:
    rendered = as_json.render(made.report(subject=text, notes=(text,), facts={text: text}))
    VALIDATOR.validate(json.loads(rendered.encode("utf-8")))


def test_the_statuses_of_the_schema_are_those_of_the_model() -> None:
    assert SCHEMA["$defs"]["status"]["enum"] == list(Status)
