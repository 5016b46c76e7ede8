# check: stuck_without_deadline; provider: vidu; scenarios: stuck
"""A worker that has time."""

import asyncio
import os
import sys

import aiohttp

BASE = os.environ["MOCKREEL_BASE_URL"]


async def main():
    headers = {"Authorization": f"Token {os.environ['MOCKREEL_API_KEY']}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        body = {"model": "viduq2-pro", "images": ["https://example.com/kite.png"], "prompt": "A kite"}
        async with http.post(f"{BASE}/ent/v2/img2video", json=body) as answer:
            task_id = (await answer.json())["task_id"]
        state, job = "created", {}
        while state not in ("success", "failed"):
            await asyncio.sleep(0.3)
            async with http.get(f"{BASE}/ent/v2/tasks/{task_id}/creations") as answer:
                job = await answer.json()
                state = job.get("state", state)
        if state == "failed":
            sys.exit(f"{task_id} failed")
        print(job["creations"][0]["url"])


asyncio.run(main())
