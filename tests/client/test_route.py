"""The ready route: what it answers, and what reaches the function behind it."""

from __future__ import annotations

import asyncio
import functools
import logging
import sys
import threading
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount

from mockreel_client import CallbackError, CallbackEvent, CallbackInbox, callback_route
from mockreel_contracts import ContractError
from tests.client.asgi import call, deliver
from tests.client.samples import (
    KIE_AT,
    KIE_KEY,
    VIDU_AT,
    VIDU_KEY,
    VIDU_PATH,
    VIDU_QUERY,
    VIDU_SUCCESS,
    compact,
    kie,
    vidu,
)

TAKEN = {"received": True}


def refused(reason: str) -> dict[str, Any]:
    return {"received": False, "reason": reason}


class Shop:
    """An app with one route, and what reached it."""

    def __init__(self, secret: Any = KIE_KEY, *, now: float = KIE_AT, path: str = "/hook", **options: Any) -> None:
        self.events: list[CallbackEvent] = []
        self.fails = 0
        self.route = callback_route(path, self.fulfil, secret=secret, clock=lambda: now, **options)
        self.app = Starlette(routes=[self.route])

    async def fulfil(self, event: CallbackEvent) -> None:
        if self.fails:
            self.fails -= 1
            raise RuntimeError("the shelf is empty")
        self.events.append(event)

    @property
    def states(self) -> list[str]:
        return [event.state for event in self.events]


def test_a_callback_is_answered_200_and_acted_on_once() -> None:
    shop = Shop()
    for _ in range(3):
        reply = deliver(shop.app, kie())
        assert (reply.status, reply.body) == (200, TAKEN)
    assert shop.states == ["success"]


