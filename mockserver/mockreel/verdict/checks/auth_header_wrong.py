"""The API key does not come where the contract wants it."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play


def look(play: Play) -> Looked:
    """Judge the header of each call that needs a key."""
    auth = play.contract.auth
    schemes = " or ".join(scheme.capitalize() for scheme in auth.schemes)
    for entry in play.calls:
        if sight.role_of(play, entry) in ("", "result") or not entry.status:
            continue
        if entry.key:
            yield None
            continue
        yield Finding(
            f"a call came without an API key that can be read: {entry.decision.removeprefix('refused: ')}",
            operation=entry.operation,
            expected=f"{auth.header.title()}: {schemes} KEY",
            pointer="behavior.yaml#/auth",
            cause="the header has another name, no scheme or another one, or is missing on some calls",
            evidence=shown(play, [entry]),
            fold="header",
        )


CHECK = Check(
    id="auth_header_wrong",
    title="The API key is not in the header it belongs in",
    why="Every call is refused; or, where a provider is lenient today, will be.",
    known_from="The schemes differ: one provider documents Token while a reseller's page shows Bearer, and the page of "
    "another calls the header optional though its source answers 401 without (contract sources D1, C3).",
    hint="Send the header as the contract has it on every call, queries and downloads of the API included.",
    needs="a call that takes an API key",
    look=look,
)
