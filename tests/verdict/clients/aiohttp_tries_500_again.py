# check: create_retried_ambiguous; provider: gateway; scenarios: error_though_made
"""Any error of the server is tried again, that of a create, too."""

import asyncio
import os
import sys

import aiohttp

BASE = os.environ["MOCKREEL_BASE_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['MOCKREEL_API_KEY']}"}


async def ask(http, method, path, **options):
    for attempt in range(5):
        async with http.request(method, BASE + path, headers=HEADERS, **options) as answer:
            if answer.status < 500:
                answer.raise_for_status()
                return await answer.json()
        await asyncio.sleep(0.2 * 2**attempt)
    sys.exit(f"{path}: the server does not answer")


async def main():
    async with aiohttp.ClientSession() as http:
        body = {"model": "viduq3t-540p", "prompt": "A kite"}
        task_id = (await ask(http, "POST", "/v1/video/generations", json=body))["id"]
        print("task", task_id)
        for _ in range(40):
            await asyncio.sleep(0.2)
            job = await ask(http, "GET", f"/v1/video/generations/{task_id}")
            if job["status"] in ("completed", "failed"):
                return sys.exit(job["status"] == "failed")
        sys.exit("it takes too long")


asyncio.run(main())
