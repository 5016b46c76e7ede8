"""The page docs/reference/report.md: the forms of a report, and the fields of report.json from its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.report import FILES
from mockreel.report.as_json import SCHEMA
from mockreel.report.sarif import ROOT

LINK = "../../mockserver/mockreel/report/report.schema.json"
TEXT = f"""\
`mockreel verify server` and `mockreel verify client` tell what they found in the terminal, and with `--report-dir` in
files. No form holds an API key that the run was given: `***` stands in its place, also where it is URL-encoded or
escaped.

| form | file | for |
| --- | --- | --- |
| `json` | {FILES["json"]} | programs; the fields are below |
| `junit` | {FILES["junit"]} | the test views of GitHub, GitLab and Jenkins |
| `sarif` | {FILES["sarif"]} | code scanning: findings at the lines of the contract |
| `html` | {FILES["html"]} | people: one file without scripts that needs no network, fits a phone and prints |

## Statuses

| status | fails the run | JUnit | SARIF |
| --- | --- | --- | --- |
| `pass` | no | a passed test case | nothing |
| `fail` | yes | `failure` | a result of level `error` for each finding |
| `warn` | no | passed, with `system-out` | a result of level `warning` for each finding |
| `inconclusive` | no | `skipped`, with the reason | a notification of the run, with the reason |

A run in which nothing could be checked is `inconclusive` as a whole. SARIF has results of `kind: open`, but readers
that know no kinds show them as alerts.

## JUnit

A suite for each layer of checks (a client has one); a test case for each check. `classname` and `name` are together
unique, because GitLab keeps only the first of two that are alike. Findings of a check are one `failure`. Only the run
has a `time`, and its suite where there is one: checks judge what was written down, and take none of their own.

## SARIF

A result is at the line and column of what the contract says. Paths are relative to the folder of the contract folders,
`{ROOT}`; where that folder lies in the repository stands in `originalUriBaseIds` if the run was told. Fingerprints
leave out ids, times and seeds: the same finding of the next run is the same alert.

## Baseline

With an earlier report.json as the baseline, a finding that stood in it is known: it is marked, and a check that found
nothing else is a warning. A finding is the same when check, operation and `fold` are, or else its message without the
words that hold digits. What is gone is told in `notes`, as fixed or as not checked.
"""

Data = Mapping[str, Any]


def page() -> Iterator[str]:
    """What each form is, then a table for each object of report.json."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    yield from ("# Reports", "", *TEXT.splitlines(), "")
    yield from ("## report.json", "", schema["description"], "")
    yield f"Its JSON Schema is [report.schema.json]({LINK}). Every field is always there."
    yield from ("", *_table(schema, schema["$defs"]))
    for name, spec in schema["$defs"].items():
        yield from (f"### {name}", "", spec["description"], "")
        if "properties" in spec:
            yield from _table(spec, schema["$defs"])
        else:
            yield from (f"One of {_value(spec)}.", "")


def _table(spec: Data, named: Data) -> Iterator[str]:
    yield "| field | value | meaning |"
    yield "| --- | --- | --- |"
    for name, child in spec["properties"].items():
        meant = child.get("description") or named[child["$ref"].rsplit("/", 1)[-1]]["description"]
        yield f"| `{name}` | {_value(child)} | {meant} |"
    yield ""


def _value(spec: Data) -> str:
    if "$ref" in spec:
        name = spec["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name})"
    if "const" in spec or "enum" in spec:
        return ", ".join(f"`{json.dumps(each)}`" for each in spec.get("enum", [spec.get("const")]))
    if spec["type"] == "array":
        return f"list of {_value(spec['items'])}"
    if isinstance(spec.get("additionalProperties"), Mapping):
        return f"object of {_value(spec['additionalProperties'])}"
    kinds = spec["type"] if isinstance(spec["type"], list) else [spec["type"]]
    return " or ".join(kinds)