def test_an_outdated_callback_is_answered_200_and_not_acted_on() -> None:
    shop = Shop(VIDU_KEY, now=VIDU_AT, path=VIDU_PATH)
    for state in ("success", "processing", "failed"):
        sent = vidu({**VIDU_SUCCESS, "state": state})
        reply = deliver(shop.app, sent, VIDU_PATH, query_string=VIDU_QUERY.encode())
        assert (reply.status, reply.body) == (200, TAKEN)
    assert shop.states == ["success"]


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        (kie().having(X_Webhook_Signature=None), 401, "missing_header"),
        (kie().having(X_Webhook_Timestamp="now"), 401, "invalid_header"),
        (kie().having(X_Webhook_Timestamp="é"), 401, "invalid_header"),
        (kie(secret="another"), 401, "bad_signature"),
        (kie(at=KIE_AT - 301), 401, "stale"),
        (kie(at=KIE_AT + 301), 401, "future"),
        (kie({"data": {"taskId": "1"}}, task="1"), 400, "malformed_body"),
        (kie().having(body=b"nope"), 400, "malformed_body"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_a_refusal_is_answered_and_logged(
    sent: Any, status: int, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    shop = Shop()
    reply = deliver(shop.app, sent)
    assert (reply.status, reply.body) == (status, refused(reason))
    assert shop.events == []
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("mockreel_client.callbacks", logging.WARNING)
    assert record.getMessage().startswith(f"callback refused ({reason}): ")
    assert KIE_KEY not in caplog.text


def test_a_body_that_is_too_large_is_refused_before_it_is_read_to_its_end() -> None:
    shop = Shop(max_body=1000)
    big = replace(kie(), body=b"x" * 10_000)
    reply = deliver(shop.app, big, chunk=300)
    assert (reply.status, reply.body, reply.chunks_read) == (413, refused("body_too_large"), 4)
    fits = replace(kie(), body=kie().body.ljust(1000))
    assert deliver(shop.app, fits, chunk=300).status == 200
    assert deliver(shop.app, replace(kie(), body=kie().body.ljust(1001))).status == 413


def test_more_than_the_default_bound_is_taken_where_the_route_is_told_so() -> None:
    large = kie()
    large = replace(large, body=large.body.ljust(1024 * 1024 + 1))
    assert deliver(Shop().app, large).status == 413
    assert deliver(Shop(max_body=2 * 1024 * 1024).app, large).status == 200


def test_when_the_function_fails_the_answer_is_500_and_the_next_attempt_gets_through(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shop = Shop()
    shop.fails = 2
    replies = [deliver(shop.app, kie()) for _ in range(4)]
    assert [reply.status for reply in replies] == [500, 500, 200, 200]
    assert replies[0].body == refused("failed")
    assert shop.states == ["success"]
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert "('kie', 'task_bytedance_1765186750343', 'success') could not be acted on" in caplog.text
    assert "RuntimeError: the shelf is empty" in caplog.text
    assert KIE_KEY not in caplog.text


def test_when_the_call_is_canceled_the_next_attempt_gets_through() -> None:
    inbox = CallbackInbox()

    async def on_event(event: CallbackEvent) -> None:
        raise asyncio.CancelledError

    app = Starlette(routes=[callback_route("/hook", on_event, secret=KIE_KEY, inbox=inbox, clock=lambda: KIE_AT)])
    with pytest.raises(asyncio.CancelledError):
        deliver(app, kie())
    assert inbox.take(kie().parse()) == "new"


def test_a_receiver_that_hangs_up_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    shop = Shop()
    scope = {"type": "http", "method": "POST", "path": "/hook", "headers": [], "query_string": b""}
    reply = call(shop.app, scope, [{"type": "http.disconnect"}])
    assert (reply.status, reply.body, caplog.records) == (400, refused("disconnected"), [])


def test_a_plain_function_runs_in_a_thread_of_its_own() -> None:
    threads: list[Any] = []

    def on_event(event: CallbackEvent) -> None:
        threads.append(threading.current_thread())

    app = Starlette(routes=[callback_route("/hook", on_event, secret=KIE_KEY, clock=lambda: KIE_AT)])
    assert deliver(app, kie()).status == 200
    assert threads != [threading.current_thread()]


class AsyncObject:
    def __init__(self, seen: list[str]) -> None:
        self.seen = seen

    async def __call__(self, event: CallbackEvent) -> None:
        self.seen.append(event.state)


async def into(seen: list[str], event: CallbackEvent) -> None:
    seen.append(event.state)


@pytest.mark.parametrize(
    "make",
    [
        lambda seen: AsyncObject(seen),
        lambda seen: functools.partial(into, seen),
        lambda seen: lambda event: into(seen, event),
        lambda seen: lambda event: seen.append(event.state),
    ],
    ids=["object", "partial", "lambda of a coroutine", "lambda"],
)
def test_any_callable_will_do(make: Any) -> None:
    seen: list[str] = []
    app = Starlette(routes=[callback_route("/hook", make(seen), secret=KIE_KEY, clock=lambda: KIE_AT)])
    assert deliver(app, kie()).status == 200
    assert seen == ["success"]


def test_it_works_in_fastapi_and_in_a_mounted_app() -> None:
    shop = Shop()
    app = FastAPI()
    app.router.routes.append(shop.route)
    assert deliver(app, kie()).status == 200
    mounted = Starlette(routes=[Mount("/inner", routes=[Shop().route])])
    assert deliver(mounted, kie(), "/inner/hook").status == 200
    assert shop.states == ["success"]


@pytest.mark.parametrize("mount", ["", "/vidu"])
def test_the_signed_path_is_the_one_that_was_called(mount: str) -> None:
    route = Shop(VIDU_KEY, now=VIDU_AT, path=VIDU_PATH.removeprefix(mount)).route
    app = Starlette(routes=[Mount(mount, routes=[route])])
    query = {"query_string": VIDU_QUERY.encode()}
    assert deliver(app, vidu(), VIDU_PATH, **query).status == 200
    assert deliver(app, vidu(), VIDU_PATH, raw_path=None, **query).status == 200
    assert deliver(app, vidu(), VIDU_PATH, raw_path=f"{VIDU_PATH}?{VIDU_QUERY}".encode(), **query).status == 200
    assert deliver(app, vidu(), VIDU_PATH, raw_path=b"/vidu%2Fcallback", **query).status == 401
    assert deliver(app, vidu(), VIDU_PATH).status == 401


def test_only_posts_are_taken() -> None:
    assert deliver(Shop().app, kie(), method="GET").status == 405


def test_a_shared_inbox_says_what_is_new() -> None:
    inbox = CallbackInbox()
    first, second = Shop(inbox=inbox), Shop(inbox=inbox)
    deliver(first.app, kie())
    deliver(second.app, kie())
    assert (first.states, second.states) == (["success"], [])


def test_secrets_rotate_and_a_tolerance_can_be_chosen() -> None:
    assert deliver(Shop(["new", KIE_KEY]).app, kie()).status == 200
    assert deliver(Shop(now=KIE_AT + 9, tolerance_s=8).app, kie()).body == refused("stale")
    unverified = Shop(None, provider="kie")
    assert deliver(unverified.app, kie(secret="another")).status == 200
    assert unverified.events[0].is_verified is False


@pytest.mark.parametrize(
    "options",
    [{"secret": ""}, {"tolerance_s": -1}, {"max_body": 0}, {"provider": "gateway"}, {"provider": 5}],
)
def test_a_wrong_argument_is_told_when_the_route_is_made(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Shop(**options)
    assert not isinstance(caught.value, CallbackError)
    with pytest.raises(ContractError):
        Shop(provider="nobody")


def test_without_starlette_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "starlette.requests", None)
    with pytest.raises(ImportError, match="callback_route needs Starlette, which is not there: pip install starlette"):
        Shop()


def test_a_body_in_many_chunks_is_whole() -> None:
    assert deliver(Shop().app, kie(), chunk=1).status == 200
    assert deliver(Shop().app, replace(kie(), body=b"")).body == refused("malformed_body")
    assert compact(kie().parse().body) == kie().body
