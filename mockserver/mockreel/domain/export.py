"""The journal in forms that other tools read: curl lines, NDJSON, HAR. Secrets are masked."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, quote

import orjson

from mockreel.domain.journal import Delivery, Entry
from mockreel.domain.masking import KEPT_BODY, KEPT_HEADERS, KEPT_TEXT, MASKED
from mockreel_contracts.expressions import rfc3339

Record = Entry | Delivery
_SAFE = "/:@!$&'()*+,;=~-._"
_UNPRINTED = re.compile(rb"[^\x09\x0a\x20-\x7e\x80-\xff]")


def curl(record: Record, origin: str) -> str:
    """Return a shell line that makes a call again; the API key comes from the variable API_KEY.

    What it does not make again, because the journal does not have all of it, is said in a comment at its end.
    """
    url = record.url if isinstance(record, Delivery) else _url(record, origin)
    before, sent = _sent(record)
    parts = [f"{before}curl -s --globoff", *_method(record), shlex.quote(url)]
    parts += [_header(name, value, is_call=isinstance(record, Entry)) for name, value in record.request_headers]
    if sent and "content-type" not in {name.lower() for name, _ in record.request_headers}:
        parts.append("-H 'Content-Type:'")  # which keeps curl from making one up
    return " ".join([*parts, *sent, *_missing(record)])


def _method(record: Record) -> list[str]:
    if record.method == "HEAD":
        return ["-I"]
    is_told = record.method == "POST" if record.request_body else record.method == "GET"  # by what curl does anyway
    return [] if is_told else [f"-X {shlex.quote(record.method)}"]


def _header(name: str, value: str, *, is_call: bool) -> str:
    if is_call and name.encode() not in KEPT_HEADERS and value.endswith(MASKED):  # the API key: the shell fills it in
        return f'-H "{name.title()}: {value}"'
    return "-H " + shlex.quote(f"{name.title()}: {value}" if value.strip() else f"{name.title()};")


def _sent(record: Record) -> tuple[str, list[str]]:
    """Return what stands before curl and what it is told, so that it sends the body."""
    body = record.request_body
    if not body or record.method == "HEAD":
        return "", []
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = None
    if text is None or _UNPRINTED.search(body):
        return f"echo {base64.b64encode(body).decode()} | base64 -d | ", ["--data-binary @-"]
    return "", [f"--data-raw {shlex.quote(text)}"]


def _missing(record: Record) -> list[str]:
    if len(record.request_body) >= KEPT_BODY:
        return [f"# the body was longer; the journal keeps {KEPT_BODY} bytes"]
    texts = [value for _, value in record.request_headers]
    if isinstance(record, Entry) and max(map(len, [*texts, record.path, record.query])) >= KEPT_TEXT:
        return [f"# something was longer; the journal keeps {KEPT_TEXT} characters of a path, a query or a header"]
    return []


def shown(record: Record, origin: str) -> dict[str, Any]:
    """Return a record as the control API shows it."""
    return {**record.as_json(), "curl": curl(record, origin)}


def ndjson(records: Iterable[Record], origin: str) -> bytes:
    """Return one JSON object a line, oldest first."""
    return b"".join(orjson.dumps(shown(record, origin)) + b"\n" for record in records)


def har(records: Iterable[Record], origin: str) -> bytes:
    """Return an HTTP archive (HAR 1.2), as browsers and proxies show it."""
    log = {
        "version": "1.2",
        "creator": {"name": "mockreel", "version": "1"},
        "entries": [_har_entry(record, origin) for record in records],
    }
    return orjson.dumps({"log": log})


def _url(record: Entry, origin: str) -> str:
    query = f"?{record.query.decode('latin-1')}" if record.query else ""
    return f"{origin}{quote(record.path, safe=_SAFE)}{query}"


def _har_entry(record: Record, origin: str) -> dict[str, Any]:
    if isinstance(record, Delivery):
        url, query = record.url, b""
        latency, comment = record.latency_ms, record.problem or f"callback {record.callback_id}"
    else:
        url, query = _url(record, origin), record.query
        latency, comment = 0, record.decision
    headers = [{"name": name.title(), "value": value} for name, value in record.request_headers]
    request: dict[str, Any] = {
        "method": record.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers,
        "queryString": [
            {"name": name, "value": text} for name, text in parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": len(record.request_body),
    }
    if record.request_body:
        text = record.request_body.decode("utf-8", "replace")
        kind = next((each["value"] for each in headers if each["name"] == "Content-Type"), "")
        request["postData"] = {"mimeType": kind, "text": text}
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
