# careful; provider: gateway
"""requests, one function for each step."""

import os
import sys
import time
from pathlib import Path

import requests

BASE = os.environ["MOCKREEL_BASE_URL"]
KEY = {"Authorization": f"Bearer {os.environ['MOCKREEL_API_KEY']}"}
POLL_S = float(os.environ.get("POLL_SECONDS", "5"))
DEADLINE_S = float(os.environ.get("DEADLINE_SECONDS", "900"))


def backoff(attempt, answer=None):
    asked = float(answer.headers.get("Retry-After", 0)) if answer is not None else 0
    time.sleep(max(asked, min(0.3 * 2**attempt, 3)))


def create():
    body = {"model": "viduq3t-540p", "prompt": "A kite", "duration": 4}
    for attempt in range(5):
        try:
            answer = requests.post(f"{BASE}/v1/video/generations", json=body, headers=KEY, timeout=10)
        except requests.RequestException as error:
            sys.exit(f"it is not known whether a task was made, nothing is sent again: {error}")
        if answer.status_code in (429, 503):
            backoff(attempt, answer)
            continue
        try:
            return answer.json()["id"]
        except (ValueError, KeyError, TypeError):
            sys.exit(f"no task was made, as far as can be told: HTTP {answer.status_code} {answer.text[:200]}")
    sys.exit("no task was made: the provider does not take it now")


def wait(task_id):
    started, attempt = time.monotonic(), 0
    while time.monotonic() - started < DEADLINE_S:
        time.sleep(POLL_S)
        try:
            answer = requests.get(f"{BASE}/v1/video/generations/{task_id}", headers=KEY, timeout=10)
            job = answer.json()
            status = job["status"]
        except (requests.RequestException, ValueError, KeyError, TypeError):
            attempt = min(attempt + 1, 3)
            backoff(attempt)
            continue
        attempt = 0
        if status == "failed":
            sys.exit(f"task {task_id} failed: {job.get('error')}")
        if status == "completed":
            return job
    sys.exit(f"task {task_id} goes on after {DEADLINE_S:g} s")


def download(task_id, url):
    if not url:
        sys.exit(f"task {task_id} is done and has no video")
    for attempt in range(5):
        try:
            answer = requests.get(url, timeout=20)
            if (
                answer.ok
                and answer.content[4:8] == b"ftyp"
                and len(answer.content) == int(answer.headers.get("Content-Length", len(answer.content)))
            ):
                return answer.content
        except requests.RequestException:
            pass
        backoff(attempt)
    sys.exit(f"the video of task {task_id} cannot be fetched")


task_id = create()
print("task", task_id, flush=True)
content = download(task_id, wait(task_id).get("video_url"))
Path(os.environ.get("MOCKREEL_FOLDER", "."), "film.mp4").write_bytes(content)
