"""Reports in files: whole, replaceable, and without secrets."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from mockreel.report import CannotWriteReport, redact, redacted, write
from tests.report import made

SECRET = "sk-\"Geheim/1'é&<"


def test_each_form_has_its_file_and_nothing_else_is_left(tmp_path: Path) -> None:
    paths = write(made.report(), tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["report.json", "report.junit.xml", "report.sarif", "report.html"]
    assert sorted(paths) == sorted((tmp_path / "new" / "folder").iterdir())


def test_an_earlier_report_is_replaced(tmp_path: Path) -> None:
    write(made.report(), tmp_path, ["json"])
    (path,) = write(made.empty_report(), str(tmp_path), ["json", "json"])
    assert json.loads(path.read_text("utf-8"))["verdict"] == "inconclusive"


def test_an_unknown_form_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no form of a report is called 'pdf'; there are json, junit, sarif, html"):
        write(made.report(), tmp_path / "new", ["json", "pdf"])
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(CannotWriteReport, match=r"cannot write the reports to .*file/x: .*; name a folder that can"):
        write(made.report(), tmp_path / "file" / "x")


def test_a_write_that_fails_halfway_leaves_the_earlier_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(made.report(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = Path.write_text

    def full(self: Path, *arguments: object, **options: object) -> int:
        if "html" in self.name:
            raise OSError(28, "No space left on device")
        return kept(self, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(CannotWriteReport, match="No space left on device"):
        write(made.empty_report(), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower().replace("geheim", "Geheim"),
        quote_plus(SECRET),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(SECRET).replace("\\u00e9", "\\u00E9"),
        json.dumps(json.dumps(SECRET)),
        json.dumps(SECRET).replace("/", "\\/"),
        shlex.quote(f"Authorization: Bearer {SECRET}"),
        repr(SECRET),
    ],
)
def test_a_secret_is_hidden_in_every_form(form: str) -> None:
    hidden = redact(f"before {form} after", [SECRET])
    assert "Geheim" not in hidden
    assert hidden.startswith("before ")
    assert hidden.endswith(" after")
    assert "***" in hidden


@pytest.mark.parametrize("encode", [quote, quote_plus, lambda text: quote(text, safe="")])
def test_a_secret_with_spaces_is_hidden_in_every_encoding(encode: Callable[[str], str]) -> None:
    assert redact(f"?key={encode('top secret/1')}&", ["top secret/1"]) == "?key=***&"


def test_a_short_secret_is_hidden_where_it_stands_alone() -> None:
    assert redact("key a, not a key in a name: apart, Bearer a", ["a"]) == (
        "key ***, not *** key in *** name: apart, Bearer ***"
    )


def test_of_two_secrets_the_longer_is_hidden_whole_and_an_empty_one_does_nothing() -> None:
    assert redact("abcdef-ghi abcdef", ["abcdef", "abcdef-ghi", "", " "]) == "*** ***"


def test_no_file_holds_a_secret(tmp_path: Path) -> None:
    checks = made.hostile_report().checks[0]
    text = f"Bearer {SECRET} {quote(SECRET)} {json.dumps(SECRET)}"
    events = made.client_report().stories[0].events
    check = replace(
        checks,
        operation=text,
        message=text,
        why=text,
        pointer=text,
        about=text,
        findings=tuple(
            replace(
                each,
                message=text,
                expected=text,
                cause=text,
                hint=text,
                evidence=tuple(replace(e, title=text, curl=text, sent="y" * 19_990 + text) for e in each.evidence),
            )
            for each in checks.findings
        ),
    )
    story = replace(made.client_report().stories[0], title=text, events=(replace(events[0], text=text, detail=text),))
    report = made.client_report()
    report = replace(
        report, subject=text, replay=text, checks=(check,), stories=(story,), notes=(text,), facts={text: text}
    )
    for path in write(report, tmp_path, secrets=[SECRET]):
        assert "Geheim" not in path.read_text("utf-8"), path.name
        assert "***" in path.read_text("utf-8")


def test_a_report_without_secrets_stays_as_it_is() -> None:
    report = made.report()
    assert redacted(report, []) is report
    assert redacted(report, ["nowhere-in-it"]) == report
    assert redacted(report, ["auth", "server", "kie"]).checks[0].layer == "auth"


def test_the_model_of_a_report_is_imported_alone() -> None:
    heavy = ["rich", "yaml", "orjson", "jsonschema_rs", "jmespath", "fastapi", "httpx2", "xml", "hashlib"]
    code = f"import sys, mockreel.report; sys.exit(str([m for m in {heavy} if m in sys.modules] or ''))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stderr.strip() == ""
