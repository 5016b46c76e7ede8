# careful; provider: kie; callback
"""A careful client with nothing but urllib. The careless ones beside it are this one with one thing changed."""

import base64
import hashlib
import hmac
import json
import os
import random
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

NOT_NOW = (429, 455)
ENDED = ("success", "fail")


class GaveUpError(Exception):
    """There is no video; the text says why, and which task goes on."""


class Refused(Exception):  # noqa: N818
    """The provider said no."""

    def __init__(self, code, message, retry_after=0.0):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.retry_after = retry_after


class Careful:
    tries = 5
    headers = ("Authorization", "Bearer {key}")
    body = {
        "model": "hailuo/2-3-image-to-video-standard",
        "input": {"prompt": "A paper boat on a pond", "image_url": "https://example.com/boat.png"},
    }

    def __init__(self):
        self.base = os.environ["MOCKREEL_BASE_URL"]
        self.key = os.environ["MOCKREEL_API_KEY"]
        self.poll_s = float(os.environ.get("POLL_SECONDS", "5"))
        self.deadline_s = float(os.environ.get("DEADLINE_SECONDS", "900"))
        self.callback_url = os.environ.get("MOCKREEL_CALLBACK_URL", "")
        self.told = threading.Event()
        self.states = {}

    # -- calls

    def call(self, method, path, body=None):
        """Return the data of an answer. Raises Refused, OSError without an answer, ValueError for one that is none."""
        name, value = self.headers
        headers = {name: value.format(key=self.key), "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                answer, told = response.read(), response.headers
        except urllib.error.HTTPError as error:
            answer, told = error.read(), error.headers
            if not answer.startswith(b"{"):
                raise Refused(error.code, "no JSON") from None
        except HTTPException as error:
            raise ConnectionError(str(error)) from None
        said = json.loads(answer)
        if said["code"] != 200:
            raise Refused(said["code"], said.get("msg"), float(told.get("Retry-After") or 0))
        return said["data"]

    def pause(self, attempt, least=0.0):
        time.sleep(max(least, min(0.25 * 2**attempt, 2) * (0.5 + random.random() / 2)))

    # -- the job

    def create(self):
        body = {**self.body, "callBackUrl": self.callback_url} if self.callback_url else self.body
        for attempt in range(self.tries):
            try:
                return self.call("POST", "/api/v1/jobs/createTask", body)["taskId"]
            except Refused as refused:
                if refused.code not in NOT_NOW:
                    raise GaveUpError(f"no task was made: {refused}") from None
                self.pause(attempt, refused.retry_after)
            except (OSError, ValueError) as error:
                if not isinstance(getattr(error, "reason", None), ConnectionRefusedError):
                    raise GaveUpError(f"it is not known whether a task was made: {error}") from None
                self.pause(attempt)
        raise GaveUpError("no task was made, it was refused too often")

    def look(self, task_id):
        return self.call("GET", f"/api/v1/jobs/recordInfo?taskId={task_id}")

    def wait(self, task_id):
        """Return the URLs of a task."""
        started, failures, empty = time.monotonic(), 0, 0
        while time.monotonic() - started < self.deadline_s:
            if failures:
                self.pause(failures)
            else:
                self.told.wait(self.poll_s)
            try:
                record = self.look(task_id)
            except Refused as refused:
                if refused.code in (401, 402) or (refused.code == 404 and time.monotonic() - started > 5):
                    raise GaveUpError(f"task {task_id} cannot be looked at: {refused}") from None
                failures = min(failures + 1, 3)
                continue
            except (OSError, ValueError):
                failures = min(failures + 1, 3)
                continue
            failures = 0
            if record["state"] == "fail":
                raise GaveUpError(f"task {task_id} failed: {record.get('failMsg')}")
            if record["state"] == "success":
                urls = self.urls(record)
                if urls:
                    return urls
                empty += 1
                if empty == 3:
                    raise GaveUpError(f"task {task_id} succeeded without a result")
                time.sleep(self.poll_s)
        raise GaveUpError(f"task {task_id} has not ended in {self.deadline_s:g} s; it goes on")

    def urls(self, record):
        try:
            return json.loads(record["resultJson"])["resultUrls"]
        except (ValueError, TypeError, KeyError):
            return []

    def download(self, url, task_id):
        for attempt in range(self.tries):
            try:
                with urllib.request.urlopen(url, timeout=20) as response:
                    content = response.read()
                if content[4:8] == b"ftyp":
                    return self.keep(content)
                why = "is no video"
            except (OSError, HTTPException) as error:
                why = str(error)
            self.pause(attempt)
        raise GaveUpError(f"the result of task {task_id} cannot be fetched: {why}")

    def keep(self, content):
        folder = Path(os.environ.get("MOCKREEL_FOLDER") or tempfile.mkdtemp())
        (folder / "film.part").write_bytes(content)
        return (folder / "film.part").rename(folder / "film.mp4")

    def run(self):
        task_id = self.create()
        print("task", task_id, flush=True)
        urls = self.wait(task_id)
        print("saved", self.download(urls[0], task_id))

    # -- callbacks

    def receive(self):
        """Answer callbacks in a thread."""
        careful = self

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(careful.answer(self.headers, body))
                self.end_headers()

            def log_message(self, *arguments):
                pass

        ThreadingHTTPServer.daemon_threads = True
        server = ThreadingHTTPServer(("127.0.0.1", urlsplit(self.callback_url).port), Receiver)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def answer(self, headers, body):
        """Return the status for a callback."""
        try:
            data = json.loads(body)["data"]
        except (ValueError, KeyError):
            return 400
        task_id = data.get("taskId") or data.get("task_id")
        if not self.is_fresh(headers) or not self.is_signed(headers, task_id):
            return 401
        self.take(task_id, data.get("state"))
        return 200

    def is_fresh(self, headers):
        stamp = headers.get("X-Webhook-Timestamp", "")
        return stamp.isdecimal() and abs(time.time() - int(stamp)) <= 300

    def is_signed(self, headers, task_id):
        message = f"{task_id}.{headers.get('X-Webhook-Timestamp', '')}".encode()
        wanted = hmac.new(os.environ["MOCKREEL_CALLBACK_SECRET"].encode(), message, hashlib.sha256).digest()
        given = headers.get("X-Webhook-Signature", "")
        return hmac.compare_digest(base64.b64encode(wanted).decode(), given)

    def take(self, task_id, state):
        """A callback can be trusted: wake whoever waits."""
        self.states.setdefault(task_id, state)
        self.told.set()

    def main(self):
        if self.callback_url:
            self.receive()
        try:
            self.run()
        except GaveUpError as error:
            print(error, file=sys.stderr)
            return 1
        finally:
            if self.callback_url:
                time.sleep(0.3)  # copies may still come
        return 0


if __name__ == "__main__":
    sys.exit(Careful().main())
