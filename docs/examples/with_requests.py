"""A video from a gateway, with requests: create a task, look at it until it ends, download the file."""

import os
from pathlib import Path
from time import sleep
from typing import Any

import requests

LOOKS, PAUSE_S = 120, 5


def make_video(prompt: str, path: Path) -> None:
    """Make a video and write it to `path`. Raises RuntimeError and requests.RequestException."""
    url = os.environ.get("GATEWAY_URL", "https://gateway.example")
    with requests.Session() as http:
        http.headers["Authorization"] = f"Bearer {os.environ['GATEWAY_API_KEY']}"
        body: dict[str, Any] = {"model": "viduq3t-540p", "prompt": prompt, "duration": 4}
        made = http.post(f"{url}/v1/video/generations", json=body, timeout=60)
        if not made.ok:
            raise RuntimeError(f"no task was made: HTTP {made.status_code} {made.text:.200}")
        task_id = made.json()["id"]
        wait(http, f"{url}/v1/video/generations/{task_id}")
        with http.get(f"{url}/v1/videos/{task_id}/content", timeout=60, stream=True) as file:
            file.raise_for_status()
            with path.open("wb") as target:
                target.writelines(file.iter_content(64 * 1024))


def wait(http: requests.Session, url: str) -> dict[str, Any]:
    """Return a task that has been completed."""
    for _ in range(LOOKS):
        sleep(PAUSE_S)
        try:
            answer = http.get(url, timeout=60)
        except requests.ConnectionError:
            continue
        if answer.status_code == 429 or answer.status_code >= 500:
            continue
        answer.raise_for_status()
        job: dict[str, Any] = answer.json()
        if job["status"] == "completed":
            return job
        if job["status"] == "failed":
            raise RuntimeError(f"{job['id']} failed: {job['error']['message']}")
    raise RuntimeError(f"{url} has not ended after {LOOKS * PAUSE_S} s")
