"""A callback receiver with FastAPI: `KIE_API_KEY=... CALLBACK_SECRET=... uvicorn callbacks_with_fastapi:app`."""

import os
from collections.abc import Callable
from time import time

from fastapi import FastAPI

from mockreel_client import CallbackEvent, Client, Task, callback_route


def make_app(client: Client, films: dict[str, Task], secret: str, clock: Callable[[], float] = time) -> FastAPI:
    """Return an app that puts each task that has ended into `films`."""

    def on_event(event: CallbackEvent) -> None:
        # The signature does not cover what the body says, so the event is a hint: the provider has the last word.
        if event.is_terminal:
            films[event.task_id] = client.get_task(event.task_id)

    app = FastAPI()
    app.router.routes.append(callback_route("/callback", on_event, secret=secret, provider="kie", clock=clock))
    return app


if "CALLBACK_SECRET" in os.environ:
    app = make_app(Client("kie"), {}, os.environ["CALLBACK_SECRET"])
