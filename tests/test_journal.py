"""What the journal keeps of a call: its curl line makes the same call again, and gives no secret away."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
import pytest

from mockreel import MockProvider
from mockreel.domain import export
from mockreel.domain.journal import Entry
from mockreel.domain.masking import KEPT_BODY, KEPT_TEXT, Masking, masked_url
from mockreel.domain.messages import Answer, Request
from mockreel_contracts import Contract, Operation, load, providers
from mockreel_contracts.expressions import first_path
from tests.calling import first_body

ORIGIN = "http://127.0.0.1"
KEY = "sk-secret-1"


def parsed(line: str) -> Request:
    """Return the request that a curl line makes; API_KEY is the key."""
    words = shlex.split(line, comments=True)
    piped = b""
    if words[0] == "echo":
        assert words[2:6] == ["|", "base64", "-d", "|"]
        piped, words = base64.b64decode(words[1]), words[6:]
    assert words[:3] == ["curl", "-s", "--globoff"]
    method, url, body = "", "", b""
    headers: dict[bytes, bytes] = {}
    options = iter(words[3:])
    for word in options:
        match word:
            case "-X":
                method = next(options)
            case "-I":
                method = "HEAD"
            case "-H":
                header = next(options).replace("$API_KEY", KEY)
                name, colon, value = header.partition(":")
                if colon and value.strip():
                    headers[name.lower().encode()] = value.strip().encode()
                elif not colon:
                    headers[name.removesuffix(";").lower().encode()] = b""
            case "--data-raw":
                body = next(options).encode()
            case "--data-binary":
                assert next(options) == "@-"
                body = piped
            case _:
                url = word
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}" == ORIGIN
    return Request(method or ("POST" if body else "GET"), unquote(parts.path), parts.query.encode(), headers, body)


def told(answer: Answer) -> tuple[Any, ...]:
    return answer.status, answer.headers, answer.body, answer.delay_ms, answer.network


class Caller:
    """Makes odd calls of a provider's operations."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.contract: Contract = load(name)
        self.mock = self.fresh()
        self.answers: list[tuple[Any, ...]] = []
        self.header = self.contract.auth.header.encode()
        self.scheme = self.contract.auth.schemes[0]

    def fresh(self) -> MockProvider:
        mock = MockProvider(self.name, seed=7, pace="instant")
        mock.add_fault("error", case="maintenance", test="checkout-*")
        return mock

    def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        query: bytes = b"",
        auth: str | None = "",
        **headers: str | bytes | None,
    ) -> None:
        sent = {self.header: f"{self.scheme} {KEY}".encode() if auth == "" else str(auth).encode()}
        if auth is None:
            sent = {}
        if body:
            sent[b"content-type"] = b"application/json"
        for name, value in headers.items():
            sent[name.replace("_", "-").encode()] = value.encode() if isinstance(value, str) else value or b""
            if value is None:
                del sent[name.replace("_", "-").encode()]
        sent |= {b"host": b"127.0.0.1", b"accept": b"*/*"}
        self.answers.append(told(self.mock.handle(Request(method, path, query, sent, body))))

    def about(self, operation: Operation, task_id: str) -> tuple[str, bytes]:
        path, query = operation.path, b""
        for parameter in operation.parameters:
            if parameter.where == "path":
                path = path.replace("{" + parameter.name + "}", task_id)
            elif parameter.is_required:
                query = f"{parameter.name}={task_id}".encode()
        return path, query


