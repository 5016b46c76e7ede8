"""Writes a report into a folder, each form a file of its own, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from mockreel.report.model import Report
from mockreel.report.redaction import redacted

FILES: Mapping[str, str] = {
    "json": "report.json",
    "junit": "report.junit.xml",
    "sarif": "report.sarif",
    "html": "report.html",
}


class CannotWriteReport(Exception):  # noqa: N818 - says what is wrong
    """The reports cannot be written; the message says where, why, and what to do."""


def write(
    report: Report,
    folder: Path | str,
    forms: Iterable[str] = tuple(FILES),
    *,
    secrets: Iterable[str] = (),
    contracts: Path | str | None = None,
    base: str = "",
) -> tuple[Path, ...]:
    """Write the `forms` (json, junit, sarif, html) into `folder`, which is made if need be, and return their paths.

    No form holds one of the `secrets`. `contracts` is the folder of contract folders whose lines the SARIF names
    (default: the shipped ones), `base` where that folder lies in the repository, such as `contracts/providers/`.
    Files are replaced at once, so that a reader never finds half of one.
    Raises ValueError for an unknown form, `CannotWriteReport` where the folder cannot be written.
    """
    wanted = list(dict.fromkeys(forms))
    unknown = [form for form in wanted if form not in FILES]
    if unknown:
        raise ValueError(f"no form of a report is called {', '.join(map(repr, unknown))}; there are {', '.join(FILES)}")
    safe = redacted(report, secrets)
    texts = {Path(folder) / FILES[form]: _renderer(form, contracts, base)(safe) for form in wanted}
    prepare(folder)
    try:
        _replace(texts)
    except OSError as error:
        raise _cannot(folder, error.strerror or str(error)) from error
    return tuple(texts)


def prepare(folder: Path | str) -> None:
    """Make the folder of the reports, so that a run does not find out at its end. Raises `CannotWriteReport`."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot(folder, "it is a file" if Path(folder).is_file() else error.strerror or str(error)) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _cannot(folder, "it cannot be written to")


def _cannot(folder: Path | str, why: str) -> CannotWriteReport:
    return CannotWriteReport(f"cannot write the reports to {folder}: {why}; name a folder that can be written")


def _renderer(form: str, contracts: Path | str | None, base: str) -> Callable[[Report], str]:
    if form == "json":
        from mockreel.report.as_json import render as as_json

        return as_json
    if form == "junit":
        from mockreel.report.junit import render as junit

        return junit
    if form == "html":
        from mockreel.report.page import render as page

        return page
    from mockreel.report.sarif import render as sarif

    return lambda report: sarif(report, contracts=contracts, base=base)


def _replace(texts: Mapping[Path, str]) -> None:
    """Write all of them beside their places before the first is moved there."""
    beside = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in texts}
    try:
        for path, text in texts.items():
            beside[path].write_text(text, "utf-8", newline="\n")
        for path in texts:
            beside[path].replace(path)
    finally:
        for path in beside.values():
            path.unlink(missing_ok=True)
