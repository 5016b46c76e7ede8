"""The journal in forms that other tools read: curl lines, NDJSON, HAR. Secrets are masked."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, quote

import orjson

from mockreel.domain.journal import KEPT_BODY, Delivery, Entry
from mockreel_contracts.expressions import rfc3339

Record = Entry | Delivery
AuthOf = Callable[[str], tuple[str, str]]  # provider -> (header, value with the key masked)
MASKED = "$API_KEY"


def curl(record: Record, origin: str, auth: tuple[str, str]) -> str:
    """Return a shell line that makes a call again; the API key comes from the variable API_KEY."""
    if isinstance(record, Delivery):
        headers = [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in record.request_headers]
        parts = ["curl -s --globoff", shlex.quote(record.url), *headers]
    else:
        query = b"?" + record.query if record.query else b""
        url = f"{origin}{_path(record)}{query.decode('latin-1')}"
        parts = ["curl -s --globoff", shlex.quote(url), f'-H "{auth[0].title()}: {auth[1]}"']
        if record.method not in ("GET", "POST"):
            parts.insert(1, "-I" if record.method == "HEAD" else f"-X {shlex.quote(record.method)}")
        if record.request_body:
            parts.append("-H 'Content-Type: application/json'")
        elif record.method == "POST":
            parts.insert(1, "-X POST")
    if record.request_body:
        parts.append(f"--data-raw {shlex.quote(record.request_body.decode('utf-8', 'replace'))}")
    if len(record.request_body) >= KEPT_BODY:
        parts.append(f"# the body was longer; the journal keeps {KEPT_BODY} bytes")
    return " ".join(parts)


def shown(record: Record, origin: str, auth_of: AuthOf) -> dict[str, Any]:
    """Return a record as the control API shows it."""
    return {**record.as_json(), "curl": curl(record, origin, auth_of(record.provider))}


def ndjson(records: Iterable[Record], origin: str, auth_of: AuthOf) -> bytes:
    """Return one JSON object a line, oldest first."""
    return b"".join(orjson.dumps(shown(record, origin, auth_of)) + b"\n" for record in records)


def har(records: Iterable[Record], origin: str, auth_of: AuthOf) -> bytes:
    """Return an HTTP archive (HAR 1.2), as browsers and proxies show it."""
    log = {
        "version": "1.2",
        "creator": {"name": "mockreel", "version": "1"},
        "entries": [_har_entry(record, origin, auth_of) for record in records],
    }
    return orjson.dumps({"log": log})


def _path(record: Entry) -> str:
    return quote(record.path, safe="/:@!$&'()*+,;=~-._")


def _har_entry(record: Record, origin: str, auth_of: AuthOf) -> dict[str, Any]:
    is_delivery = isinstance(record, Delivery)
    if isinstance(record, Delivery):
        method, url, query = "POST", record.url, b""
        latency, comment = record.latency_ms, record.problem or f"callback {record.callback_id}"
    else:
        method, query = record.method, record.query
        url = f"{origin}{_path(record)}" + (f"?{query.decode('latin-1')}" if query else "")
        latency, comment = 0, record.decision
    header, value = auth_of(record.provider)
    request: dict[str, Any] = {
        "method": method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [] if is_delivery else [{"name": header.title(), "value": value}],
        "queryString": [
            {"name": name, "value": text} for name, text in parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": len(record.request_body),
    }
    if record.request_body:
        text = record.request_body.decode("utf-8", "replace")
        request["postData"] = {"mimeType": "application/json", "text": text}
    answer = record.answer_body.decode("utf-8", "replace")
    return {
        "startedDateTime": rfc3339(record.at_ms),
        "time": latency,
        "request": request,
        "response": {
            "status": record.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [],
            "content": {"size": len(record.answer_body), "mimeType": "application/json", "text": answer},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(record.answer_body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": latency, "receive": 0},
        "comment": comment,
    }
