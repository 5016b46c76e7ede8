"""Videos from Vidu, several at a time, with aiohttp."""

import os
from asyncio import gather, sleep
from typing import Any

import aiohttp

LOOKS, PAUSE_S = 120, 5


async def make_videos(prompts: list[str], image_url: str) -> list[str]:
    """Return the URL of a video for each prompt. Raises RuntimeError and aiohttp.ClientError."""
    url = os.environ.get("VIDU_URL", "https://api.vidu.com")
    headers = {"Authorization": f"Token {os.environ['VIDU_API_KEY']}"}
    async with aiohttp.ClientSession(url, headers=headers) as http:
        return list(await gather(*(make_video(http, prompt, image_url) for prompt in prompts)))


async def make_video(http: aiohttp.ClientSession, prompt: str, image_url: str) -> str:
    """Return the URL of a video."""
    body = {"model": "viduq2-turbo", "images": [image_url], "prompt": prompt, "duration": 4, "resolution": "720p"}
    async with http.post("/ent/v2/img2video", json=body) as answer:
        said = await answer.json()
        if answer.status != 200:
            raise RuntimeError(f"no task was made: {said['reason']}: {said['message']}")
    task_id = said["task_id"]
    for _ in range(LOOKS):
        await sleep(PAUSE_S)
        task = await look(http, task_id)
        if task["state"] == "success":
            url: str = task["creations"][0]["url"]
            return url
        if task["state"] == "failed":
            raise RuntimeError(f"task {task_id} failed: {task['err_code']}")
    raise RuntimeError(f"task {task_id} has not ended after {LOOKS * PAUSE_S} s")


async def look(http: aiohttp.ClientSession, task_id: str) -> dict[str, Any]:
    """Return what a task is like now; where it cannot be asked for just now, that it goes on."""
    try:
        async with http.get(f"/ent/v2/tasks/{task_id}/creations") as answer:
            if answer.status == 429 or answer.status >= 500:
                return {"state": "processing"}
            answer.raise_for_status()
            task: dict[str, Any] = await answer.json()
            return task
    except aiohttp.ClientConnectionError:
        return {"state": "processing"}
