"""Takes secrets out of a report, in every form in which a wire, a shell or a document writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote, quote_plus

from mockreel.report.model import Report
from mockreel.report.text import WORDS_OF_OURS, mapped

HIDDEN = "***"
SHORT = 6  # a secret of fewer characters is hidden only where it stands alone: "a" is in every word
KEPT = WORDS_OF_OURS | {"id", "layer", "provider", "profile"}  # what the kit and the contract wrote, never a wire


def redacted(report: Report, secrets: Iterable[str]) -> Report:
    """Return the report with `***` for each of the `secrets`, also where it is URL-encoded, escaped or quoted.

    Only whole secrets are found: hide them before text is cut.
    """
    pattern = _pattern(secrets)
    return report if pattern is None else mapped(report, lambda text, _: pattern.sub(HIDDEN, text), KEPT)


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with `***` for each of the `secrets`."""
    pattern = _pattern(secrets)
    return text if pattern is None else pattern.sub(HIDDEN, text)


def _pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    found = {form: len(secret) for secret in secrets if secret.strip() for form in _forms(secret)}
    if not found:
        return None
    ordered = sorted(found, key=lambda form: (-len(form), form))  # the longest first: one secret may begin another
    return re.compile("|".join(_matching(form, found[form]) for form in ordered))


def _matching(form: str, length: int) -> str:
    text = re.sub(r"(?i)%[0-9a-f]{2}|\\\\u[0-9a-f]{4}", _either_case, re.escape(form))
    return rf"(?<!\w){text}(?!\w)" if length < SHORT else text


def _either_case(found: re.Match[str]) -> str:
    head = 1 if found[0].startswith("%") else len(found[0]) - 4
    return f"{found[0][:head]}(?i:{found[0][head:]})"


def _forms(secret: str) -> Iterator[str]:
    plain = secret.encode("utf-8", "replace").decode()
    yield from (secret, repr(secret)[1:-1], escape(secret), escape(secret, quote=False))
    yield from (quote(plain), quote(plain, safe=""), quote_plus(plain), secret.replace("'", "'\"'\"'"))
    yield secret.replace("'", "'\\''")
    for only_ascii in (True, False):
        once = json.dumps(secret, ensure_ascii=only_ascii)[1:-1]
        for escaped in (once, once.replace("/", "\\/")):
            yield from (escaped, json.dumps(escaped, ensure_ascii=only_ascii)[1:-1])  # JSON, and JSON in JSON
