"""The sync and the async client: the same from outside, quiet about the key, and clear about what they cannot use."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import logging
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import respx
from opentelemetry import trace

import mockreel_client
from mockreel_client import (
    AmbiguousCreateError,
    AsyncClient,
    Client,
    ClientError,
    InvalidRequestError,
    NotSupportedError,
    telemetry,
)
from mockreel_contracts import ContractError, load
from mockreel_contracts.loader import SHIPPED
from tests.client.calling import BODIES, KEY, FreeClock, call

KINDS = pytest.mark.parametrize("kind", ["sync", "async"])
DONE = {"id": "T", "state": "success", "err_code": "", "creations": [{"id": "1", "url": "https://example.com/v.mp4"}]}

PAIRS = {
    "httpx2.Client | None": "httpx2.AsyncClient | None",
    "Generator[Task, None, Task]": "AsyncGenerator[Task, None]",
}
"""What the annotations of the two differ in: an async generator returns nothing."""


def public(kind: type) -> list[str]:
    return [name for name, member in vars(kind).items() if callable(member) and not name.startswith("_")]


def shape(function: Any) -> tuple[list[tuple[Any, ...]], Any]:
    found = inspect.signature(function)
    parameters = [(p.name, p.kind, p.default, PAIRS.get(p.annotation, p.annotation)) for p in found.parameters.values()]
    return parameters, PAIRS.get(found.return_annotation, found.return_annotation)


def test_both_clients_have_the_same_methods() -> None:
    assert public(Client) == public(AsyncClient)
    assert {"create_task", "get_task", "wait", "run", "iter_states", "cancel", "credits", "download"} < set(
        public(Client)
    )


@pytest.mark.parametrize("name", ["__init__", *public(Client)])
def test_the_methods_of_both_clients_take_and_return_the_same(name: str) -> None:
    assert shape(getattr(Client, name)) == shape(getattr(AsyncClient, name))
    is_async = inspect.iscoroutinefunction(getattr(AsyncClient, name))
    assert is_async == (name not in ("__init__", "iter_states"))


@pytest.mark.parametrize("name", public(Client))
def test_the_async_client_refers_to_the_documentation_of_the_other(name: str) -> None:
    assert getattr(Client, name).__doc__
    assert getattr(AsyncClient, name).__doc__ in (f"See `Client.{name}`.", getattr(Client, name).__doc__)


@pytest.mark.parametrize("runner", ["asyncio", "trio"])
def test_the_async_client_runs_under_any_event_loop_that_anyio_knows(runner: str, httpx2_mock: respx.Router) -> None:
    """Its own clock sleeps there too: no sleep is asked for before the first look."""
    pytest.importorskip(runner)
    import anyio

    httpx2_mock.post().respond(200, json={"task_id": "T", "state": "created"})
    looks = httpx2_mock.get().mock(
        side_effect=[respx.MockResponse(200, json={**DONE, "state": "processing"}), respx.MockResponse(200, json=DONE)]
    )

    async def main() -> Any:
        async with AsyncClient("vidu", api_key=KEY) as client:
            return await client.run(BODIES["vidu"], interval=0.000001)

    assert anyio.run(main, backend=runner).urls == ("https://example.com/v.mp4",)
    assert looks.call_count == 2


# The key


def texts_of(value: Any, seen: set[int]) -> Iterator[str]:
    """Give every text in an error: its message, arguments, attributes, notes, causes, and what is in those."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("latin-1")
    elif isinstance(value, dict):
        for item in (*value, *value.values()):
            yield from texts_of(item, seen)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from texts_of(item, seen)
    elif isinstance(value, BaseException):
        yield from (str(value), repr(value))
        for item in (value.args, vars(value), value.__cause__, value.__context__):
            yield from texts_of(item, seen)
    elif value is not None:
        yield repr(value)
        names = getattr(type(value), "__slots__", ())
        yield from texts_of([getattr(value, name) for name in names if name != "body"], seen)  # as received