@pytest.fixture(params=providers())
def caller(request: pytest.FixtureRequest) -> Iterator[Caller]:
    made = Caller(request.param)
    contract = made.contract
    submit, query = contract.by_role("submit")[0], contract.by_role("query")[0]
    body = orjson.dumps(first_body(contract))
    post, path = submit.method, submit.path
    made.call(post, path, body)
    made.call(post, path, body, content_type="application/json; charset=utf-8")
    made.call(post, path, body, content_type="text/plain")
    made.call(post, path, body, content_type=None)
    made.call(post, path, body, content_type="")
    made.call(post, path, body, x_mock_fault="answer_delayed; seconds=3, field_missing")
    made.call(post, path, body, x_mock_fault="nö$(such)'fault'")
    made.call(post, path, body, x_mock_fault=b"n\xf6")
    made.call(post, path, body, x_mock_fault="network_reset_after")
    made.call(post, path, body, x_mock_scenario="generation_failed")
    made.call(post, path, body, x_mock_test="checkout-1")
    made.call(post, path, body, x_mock_test="$API_KEY")
    for auth in (
        None,
        "Basic dXNlcjpwYXNz",
        KEY,
        made.scheme,
        f"{made.scheme.upper()}   {KEY}",
        f"{made.scheme} {KEY} x",
    ):
        made.call(post, path, body, auth=auth)
    made.call(post, path)
    made.call(post, path, json.dumps(first_body(contract), indent=2).replace("A ", "A 'boat' $HOME `id` é ").encode())
    for broken in (b"\xff\xfe", b'{"a": "\x00\x1b[2J"}', b"[1,\r\n2]", b"@/etc/passwd", b"-d", b"{" * 80):
        made.call(post, path, broken)
    task_id = made.mock.tasks[0].id
    for method in ("GET", "HEAD", "DELETE", "PATCH"):
        made.call(method, *made.about(query, task_id)[:1], query=made.about(query, task_id)[1])
    made.call("GET", query.path.replace("{", "").replace("}", "") + "/no such/ä%20?", query=b"token=mine")
    for role in ("query", "balance", "list", "cancel", "download"):
        for operation in contract.by_role(role):  # type: ignore[arg-type]
            place, asked = made.about(operation, task_id)
            made.call(operation.method, place, query=asked)
            made.call(operation.method, place, b"{}", query=asked, x_mock_fault="error; case=maintenance")
            made.call("HEAD", place, query=asked, auth=None)
            tokens = [p.name for p in operation.parameters if "token" in p.name]
            made.call(operation.method, place, query=b"&".join([asked, *(f"{t}=nothing".encode() for t in tokens)]))
    for path in (f"/_files/{made.name}/{task_id}/cover.png", f"/_files/{made.name}/nobody/cover.png"):
        made.call("GET", path, auth=None, range="bytes=10-19")
        made.call("HEAD", path)
        made.call("GET", path, query=b"expires=1&signature=abc")
    for path in ("/nobody/knows/this", f"/_files/{made.name}/cover.png", "/_files/nobody/x/cover.png"):  # for none
        made.call("GET", path, query=b"token=mine&a=1")
        made.call("HEAD", path, auth=None, x_mock_test="checkout-1")
        made.call("PATCH", path, b'{"a": 1}', content_type="text/plain")
        made.call("POST", path, b"{}", auth="Basic dXNlcjpwYXNz")
    yield made
    made.mock.close()


def test_each_curl_line_makes_the_same_call_again(caller: Caller) -> None:
    records = [record for record in caller.mock.journal if isinstance(record, Entry)]
    assert len(records) == len(caller.answers)
    with caller.fresh() as again:
        for record, answer in zip(records, caller.answers, strict=True):
            line = export.curl(record, ORIGIN)
            assert told(again.handle(parsed(line))) == answer, line
    assert len({answer[:3] for answer in caller.answers}) > 20
    assert "HEAD" in {record.method for record in records}


def test_no_form_of_the_journal_holds_a_key(caller: Caller) -> None:
    records = list(caller.mock.journal)
    texts = [export.ndjson(records, ORIGIN), export.har(records, ORIGIN), str(records).encode()]
    for text in texts:
        assert KEY.encode() not in text
        assert b"dXNlcjpwYXNz" not in text


def test_the_archive_has_the_methods_and_headers_that_were_sent(caller: Caller) -> None:
    entries = orjson.loads(export.har(caller.mock.journal, ORIGIN))["log"]["entries"]
    records = [record for record in caller.mock.journal if isinstance(record, Entry)]
    assert [entry["request"]["method"] for entry in entries] == [record.method for record in records]
    scheme = caller.scheme
    assert entries[1]["request"]["headers"] == [
        {"name": "Content-Type", "value": "application/json; charset=utf-8"},
        {"name": caller.contract.auth.header.title(), "value": f"{scheme} $API_KEY"},
    ]
    assert entries[1]["request"]["postData"]["mimeType"] == "application/json; charset=utf-8"
    assert ("x-mock-test", "checkout-1") in records[10].request_headers
    assert [pair[1] for pair in records[13].request_headers][-1] == "***"


