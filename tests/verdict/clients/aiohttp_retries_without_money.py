# check: retried_non_retryable; provider: kie; scenarios: credits_run_out
"""A wrapper tries everything three times, an empty account as well."""

import asyncio
import os
import sys

import aiohttp

BASE = os.environ["MOCKREEL_BASE_URL"]
BODY = {
    "model": "hailuo/2-3-image-to-video-standard",
    "input": {"prompt": "A kite", "image_url": "https://example.com/kite.png"},
}


async def thrice(make):
    for attempt in range(3):
        try:
            return await make()
        except Exception as error:
            why = error
            await asyncio.sleep(0.2 * 2**attempt)
    raise why


async def main():
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {os.environ['MOCKREEL_API_KEY']}"}) as http:

        async def create():
            async with http.post(f"{BASE}/api/v1/jobs/createTask", json=BODY) as answer:
                said = await answer.json()
                if said["code"] != 200:
                    raise RuntimeError(said["msg"])
                return said["data"]["taskId"]

        print("task", await thrice(create))


try:
    asyncio.run(main())
except RuntimeError as error:
    sys.exit(str(error))
