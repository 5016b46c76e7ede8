"""What a finding shows."""

from __future__ import annotations

import shlex

import pytest

from mockreel.conformance.evidence import findings
from mockreel.conformance.exchange import Exchange, Intent
from mockreel_contracts import load, providers

CONTRACT = load(providers()[0])


def exchange(sent: bytes) -> Exchange:
    """Return a create with this body."""
    return Exchange(
        number=1,
        at_ms=0,
        intent=Intent("probe", "accept"),
        operation=CONTRACT.by_role("submit")[0],
        key="own",
        method="POST",
        url="http://127.0.0.1:1/create",
        sent_headers={"content-type": "application/json"},
        sent=sent,
        status=200,
        headers={},
        body=b"{}",
    )


def test_a_curl_line_sends_the_whole_body() -> None:
    sent = b'{"prompt": "' + b"it's " * 1200 + b'"}'
    words = shlex.split(findings.curl(CONTRACT, exchange(sent)))
    assert words[words.index("--data-raw") + 1].encode() == sent


@pytest.mark.parametrize("sent", [b"x" * 20_000, b"\xff\xfe", b'{"a": "\0"}'])
def test_there_is_no_curl_line_that_would_send_something_else(sent: bytes) -> None:
    assert findings.curl(CONTRACT, exchange(sent)) == ""