def test_what_is_too_long_is_cut_off_and_said() -> None:
    contract = load(providers()[0])
    path = contract.by_role("submit")[0].path
    with MockProvider(contract.provider) as mock:
        for headers, body in (({b"x-mock-test": b"x" * 60_000}, b"{}"), ({}, b" " * 5000)):
            mock.handle(Request("POST", path, b"", headers, body))
        first, second = (export.curl(record, ORIGIN) for record in mock.journal)
    assert len(first) < KEPT_TEXT + 300
    assert first.endswith(
        f"# something was longer; the journal keeps {KEPT_TEXT} characters of a path, a query or a header"
    )
    assert second.endswith(f"# the body was longer; the journal keeps {KEPT_BODY} bytes")


# -- secrets in callback URLs ------------------------------------------------------------------------------------------

CALLING_BACK = [name for name in providers() if load(name).callback is not None]


def field_of(contract: Contract) -> tuple[str, ...]:
    submit = contract.by_role("submit")[0]
    return first_path(contract.behavior["operations"][submit.id]["reads"]["callback_url"], "body")


@pytest.mark.parametrize("name", CALLING_BACK)
@pytest.mark.parametrize("host", ["127.0.0.1:9", "example.com"])
def test_a_secret_in_a_callback_url_is_in_no_form_of_the_journal(name: str, host: str) -> None:
    """Neither in the create nor in the answers that repeat it, however its JSON is written."""
    contract = load(name)
    submit, query = contract.by_role("submit")[0], contract.by_role("query")[0]
    caller = Caller(name)
    for scheme in ("http://", "http://user:hush@"):
        body = {**first_body(contract), field_of(contract)[-1]: f"{scheme}{host}/cb?a=1&token=hush&b=2"}
        plain = orjson.dumps(body)
        for written in (plain, plain.replace(b"/", b"\\/").replace(b"&", b"\\u0026"), plain[:-1], plain[:-1] + b"]"):
            caller.call(submit.method, submit.path, written)
        caller.call(submit.method, submit.path, plain, x_mock_fault="internal_error")
        caller.call("POST", "/nobody/knows/this", plain)
    for task in caller.mock.tasks:
        place, asked = caller.about(query, task.id)
        caller.call(query.method, place, query=asked)
    caller.mock.clock.advance(10_000)
    caller.mock.close()
    records = list(caller.mock.journal)
    texts = [export.ndjson(records, ORIGIN), export.har(records, ORIGIN), str(caller.mock.callbacks).encode()]
    texts.append(orjson.dumps([callback.as_json() for callback in caller.mock.callbacks]))
    for text in texts:
        assert b"hush" not in text
        assert b"token=***" in text


def test_a_callback_url_without_a_secret_stays_as_it_was_written() -> None:
    contract = load(CALLING_BACK[0])
    name = field_of(contract)[-1].encode()
    for body in (
        b'{"%s":"http:\\/\\/127.0.0.1\\/cb?run=1\\u0026b"}' % name,
        b'{"%s": 7}' % name,
        b'{"%s": "unfinished?ab' % name,
        b'{"image_url": "https://user:pw@example.com/?token=x"}',
    ):
        assert Masking(contract).body(body) == body


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://localhost/cb", "http://localhost/cb"),
        ("https://user:pw@host/a@b?c=d@e", "https://***@host/a@b?c=d@e"),
        ("https://a@b:c@host", "https://***@host"),
        ("//token@host/", "//***@host/"),
        ("user:pw@host", "***@host"),
        ("http://h/?api_key=1&x=2&TOKEN=3#access_token=4", "http://h/?api_key=***&x=2&TOKEN=***#access_token=***"),
        ("http://h/?sig=ok&password=", "http://h/?sig=ok&password=***"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert masked_url(url) == shown


def test_masking_takes_its_time_from_nobody() -> None:
    """Whatever a caller sends, what is looked through is bounded."""
    contract = load(CALLING_BACK[0])
    name = field_of(contract)[-1].encode()
    for filling in (b"key" * 10**6, b"\\" * 10**6, b'\\"' * 10**6, b"@" * 10**6, b"/" * 10**6):
        body = b'{"%s":"http://h/?%s' % (name, filling)
        assert Masking(contract).body(body).startswith(b'{"%s":"***' % name)
