"""The examples of the guide do what it says of them. That they run at all is tests/test_docs.py's matter."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from mockreel_client import CallbackError, MalformedBody
from tests.client.asgi import deliver
from tests.client.samples import KIE_TASK, kie

PAGE = Path(__file__).parents[2] / "docs/guides/receive-callbacks.md"


def example(number: int) -> dict[str, Any]:
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[number]
    names: dict[str, Any] = {"__name__": "__example__"}
    exec(compile(code, f"example {number}", "exec"), names)  # noqa: S102
    return names


def test_the_fastapi_example_receives_a_callback(capsys: pytest.CaptureFixture[str]) -> None:
    app = example(0)["app"]
    sent = kie(at=int(time.time()), secret="mock-callback-secret")
    assert deliver(app, sent, "/callback").status == 200
    assert capsys.readouterr().out == f"{KIE_TASK} succeeded ('https://example.com/video.mp4',) None\n"


def test_the_plain_example_prints_what_came_and_why_it_was_refused(capsys: pytest.CaptureFixture[str]) -> None:
    example(1)
    assert capsys.readouterr().out == (
        f"{KIE_TASK} failed ()\n"
        "stale - the callback was signed 301 s ago (at 1765186999, now 1765187300); expected at most 300 s: "
        "it was held up or replayed, or the sender runs on a manual clock\n"
    )


def test_the_example_of_two_secrets_takes_both(capsys: pytest.CaptureFixture[str]) -> None:
    from starlette.applications import Starlette

    app = Starlette(routes=[example(2)["route"]])
    now = int(time.time())
    replies = [deliver(app, kie(at=now, secret=f"the-{age}-secret"), "/callback") for age in ("old", "new", "lost")]
    assert [reply.status for reply in replies] == [200, 200, 401]
    assert KIE_TASK in capsys.readouterr().out


def test_the_page_names_every_status_that_a_refusal_has() -> None:
    table = PAGE.read_text("utf-8").partition("## What to answer")[2]
    kinds = [CallbackError, *CallbackError.__subclasses__(), *MalformedBody.__subclasses__()]
    assert all(f"| {kind.status} |" in table for kind in kinds)
