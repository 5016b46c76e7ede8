"""The reference client with callbacks: it is told of the end, looks to be sure, and polls now and then all the same.

    mockreel verify client --provider kie --callback-url 'http://127.0.0.1:{port}/hook' \
        -- python docs/examples/verify/callbacks.py kie

With `--async` the same with the async client.
"""

import asyncio
import os
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from mockreel_client import (
    AsyncClient,
    CallbackError,
    CallbackInbox,
    Client,
    ClientError,
    WaitTimeoutError,
    parse_callback,
)
from mockreel_contracts import load
from mockreel_contracts.callback_urls import with_callback
from mockreel_contracts.examples import examples_of, samples

PROVIDER = sys.argv[1]
CONTRACT = load(PROVIDER)
URL = os.environ["MOCKREEL_CALLBACK_URL"]
FOLDER = os.environ.get("MOCKREEL_FOLDER") or tempfile.gettempdir()
SPEED = float(os.environ.get("MOCKREEL_SPEED", "1"))
LIMIT_S, PACE_S, COPIES_S = 450 / SPEED, 45 / SPEED, 0.3
inbox, ended = CallbackInbox(), threading.Event()


class Receiver(BaseHTTPRequestHandler):
    """Answers callbacks: those that are not signed, or signed long ago, with 401."""

    def do_POST(self):
        """Take one."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        secret, parts = os.environ["MOCKREEL_CALLBACK_SECRET"], urlsplit(self.path)
        try:
            event = parse_callback(
                self.headers.items(), body, secret, provider=PROVIDER, path=parts.path, query=parts.query
            )
        except CallbackError as error:
            self.send_response(error.status)
        else:
            if inbox.take(event) == "new" and event.is_terminal:
                ended.set()
            self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


def body():
    """Return the request: the provider's first example, with our URL in it."""
    example = samples(CONTRACT, examples_of(PROVIDER))[0][1]
    return with_callback(CONTRACT.operations[example.operation], CONTRACT, example.body, URL)


def make() -> None:
    """Make a video and fetch it. Raises ClientError."""
    with Client(PROVIDER) as client:
        task = client.create_task(body())
        print("task", task.id, flush=True)
        until = time.monotonic() + LIMIT_S
        while not task.is_terminal:
            ended.wait(PACE_S)
            left_s = until - time.monotonic()
            try:
                task = client.wait(task, timeout=PACE_S, interval=PACE_S / 2)
            except WaitTimeoutError:
                if left_s <= 0:
                    raise
        print(client.download(task, FOLDER))


async def make_async() -> None:
    """Like `make`."""
    async with AsyncClient(PROVIDER) as client:
        task = await client.create_task(body())
        print("task", task.id, flush=True)
        until = time.monotonic() + LIMIT_S
        while not task.is_terminal:
            await asyncio.to_thread(ended.wait, PACE_S)
            left_s = until - time.monotonic()
            try:
                task = await client.wait(task, timeout=PACE_S, interval=PACE_S / 2)
            except WaitTimeoutError:
                if left_s <= 0:
                    raise
        print(await client.download(task, FOLDER))


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", urlsplit(URL).port), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        if "--async" in sys.argv:
            asyncio.run(make_async())
        else:
            make()
    except ClientError as error:
        sys.exit(str(error))
    finally:
        time.sleep(COPIES_S)  # the same may be told again
