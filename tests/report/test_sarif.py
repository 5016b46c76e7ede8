"""The SARIF form and the places in contracts that it names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.report import Finding, Status, sarif
from mockreel.report.place import Place, locate
from mockreel_contracts import pointer, providers, yamlfile
from mockreel_contracts.loader import SHIPPED
from tests.report import made

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
RULES = {  # of the properties that we write, what sarif-schema-2.1.0.json and GitHub ask
    "required": ["$schema", "version", "runs"],
    "properties": {"version": {"const": "2.1.0"}, "runs": {"type": "array", "items": {"$ref": "#/$defs/run"}}},
    "$defs": {
        "run": {
            "additionalProperties": False,
            "required": ["tool", "results"],
            "properties": {
                "tool": {
                    "required": ["driver"],
                    "properties": {"driver": {"required": ["name", "version", "rules"]}},
                },
                "automationDetails": {"required": ["id"]},
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "invocations": {"items": {"$ref": "#/$defs/invocation"}},
                "results": {"items": {"$ref": "#/$defs/result"}},
                "originalUriBaseIds": {
                    "additionalProperties": {"properties": {"uri": {"pattern": "/$"}, "uriBaseId": {"type": "string"}}}
                },
                "properties": {"type": "object"},
            },
        },
        "invocation": {
            "additionalProperties": False,
            "required": ["executionSuccessful"],
            "properties": {
                "executionSuccessful": {"const": True},
                "startTimeUtc": {"format": "date-time"},
                "endTimeUtc": {"format": "date-time"},
                "toolExecutionNotifications": {
                    "items": {
                        "additionalProperties": False,
                        "required": ["message"],
                        "properties": {"message": TEXT, "level": {"const": "note"}, "associatedRule": {}},
                    }
                },
            },
        },
        "result": {
            "additionalProperties": False,
            "required": ["message", "ruleId", "ruleIndex", "locations", "partialFingerprints", "level"],
            "properties": {
                "message": TEXT,
                "ruleId": {"type": "string", "minLength": 1},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "kind": {"const": "fail"},  # any other kind asks for the level `none`
                "level": {"enum": ["note", "warning", "error"]},
                "occurrenceCount": {"type": "integer", "minimum": 1},
                "partialFingerprints": {"additionalProperties": {"type": "string", "minLength": 1}},
                "properties": {"type": "object"},
                "locations": {"minItems": 1, "maxItems": 1, "items": {"$ref": "#/$defs/location"}},
            },
        },
        "location": {
            "required": ["physicalLocation"],
            "properties": {
                "physicalLocation": {
                    "required": ["artifactLocation"],
                    "properties": {
                        "artifactLocation": {
                            "required": ["uri", "uriBaseId"],
                            "properties": {"uri": {"pattern": "^[A-Za-z0-9._%/-]+$", "not": {"pattern": "^/|\\.\\./"}}},
                        },
                        "region": {
                            "required": ["startLine", "startColumn"],
                            "additionalProperties": {"type": "integer", "minimum": 1},
                        },
                    },
                }
            },
        },
    },
}
VALIDATOR = jsonschema_rs.Draft202012Validator(RULES, validate_formats=True)


def wrong(document: Any) -> list[str]:
    """Return which rules of SARIF a document breaks."""
    found = [str(error) for error in VALIDATOR.iter_errors(document)]
    for run in document["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        if len(set(rules)) != len(rules):
            found.append("a rule twice")
        pairs = [(each["ruleId"], each["ruleIndex"]) for each in run["results"]]
        notes = run["invocations"][0]["toolExecutionNotifications"]
        pairs += [(each["associatedRule"]["id"], each["associatedRule"]["index"]) for each in notes]
        found += [f"{name} is not rule {index}" for name, index in pairs if rules[index] != name]
    return found


@pytest.mark.parametrize("report", [made.report(), made.client_report(), made.empty_report(), made.hostile_report()])
def test_every_report_keeps_the_rules_of_sarif(report: Any) -> None:
    assert wrong(json.loads(sarif.render(report))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/version", "2.0"),
        ("/runs/0/results/0/locations", []),
        ("/runs/0/results/0/kind", "open"),
        ("/runs/0/results/0/ruleIndex", 3),
        ("/runs/0/results/0/message", {"text": ""}),
        ("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri", "/etc/x"),
        ("/runs/0/results/0/locations/0/physicalLocation/region/startLine", 0),
        ("/runs/0/invocations/0/startTimeUtc", "yesterday"),
    ],
)
def test_a_document_that_breaks_a_rule_would_be_noticed(path: str, value: Any) -> None:
    document = sarif.document(made.report())
    *parents, last = pointer.split(path)
    pointer.get(document, pointer.of(parents))[last] = value
    assert wrong(document) != []


def test_findings_point_at_the_line_of_the_contract() -> None:
    (run,) = sarif.document(made.report())["runs"]
    first = run["results"][0]
    text = (SHIPPED / "kie" / "behavior.yaml").read_text("utf-8").split("\n")
    place = first["locations"][0]["physicalLocation"]
    region = place["region"]
    assert place["artifactLocation"] == {"uri": "kie/behavior.yaml", "uriBaseId": "CONTRACTS"}
    assert text[region["startLine"] - 1][region["startColumn"] - 1 :].startswith("unauthorized:")
    assert [(each["ruleId"], each["level"]) for each in run["results"]] == [
        ("auth_wrong_key", "error"),
        ("auth_wrong_key", "error"),
        ("retry_after", "warning"),
    ]
    assert first["occurrenceCount"] == 3
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        "auth_wrong_key",
        "retry_after",
        "refund",
        "unique_ids",
    ]


def test_a_check_that_could_not_be_made_is_a_notification_and_no_alert() -> None:
    (run,) = sarif.document(made.report(checks=(made.UNMADE, made.PASSED)))["runs"]
    assert run["results"] == []
    assert run["invocations"][0]["toolExecutionNotifications"] == [
        {
            "level": "note",
            "message": {"text": "refund could not be checked: no task failed within the budget"},
            "associatedRule": {"id": "refund", "index": 0},
        }
    ]


def test_a_known_finding_is_a_warning() -> None:
    known = replace(made.FAILED, findings=(replace(made.FAILED.findings[0], is_known=True), made.FAILED.findings[1]))
    (run,) = sarif.document(made.report(checks=(known,)))["runs"]
    assert [each["level"] for each in run["results"]] == ["warning", "error"]


def test_a_check_that_failed_without_findings_is_a_result() -> None:
    (run,) = sarif.document(made.report(checks=(replace(made.UNMADE, status=Status.FAIL, message="no"),)))["runs"]
    assert [each["message"]["text"] for each in run["results"]] == ["no\ncontract: [behavior.yaml#/credits]"]


def test_fingerprints_do_not_change_with_ids_times_and_seeds() -> None:
    def marks(message: str, **changes: Any) -> list[str]:
        check = replace(made.FAILED, findings=(Finding(message), Finding(message)))
        (run,) = sarif.document(made.report(checks=(check,), **changes))["runs"]
        return [each["partialFingerprints"]["primaryLocationLineHash"] for each in run["results"]]

    first = marks("task a1b2 took 12 s")
    assert marks("task 77ff took 9 s", seed=8, started_ms=1) == first
    assert marks("task a1b2 took too long") != first
    assert len(set(first)) == 2


def test_no_path_of_this_machine_is_in_it(tmp_path: Path) -> None:
    text = sarif.render(made.report(), contracts=SHIPPED)
    assert str(SHIPPED.parent) not in text
    assert "originalUriBaseIds" not in text
    (run,) = sarif.document(made.report(), base="contracts/providers")["runs"]
    assert run["originalUriBaseIds"] == {"CONTRACTS": {"uri": "contracts/providers/", "uriBaseId": "%SRCROOT%"}}
    (run,) = sarif.document(made.report(), base="https://example.com/c/", contracts=tmp_path)["runs"]
    assert run["originalUriBaseIds"] == {"CONTRACTS": {"uri": "https://example.com/c/"}}
    assert "region" not in run["results"][0]["locations"][0]["physicalLocation"]


def test_a_text_makes_no_link() -> None:
    check = replace(made.FAILED, findings=(Finding("[press](http://evil.example)"),))
    (run,) = sarif.document(made.report(checks=(check,)))["runs"]
    assert run["results"][0]["message"]["text"].startswith("[press] (http://evil.example)")


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_gives_sarif_that_keeps_the_rules(text: str) -> None:
    finding = Finding(text, text, text, text)
    check = replace(made.FAILED, id=text, why=text, operation=text, findings=(finding,))
    report = made.report(provider=text, checks=(check, replace(made.UNMADE, message=text)))
    assert wrong(json.loads(sarif.render(report).encode("utf-8"))) == []


# -- places ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", providers())
def test_every_place_of_a_contract_is_found_at_its_word(provider: str) -> None:
    folder = SHIPPED / provider
    text = (folder / "behavior.yaml").read_text("utf-8").split("\n")
    tables: dict[str, dict[str, tuple[int, int]]] = {}
    data, _ = yamlfile.read(folder / "behavior.yaml", "behavior.yaml")
    for case in data["errors"]:
        place = locate(folder, f"behavior.yaml#/errors/{case}", tables)
        assert text[place.line - 1][place.column - 1 :].lstrip("'\"").startswith(case)


def test_items_of_lists_escaped_keys_and_what_is_not_there_have_places(tmp_path: Path) -> None:
    (tmp_path / "behavior.yaml").write_text("a:\n  b/c~d:\n  - x\n  - {y: 1, z: 2}\n", "utf-8")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "m.json").write_text('{"a": {"b":\n 1}}', "utf-8")
    found = {
        at: (place.line, place.column)
        for at in ("", "/a", "/a/b~1c~0d", "/a/b~1c~0d/0", "/a/b~1c~0d/1/z", "/a/b~1c~0d/1/y/no/such", "/no")
        if (place := locate(tmp_path, f"behavior.yaml#{at}"))
    }
    assert found == {
        "": (1, 1),
        "/a": (1, 1),
        "/a/b~1c~0d": (2, 3),
        "/a/b~1c~0d/0": (3, 5),
        "/a/b~1c~0d/1/z": (4, 12),
        "/a/b~1c~0d/1/y/no/such": (4, 6),
        "/no": (1, 1),
    }
    assert locate(tmp_path, "models/m.json#/a/b") == Place("models/m.json", 1, 8)


@pytest.mark.parametrize(
    "at", ["", "../secret#/a", "/etc/passwd", "no.yaml#/a", "models\\m.yaml", "\0", "a/../../x", "y" * 5000]
)
def test_a_pointer_leads_out_of_no_folder(tmp_path: Path, at: str) -> None:
    (tmp_path / "kie").mkdir()
    (tmp_path / "secret").write_text("a: 1\n", "utf-8")
    (tmp_path / "kie" / "behavior.yaml").write_text("\na: 1\n", "utf-8")
    assert locate(tmp_path / "kie", at) == Place("behavior.yaml", 2, 1)


def test_a_file_that_is_not_yaml_or_not_there_has_no_line(tmp_path: Path) -> None:
    assert locate(tmp_path, "behavior.yaml#/a") == Place("behavior.yaml")
    (tmp_path / "behavior.yaml").write_text("a: [", "utf-8")
    assert locate(tmp_path, "behavior.yaml#/a") == Place("behavior.yaml")


def test_names_of_files_are_uris(tmp_path: Path) -> None:
    (tmp_path / "kie" / "models").mkdir(parents=True)
    check = replace(made.WARNED, findings=(Finding("x", pointer="models/a b.yaml#/a"),))
    (tmp_path / "kie" / "models" / "a b.yaml").write_text("a: 1\n", "utf-8")
    (run,) = sarif.document(made.report(checks=(check,)), contracts=tmp_path)["runs"]
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "kie/models/a%20b.yaml"
    assert unquote(uri) == "kie/models/a b.yaml"