ODD_KEY = 'sk-"quoted"\\and/slashed%&+?#4711'
FORMS = {KEY: (KEY,), ODD_KEY: (ODD_KEY, json.dumps(ODD_KEY)[1:-1], str(httpx2.QueryParams({"k": ODD_KEY}))[2:])}


def echoes(key: str) -> list[Any]:
    """Return answers of a provider that repeats the key wherever it can."""
    refusal = {"code": 400, "reason": "BadRequest", "message": f"bad key {key}", "metadata": {"trace_id": key}}
    headers = {"retry-after": key, "location": f"https://example.com/?key={key}", "x-echo": key}
    return [
        (401, json.dumps(refusal | {"code": 401, "reason": "Unauthorized"}), headers),
        (400, json.dumps(refusal), headers),
        (400, json.dumps(refusal | {"reason": f"Bad {key}"}), headers),
        (400, json.dumps(refusal | {"code": key}), headers),
        (500, json.dumps(refusal | {"code": 500, "reason": "InternalServiceFailure"}), headers),
        (200, f"<html>{key}</html>", headers),
        (200, "x" * 290 + key, headers),
        (200, "x" * 1995 + key, headers),
        (200, json.dumps({"id": key, "state": "success"}), headers),
        (200, json.dumps({"id": "T", "state": [key]}), headers),
        (200, json.dumps({"id": "T", "state": "failed", "err_code": f"No {key}"}), headers),
        (400, json.dumps(refusal | {"reason": "CreationPolicyViolation"}), headers),
        (200, json.dumps({"id": "T", "tasks": key, "remains": key}), headers),
        (502, json.dumps({"task_id": key, "state": "created"}), headers),
        (302, key, headers),
        (502, key, headers),
        httpx2.ConnectError(f"cannot connect with {key}"),
        httpx2.ReadError(f"reset while sending {key}"),
        httpx2.InvalidURL(f"https://{key}"),
    ]


CALLS: list[tuple[Any, ...]] = [
    ("create_task", BODIES["vidu"]),
    ("get_task", "T"),
    ("wait", "T"),
    ("cancel", "T"),
    ("credits",),
    ("list_tasks",),
]


@KINDS
@pytest.mark.parametrize("key", [KEY, ODD_KEY], ids=["plain", "odd"])
@pytest.mark.parametrize("number", range(len(echoes(KEY))))
def test_no_error_and_no_log_holds_the_key_even_if_the_provider_repeats_it(
    number: int, key: str, kind: str, httpx2_mock: respx.Router, caplog: pytest.LogCaptureFixture
) -> None:
    answer = echoes(key)[number]
    if isinstance(answer, Exception):
        httpx2_mock.route().mock(side_effect=answer)
    else:
        httpx2_mock.route().respond(answer[0], text=answer[1], headers=answer[2])
    options = {"api_key": key, "retries": 1}
    found: list[str] = []
    with caplog.at_level(logging.DEBUG, "mockreel_client"):
        for method, *arguments in CALLS:
            try:
                result = call(
                    kind, "vidu", method, *arguments, options=options, **{"timeout": 9} if method == "wait" else {}
                )
                found.append(repr(result))
            except ClientError as error:
                found += texts_of(error, set())
    found += [record.getMessage() for record in caplog.records]
    assert len(found) > 10
    assert [text for text in found for form in FORMS[key] if form in text] == []


def test_a_part_of_the_key_is_not_shown_where_a_text_is_cut(httpx2_mock: respx.Router) -> None:
    httpx2_mock.route().respond(200, text="x" * 290 + KEY)
    with pytest.raises(ClientError) as caught:
        call("sync", "vidu", "get_task", "T", options={"retries": 0})
    assert str(caught.value).endswith("x***'")


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_the_repr_of_a_client_names_no_key(kind: type) -> None:
    client = kind("kie", api_key=KEY, http_client=None)
    assert repr(client) == f"<{kind.__name__} kie at https://api.kie.ai>"
    assert KEY not in repr(vars(client))


