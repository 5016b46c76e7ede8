"""A video from a gateway, with the OpenAI client: its /v1/videos to look and to download."""

import os
from pathlib import Path
from time import sleep

from openai import OpenAI
from openai.types import Video

LOOKS, PAUSE_S = 120, 5


def make_video(prompt: str, path: Path) -> None:
    """Make a video and write it to `path`. Raises RuntimeError and openai.APIError."""
    url = os.environ.get("GATEWAY_URL", "https://gateway.example")
    with OpenAI(base_url=f"{url}/v1", api_key=os.environ["GATEWAY_API_KEY"]) as client:
        video = wait(client, create(client, prompt).id)
        client.videos.download_content(video.id).write_to_file(path)


def create(client: OpenAI, prompt: str) -> Video:
    """Create a task with the gateway's own route. Left alone, the client would send it again, and pay again."""
    body = {"model": "viduq3t-540p", "prompt": prompt, "duration": 4}
    return client.with_options(max_retries=0).post("/video/generations", body=body, cast_to=Video)


def wait(client: OpenAI, video_id: str) -> Video:
    """Return a video that is completed. Unlike `client.videos.poll`, it gives up at some time."""
    for _ in range(LOOKS):
        sleep(PAUSE_S)
        video = client.videos.retrieve(video_id)
        if video.status == "completed":
            return video
        if video.status == "failed":
            raise RuntimeError(f"{video_id} failed: {video.error and video.error.message}")
    raise RuntimeError(f"{video_id} has not ended after {LOOKS * PAUSE_S} s")
