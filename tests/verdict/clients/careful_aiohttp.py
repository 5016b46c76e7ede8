# careful; provider: kie
"""aiohttp, for kie's codes in the body."""

import asyncio
import json
import os
import sys
import time

import aiohttp

BASE = os.environ["MOCKREEL_BASE_URL"]
KEY = {"Authorization": f"Bearer {os.environ['MOCKREEL_API_KEY']}"}
POLL_S = float(os.environ.get("POLL_SECONDS", "5"))
DEADLINE_S = float(os.environ.get("DEADLINE_SECONDS", "900"))
BODY = {
    "model": "hailuo/2-3-image-to-video-standard",
    "input": {"prompt": "A kite", "image_url": "https://example.com/kite.png"},
}


async def ask(http, method, path, **options):
    """Return (code, data, seconds to wait). Raises ClientError, TimeoutError and ValueError."""
    async with http.request(method, BASE + path, headers=KEY, **options) as answer:
        said = json.loads(await answer.text())
        return int(said["code"]), said.get("data"), float(answer.headers.get("Retry-After", 0))


async def create(http):
    for attempt in range(5):
        try:
            code, data, asked = await ask(http, "POST", "/api/v1/jobs/createTask", json=BODY)
        except aiohttp.ClientConnectorError:
            asked = 0.0
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
            sys.exit(f"it is not known whether a task was made: {error!r}")
        else:
            if code == 200 and data and data.get("taskId"):
                return data["taskId"]
            if code not in (429, 455):
                sys.exit(f"no task was made: {code}")
        await asyncio.sleep(max(asked, 0.3 * 2**attempt))
    sys.exit("no task was made")


async def wait(http, task_id):
    until, trouble, empty = time.monotonic() + DEADLINE_S, 0, 0
    while time.monotonic() < until:
        await asyncio.sleep(POLL_S * 2 ** min(trouble, 3))
        try:
            code, data, _ = await ask(http, "GET", "/api/v1/jobs/recordInfo", params={"taskId": task_id})
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError):
            trouble += 1
            continue
        if code != 200 or not data:
            trouble += 1
            continue
        trouble = 0
        if data["state"] == "fail":
            sys.exit(f"task {task_id} failed: {data.get('failMsg')}")
        if data["state"] == "success":
            try:
                return json.loads(data["resultJson"])["resultUrls"][0]
            except (KeyError, IndexError, TypeError, ValueError):
                empty += 1
                if empty > 3:
                    sys.exit(f"task {task_id} succeeded, and no URL can be read")
    sys.exit(f"task {task_id} has not ended in time and goes on")


async def download(http, url):
    for attempt in range(5):
        try:
            async with http.get(url) as answer:
                content = await answer.read()
                if answer.status == 200 and content[4:8] == b"ftyp":
                    return content
        except (aiohttp.ClientError, TimeoutError):
            pass
        await asyncio.sleep(0.3 * 2**attempt)
    return None


async def main():
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as http:
        task_id = await create(http)
        print("task", task_id, flush=True)
        content = await download(http, await wait(http, task_id))
        if content is None:
            sys.exit(f"the video of task {task_id} cannot be fetched; its URL is in the record")
        print(len(content), "bytes")


asyncio.run(main())