def test_a_key_in_the_path_of_a_base_url_is_not_shown_in_errors(httpx2_mock: respx.Router) -> None:
    httpx2_mock.route().mock(side_effect=httpx2.ConnectError(f"no route to https://proxy.example/{KEY}/x"))
    with pytest.raises(ClientError) as caught:
        call("sync", "kie", "get_task", "T", options={"base_url": f"https://proxy.example/{KEY}", "retries": 0})
    assert "no route to https://proxy.example/***/x" in str(caught.value)


def test_everything_is_logged_under_one_name(httpx2_mock: respx.Router, caplog: pytest.LogCaptureFixture) -> None:
    httpx2_mock.post().mock(
        side_effect=[httpx2.ConnectError("refused"), respx.MockResponse(200, json={"task_id": "T", "state": "created"})]
    )
    httpx2_mock.get().respond(200, json=DONE)
    with caplog.at_level(logging.INFO, "mockreel_client"):
        call("sync", "vidu", "run", BODIES["vidu"])
    ours = [(r.levelname, r.getMessage()) for r in caplog.records if r.name.startswith("mockreel")]
    assert {record.name for record in caplog.records if record.name.startswith("mockreel")} == {"mockreel_client"}
    assert ours == [
        (
            "WARNING",
            "vidu img2video: cannot be reached: ConnectError: refused; trying again in 0.2 s (1 of 4)",
        ),
        ("INFO", "vidu: task T was created"),
        ("INFO", "vidu: task T is success"),
    ]


# OpenTelemetry


