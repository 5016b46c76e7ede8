# careful; provider: vidu
"""httpx2, for Vidu; a task that does not end is canceled."""

import os
import sys
import time

import httpx2

POLL_S = float(os.environ.get("POLL_SECONDS", "5"))
DEADLINE_S = float(os.environ.get("DEADLINE_SECONDS", "900"))
FINAL = ("success", "failed")


def tell(text):
    print(text, file=sys.stderr)
    raise SystemExit(1)


def create(api):
    body = {"model": "viduq2-pro", "images": ["https://example.com/kite.png"], "prompt": "A kite"}
    for attempt in range(5):
        try:
            answer = api.post("/ent/v2/img2video", json=body)
            said = answer.json()
        except httpx2.ConnectError:
            time.sleep(0.3 * 2**attempt)
            continue
        except (httpx2.HTTPError, ValueError) as error:
            tell(f"a task may have been made; look at the list before you order again ({error!r})")
        if answer.status_code == 200 and said.get("task_id"):
            return said["task_id"]
        if answer.status_code not in (429, 455, 503):
            tell(f"no task: HTTP {answer.status_code} {said}")
        time.sleep(max(float(answer.headers.get("Retry-After", 0)), 0.3 * 2**attempt))
    tell("no task: not now")


def look(api, task_id):
    """Return the state and the URL, or None where nothing was said."""
    try:
        answer = api.get(f"/ent/v2/tasks/{task_id}/creations")
        said = answer.json()
        if answer.status_code != 200 or not isinstance(said.get("state"), str):
            return None
        made = said.get("creations") or []
        return said["state"], made[0].get("url") if made else None, said.get("err_code")
    except (httpx2.HTTPError, ValueError, AttributeError):
        return None


def wait(api, task_id):
    until, trouble, empty = time.monotonic() + DEADLINE_S, 0, 0
    while time.monotonic() < until:
        time.sleep(POLL_S + 0.2 * trouble)
        seen = look(api, task_id)
        trouble = 0 if seen else min(trouble + 1, 5)
        if seen and seen[0] == "failed":
            tell(f"{task_id} failed: {seen[2]}")
        if seen and seen[0] == "success":
            if seen[1]:
                return seen[1]
            empty += 1
            if empty == 4:
                tell(f"{task_id} has succeeded without a video")
    try:
        api.post(f"/ent/v2/tasks/{task_id}/cancel", json={"id": task_id})
    except httpx2.HTTPError:
        pass
    tell(f"{task_id} took too long")


def download(url, task_id):
    for attempt in range(5):
        try:
            film = httpx2.get(url, timeout=15)
            if film.status_code == 200 and film.content[4:8] == b"ftyp":
                return film.content
        except httpx2.HTTPError:
            pass
        time.sleep(0.3 * 2**attempt)
    tell(f"the video of {task_id} cannot be fetched")


key = {"Authorization": f"Token {os.environ['MOCKREEL_API_KEY']}"}
with httpx2.Client(base_url=os.environ["MOCKREEL_BASE_URL"], headers=key, timeout=10) as api:
    task_id = create(api)
    print(task_id, flush=True)
    print(len(download(wait(api, task_id), task_id)), "bytes")
