# check: poll_too_fast; provider: vidu; scenarios: success
"""sleep(0) lets others run, and is no wait."""

import asyncio
import os
import sys

import aiohttp

BASE = os.environ["MOCKREEL_BASE_URL"]


async def main():
    headers = {"Authorization": f"Token {os.environ['MOCKREEL_API_KEY']}"}
    async with aiohttp.ClientSession(headers=headers, raise_for_status=True) as http:
        body = {"model": "viduq2-pro", "images": ["https://example.com/kite.png"], "prompt": "A kite"}
        async with http.post(f"{BASE}/ent/v2/img2video", json=body) as answer:
            task_id = (await answer.json())["task_id"]
        async with asyncio.timeout(30):
            while True:
                async with http.get(f"{BASE}/ent/v2/tasks/{task_id}/creations") as answer:
                    job = await answer.json()
                if job["state"] == "success":
                    return print(job["creations"][0]["url"])
                if job["state"] == "failed":
                    return sys.exit(f"{task_id} failed: {job['err_code']}")
                await asyncio.sleep(0)


asyncio.run(main())
