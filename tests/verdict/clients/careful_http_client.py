# careful; provider: gateway
"""http.client alone, with the base URL as its argument."""

import http.client
import json
import os
import sys
import time
from urllib.parse import urlsplit

PARTS = urlsplit(sys.argv[1])
HEADERS = {"Authorization": f"Bearer {os.environ['MOCKREEL_API_KEY']}", "Content-Type": "application/json"}
POLL_S = float(os.environ.get("POLL_SECONDS", "5"))
DEADLINE_S = float(os.environ.get("DEADLINE_SECONDS", "900"))
TROUBLE = (OSError, http.client.HTTPException, ValueError)


def ask(method, path, body=None):
    """Return status, headers and the whole body. Raises OSError and HTTPException."""
    connection = http.client.HTTPConnection(PARTS.hostname, PARTS.port, timeout=10)
    try:
        connection.request(method, path, json.dumps(body) if body else None, HEADERS)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def create():
    for attempt in range(5):
        try:
            status, headers, content = ask(
                "POST", "/v1/video/generations", {"model": "viduq3t-540p", "prompt": "A kite"}
            )
            said = json.loads(content)
        except ConnectionRefusedError:
            time.sleep(0.3 * 2**attempt)
            continue
        except TROUBLE as error:
            sys.exit(f"the create was not answered; a task may be there: {error!r}")
        if status == 200 and said.get("id"):
            return said["id"]
        if status not in (429, 503):
            sys.exit(f"HTTP {status}: {said}")
        time.sleep(max(float(headers.get("Retry-After", 0)), 0.3 * 2**attempt))
    sys.exit("not now")


task_id = create()
print("task", task_id, flush=True)
until, waits, missing = time.monotonic() + DEADLINE_S, POLL_S, 0
while time.monotonic() < until:
    time.sleep(waits)
    try:
        status, _, content = ask("GET", f"/v1/video/generations/{task_id}")
        job = json.loads(content) if status == 200 else {}
    except TROUBLE:
        job = {}
    if not isinstance(job, dict) or not job.get("status"):
        waits = min(waits * 2, 2)
        continue
    waits = POLL_S
    if job["status"] == "failed":
        sys.exit(f"{task_id} failed: {job.get('error')}")
    if job["status"] == "completed":
        missing += not job.get("video_url")
        if missing == 3:
            sys.exit(f"{task_id} is completed without a video")
        if job.get("video_url"):
            break
else:
    sys.exit(f"{task_id} goes on; it was left after {DEADLINE_S:g} s")
for attempt in range(5):
    try:
        status, headers, film = ask("GET", f"/v1/videos/{task_id}/content")
        if status == 200 and film[4:8] == b"ftyp":
            print(len(film), "bytes")
            sys.exit(0)
    except TROUBLE:
        pass
    time.sleep(0.3 * 2**attempt)
sys.exit(f"the video of {task_id} cannot be fetched")
