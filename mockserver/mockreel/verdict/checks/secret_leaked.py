"""The API key shows up where others read it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, quote

from mockreel.domain.journal import Entry
from mockreel.domain.masking import HIDDEN, MASKED
from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Doubt, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play

_SHORT = 6  # characters; anything shorter is found by chance


def look(play: Play) -> Looked:
    """Judge URLs, bodies and output."""
    secrets = [s for s in (play.key, play.callback_secret or "", *play.secrets) if len(s) >= _SHORT]
    for entry in play.calls:
        where = next(_places(play, entry, secrets), "")
        if where:
            yield Finding(
                f"a secret is in {where} of a call",
                operation=entry.operation,
                expected=f"the key in the header {play.contract.auth.header.title()} and nowhere else",
                pointer="behavior.yaml#/auth",
                cause="the key is put into the URL or the body",
                evidence=shown(play, [entry]),
                fold=where,
            )
        elif sight.role_of(play, entry) == "result" and _has_key(play, entry):
            yield Doubt(
                Finding(
                    "the API key was sent to the host of the results, which is another's",
                    operation=entry.operation,
                    expected="a download without the key",
                    cause="one session with default headers is used for the API and for files",
                    evidence=shown(play, [entry]),
                    fold="result",
                )
            )
        else:
            yield None
    if any(secret in play.claim.output for secret in secrets):
        yield Finding(
            "a secret is in what the client printed",
            expected="output that can be kept in a log",
            cause="headers or settings are logged, or are part of an error's text",
            fold="output",
        )


def _places(play: Play, entry: Entry, secrets: list[str]) -> Iterator[str]:
    for secret in secrets:
        if secret in entry.path or quote(secret, safe="") in entry.path:
            yield "the path"
        if secret.encode() in entry.query or quote(secret, safe="").encode() in entry.query:
            yield "the query string"
        if secret.encode() in entry.request_body:
            yield "the body"
    operation = play.contract.operations.get(entry.operation)
    known = {parameter.name for parameter in operation.parameters} if operation is not None else set()
    for name, value in parse_qsl(entry.query.decode("latin-1")):
        if value == HIDDEN and name not in known:  # the journal masks it
            yield f"the query string ({name})"


def _has_key(play: Play, entry: Entry) -> bool:
    header = play.contract.auth.header
    return any(name == header and value.endswith(MASKED) for name, value in entry.request_headers)


CHECK = Check(
    id="secret_leaked",
    title="The API key leaks",
    why="URLs are kept in the logs of proxies and servers, and output in those of CI: whoever reads them can spend the "
    "credits.",
    known_from="RFC 6750, section 5.3, warns of keys in URLs; one provider lets keys have spending limits and "
    "address lists (its Getting Started page); results lie on hosts other than the API's.",
    hint="Send the key in its header only, without it to result URLs, and keep it out of logs and error texts.",
    needs="a call",
    look=look,
    weight=3,
)