class Recorder(trace.Tracer):
    """A tracer that keeps the spans and what was raised in them."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Any, dict[str, Any], str]] = []

    def start_span(self, *_: Any, **_more: Any) -> trace.Span:
        return trace.INVALID_SPAN

    @contextmanager
    def start_as_current_span(self, name: str, *, kind: Any = None, attributes: Any = None, **_: Any) -> Iterator[Any]:  # type: ignore[override]
        raised = ""
        try:
            yield trace.INVALID_SPAN
        except Exception as error:
            raised = type(error).__name__
            raise
        finally:
            self.spans.append((name, kind, dict(attributes), raised))


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    recorder = Recorder()
    monkeypatch.setattr(trace, "get_tracer", lambda name: recorder if name == "mockreel_client" else None)
    telemetry._tracer.cache_clear()
    yield recorder
    telemetry._tracer.cache_clear()


@KINDS
def test_every_method_is_a_span(kind: str, spans: Recorder, httpx2_mock: respx.Router, tmp_path: Path) -> None:
    httpx2_mock.post().respond(200, json={"task_id": "T", "state": "created"})
    httpx2_mock.get(host="example.com").respond(200, content=b"GIF89a...")
    httpx2_mock.get(path="/ent/v2/tasks").respond(200, json={"tasks": []})
    httpx2_mock.get(path="/ent/v2/credits").respond(200, json={"remains": [{"credit_remain": 1}]})
    httpx2_mock.get().respond(200, json=DONE)
    for method in ("create_task", "run"):
        call(kind, "vidu", method, BODIES["vidu"])
    for method in ("get_task", "wait", "cancel"):
        call(kind, "vidu", method, "T")
    for method in ("list_tasks", "credits"):
        call(kind, "vidu", method)
    call(kind, "vidu", "download", "https://example.com/v.gif", tmp_path)
    provider = {"mockreel.provider": "vidu"}
    task = provider | {"mockreel.task_id": "T"}
    expected = [("create_task", provider), ("run", provider), ("get_task", task), ("wait", task), ("cancel", task)]
    expected += [("list_tasks", provider), ("credits", provider), ("download", provider)]
    assert spans.spans == [(f"mockreel_client {name}", trace.SpanKind.CLIENT, what, "") for name, what in expected]


@KINDS
def test_a_span_knows_what_went_wrong(kind: str, spans: Recorder, httpx2_mock: respx.Router) -> None:
    httpx2_mock.route().mock(side_effect=httpx2.ReadTimeout("timed out"))
    with pytest.raises(AmbiguousCreateError):
        call(kind, "vidu", "create_task", BODIES["vidu"])
    assert [raised for *_, raised in spans.spans] == ["AmbiguousCreateError"]


def test_without_the_api_of_opentelemetry_there_are_no_spans_and_no_complaints(
    monkeypatch: pytest.MonkeyPatch, httpx2_mock: respx.Router
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    telemetry._tracer.cache_clear()
    httpx2_mock.get().respond(200, json=DONE)
    assert call("sync", "vidu", "get_task", "T").id == "T"
    assert telemetry._tracer() is None
    telemetry._tracer.cache_clear()


# Settings


@pytest.mark.parametrize(
    ("environment", "given", "expected"),
    [
        ({"KIE_API_KEY": "own"}, None, "own"),
        ({"MOCKREEL_API_KEY": "any"}, None, "any"),
        ({"MOCKREEL_API_KEY": "any", "KIE_API_KEY": "own"}, None, "any"),
        ({"MOCKREEL_API_KEY": "", "KIE_API_KEY": "own"}, None, "own"),
        ({"MOCKREEL_API_KEY": "any", "KIE_API_KEY": "own"}, "given", "given"),
        ({"VIDU_API_KEY": "another"}, "given", "given"),
    ],
)
@KINDS
def test_the_key_given_counts_before_the_environment(
    environment: dict[str, str],
    given: str | None,
    expected: str,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    httpx2_mock: respx.Router,
) -> None:
    for name in ("KIE_API_KEY", "VIDU_API_KEY", "MOCKREEL_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    route = httpx2_mock.route().respond(200, json={"code": 200, "data": 5})
    call(kind, "kie", "credits", options={"api_key": given})
    assert route.calls.last.request.headers["authorization"] == f"Bearer {expected}"


@KINDS
def test_the_base_url_may_come_from_the_environment(
    kind: str, monkeypatch: pytest.MonkeyPatch, httpx2_mock: respx.Router
) -> None:
    monkeypatch.setenv("MOCKREEL_BASE_URL", "http://127.0.0.1:8455/prefix/")
    route = httpx2_mock.route().respond(200, json={"code": 200, "data": 5})
    call(kind, "kie", "credits")
    call(kind, "kie", "credits", options={"base_url": "https://other.example"})
    assert [str(one.request.url) for one in route.calls] == [
        "http://127.0.0.1:8455/prefix/api/v1/chat/credit",
        "https://other.example/api/v1/chat/credit",
    ]


KEYLESS = "no API key: give Client(api_key=...), or set KIE_API_KEY or MOCKREEL_API_KEY"
UNPRINTABLE = "the API key is not printable ASCII without spaces; was a newline copied with it?"
SETTINGS = [
    ({"api_key": ""}, KEYLESS),
    ({"api_key": None}, KEYLESS),
    ({"api_key": f"{KEY}\n"}, UNPRINTABLE),
    ({"api_key": "ключ"}, UNPRINTABLE),
    ({"api_key": 4711}, UNPRINTABLE),
    ({"base_url": "api.kie.ai"}, "base_url is like https://api.example.com; got 'api.kie.ai'"),
    ({"base_url": "ftp://api.kie.ai"}, "base_url is like https://api.example.com; got 'ftp://api.kie.ai'"),
    (
        {"base_url": "https://api..kie.ai"},
        "base_url has a host that no resolver takes (encoding with 'idna' codec failed (UnicodeError: label empty or "
        "too long)); got 'https://api..kie.ai'",
    ),
    ({"base_url": 5}, "base_url is like https://api.example.com; got 5"),
    (
        {"base_url": f"https://user:{KEY}@api.kie.ai"},
        "base_url has a host and at most a path: no user, no query, no fragment",
    ),
    (
        {"base_url": f"https://api.kie.ai?key={KEY}"},
        "base_url has a host and at most a path: no user, no query, no fragment",
    ),
    ({"timeout": 0}, "timeout is a number of seconds above 0; got 0"),
    ({"timeout": None}, "timeout is a number of seconds above 0; got None"),
    ({"retries": -1}, "times is a number from 0; got -1"),
    ({"retries": "3"}, "times is a number from 0; got '3'"),
    ({"retries": 2.5}, "times is a whole number; got 2.5"),
    ({"retries": True}, "times is a number from 0; got True"),
    ({"http_client": object()}, "http_client is an httpx2.{client}; got a builtins.object"),
]


@KINDS
@pytest.mark.parametrize(("given", "text"), SETTINGS)
def test_a_setting_that_cannot_be_used_is_refused_in_full_words(
    given: dict[str, Any], text: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KIE_API_KEY", "MOCKREEL_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match=r"\w") as caught:
        call(kind, "kie", "credits", options=given)
    assert str(caught.value) == text.format(client="Client" if kind == "sync" else "AsyncClient")


def test_the_client_of_the_other_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^http_client is an httpx2\.Client; got a httpx2\.\w*\.?AsyncClient$"):
        Client("kie", api_key=KEY, http_client=httpx2.AsyncClient())


@pytest.mark.parametrize(
    ("provider", "more", "text"),
    [
        (5, {}, "provider is a name or a Contract; got a int"),
        (
            load("kie"),
            {"profile": "strict"},
            "a Contract has its folder and its profile already; give a name, or leave those out",
        ),
    ],
)
def test_a_provider_is_a_name_or_a_contract(provider: Any, more: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        Client(provider, api_key=KEY, **more)
    assert str(caught.value) == text


@pytest.mark.parametrize(("provider", "more"), [("kei", {}), ("../kie", {}), ("kie", {"profile": "lax"})])
def test_a_contract_that_is_not_there_is_a_contract_error(provider: str, more: dict[str, Any]) -> None:
    with pytest.raises(ContractError):
        Client(provider, api_key=KEY, **more)


@KINDS
@pytest.mark.parametrize(
    ("method", "arguments", "keywords", "text"),
    [
        ("get_task", ("",), {}, "task is a Task or the id of one; got ''"),
        ("get_task", ("  ",), {}, "task is a Task or the id of one; got '  '"),
        ("get_task", (5,), {}, "task is a Task or the id of one; got 5"),
        ("wait", (None,), {}, "task is a Task or the id of one; got None"),
        ("cancel", (b"T",), {}, "task is a Task or the id of one; got b'T'"),
        ("download", ("T",), {}, "a result is a Task or a URL (http or https); got 'T'"),
        (
            "download",
            ("file:///etc/passwd",),
            {},
            "a result is a Task or a URL (http or https); got 'file:///etc/passwd'",
        ),
        ("download", (5,), {}, "a result is a Task or a URL; got a int"),
        ("list_tasks", (), {"limit": 0}, "limit is a number of tasks from 1; got 0"),
        ("list_tasks", (), {"limit": True}, "limit is a number of tasks from 1; got True"),
        ("list_tasks", ({"state": "success"},), {}, "listTasks has no parameter 'state'; did you mean states?"),
    ],
)
def test_a_bad_argument_is_refused_in_full_words_before_any_call(
    method: str, arguments: Any, keywords: Any, text: str, kind: str, httpx2_mock: respx.Router
) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        call(kind, "vidu", method, *arguments, **keywords)
    assert str(caught.value) == text
    assert len(httpx2_mock.calls) == 0


@KINDS
def test_a_bad_body_is_refused_whole_before_any_call(kind: str, httpx2_mock: respx.Router) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        call(kind, "vidu", "create_task", {"model": "viduq1", "images": [], "duration": 99})
    assert (caught.value.status, len(caught.value.violations), len(httpx2_mock.calls)) == (0, 3, 0)
    assert str(caught.value).startswith("the request breaks 3 rules of vidu's contract; nothing was sent:\n  ")


@KINDS
def test_an_unchecked_body_is_sent_as_it_is(kind: str, httpx2_mock: respx.Router) -> None:
    route = httpx2_mock.route().respond(200, json={"task_id": "T", "state": "created"})
    call(kind, "vidu", "create_task", {"model": "new"}, options={"check": False})
    assert json.loads(route.calls.last.request.content) == {"model": "new"}
    with pytest.raises(ValueError, match="body is what JSON can hold, an object; "):
        call(kind, "vidu", "create_task", {"model": {1, 2}}, options={"check": False})


def acme(folder: Path) -> Path:
    """Write a contract that is a shipped one under another name, with other paths and at another host."""
    shutil.copytree(SHIPPED / "kie", folder / "acme-films")
    for name in ("openapi.yaml", "behavior.yaml"):
        path = folder / "acme-films" / name
        text = (
            path.read_text("utf-8").replace("/api/v1/jobs/createTask", "/films").replace("api.kie.ai", "acme.example")
        )
        text = text.replace("~1api~1v1~1jobs~1createTask", "~1films").replace(
            "schemes: [Bearer]", "schemes: [Film-Key]"
        )
        path.write_text(text, "utf-8")
    for path in (folder / "acme-films" / "examples").glob("*.yaml"):
        path.write_text(path.read_text("utf-8").replace("/api/v1/jobs/createTask", "/films"), "utf-8")
    return folder


@KINDS
def test_a_contract_of_ones_own_works_like_a_shipped_one(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, httpx2_mock: respx.Router
) -> None:
    monkeypatch.setenv("ACME_FILMS_API_KEY", "own-key")
    route = httpx2_mock.route().respond(200, json={"code": 200, "msg": "success", "data": {"taskId": "T"}})
    options = {"contracts": acme(tmp_path), "api_key": None}
    task = call(kind, "acme-films", "create_task", BODIES["kie"], options=options)
    request = route.calls.last.request
    assert (task.provider, task.id, str(request.url)) == ("acme-films", "T", "https://acme.example/films")
    assert request.headers["authorization"] == "Film-key own-key"
    contract = load("acme-films", root=tmp_path)
    assert call(kind, contract, "create_task", BODIES["kie"], options={"api_key": "k"}) == task


def test_a_path_that_cannot_be_filled_is_not_sent() -> None:
    shipped = load("kie")
    (submit,) = shipped.by_role("submit")
    open_path = {**shipped.operations, submit.id: replace(submit, path="/films/{model}")}
    with pytest.raises(NotSupportedError, match=r"createTask has a path that cannot be filled: /films/\{model\}"):
        call("sync", replace(shipped, operations=open_path), "create_task", BODIES["kie"])


@KINDS
def test_a_client_that_was_handed_in_is_not_closed(kind: str) -> None:
    if kind == "sync":
        http = httpx2.Client()
        with Client("kie", api_key=KEY, http_client=http):
            pass
        assert not http.is_closed
        http.close()
        return

    async def main() -> None:
        http = httpx2.AsyncClient()
        async with AsyncClient("kie", api_key=KEY, http_client=http):
            pass
        assert not http.is_closed
        await http.aclose()

    asyncio.run(main())


def test_an_answer_without_an_end_is_not_read_to_the_end() -> None:
    def endless(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=(b"x" * 1_000_000 for _ in range(10**9)))

    http = httpx2.Client(transport=httpx2.MockTransport(endless))
    with pytest.raises(ClientError, match="the answer is larger than 10485760 bytes"):
        call("sync", "kie", "get_task", "T", clock=FreeClock(), options={"http_client": http, "retries": 0})


@pytest.mark.parametrize(("method", "argument"), [("get_task", "T"), ("download", "https://example.com/v.mp4")])
def test_headers_without_an_end_are_not_waited_for_in_an_event_loop(method: str, argument: str, tmp_path: Path) -> None:
    """Interim answers keep every single read within its timeout."""

    async def endless(_: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(endless))
    where = {"path": tmp_path, "timeout": 0.01} if method == "download" else {}
    with pytest.raises(ClientError, match=r"no (answer|whole file) within 0\.0[23] s"):
        call("async", "kie", method, argument, options={"http_client": http, "retries": 0, "timeout": 0.01}, **where)


def test_public_names_lead_to_the_modules_they_are_in() -> None:
    for name in mockreel_client.__all__:
        found = getattr(mockreel_client, name)
        assert getattr(importlib.import_module(found.__module__), name) is found
