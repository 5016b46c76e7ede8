"""A video from Kie.ai, with httpx: create a task, look at it until it ends, download the file."""

import json
import os
from pathlib import Path
from time import sleep
from typing import Any

import httpx

LOOKS, PAUSE_S = 120, 5
PASSING = (429, 455, 500, 502, 503, 504)  # codes after which looking again may help


class VideoError(Exception):
    """There is no video; the text says why."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code


def make_video(prompt: str, image_url: str, path: Path) -> None:
    """Write a video to `path`. Raises VideoError, and httpx.HTTPError where it is not known what happened."""
    url = os.environ.get("KIE_URL", "https://api.kie.ai")
    headers = {"Authorization": f"Bearer {os.environ['KIE_API_KEY']}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as http:
        body = {"model": "hailuo/02-image-to-video-pro", "input": {"prompt": prompt, "image_url": image_url}}
        # Never sent twice: a task whose answer was lost has been paid for.
        task_id = data_of(http.post("/api/v1/jobs/createTask", json=body))["taskId"]
        result = json.loads(wait(http, task_id)["resultJson"])
    file = httpx.get(result["resultUrls"][0], timeout=600)  # without the key: files lie elsewhere
    path.write_bytes(file.raise_for_status().content)


def wait(http: httpx.Client, task_id: str) -> dict[str, Any]:
    """Return the record of a task that has succeeded. Raises VideoError for one that has not, in time or at all."""
    for _ in range(LOOKS):
        sleep(PAUSE_S)
        try:
            record = data_of(http.get("/api/v1/jobs/recordInfo", params={"taskId": task_id}))
        except httpx.TransportError:
            continue  # a look costs nothing: look again
        except VideoError as error:
            if error.code in PASSING:
                continue
            raise
        if record["state"] == "success":
            return record
        if record["state"] == "fail":
            raise VideoError(f"task {task_id} failed: {record['failMsg']}")
    raise VideoError(f"task {task_id} has not ended after {LOOKS * PAUSE_S} s")


def data_of(answer: httpx.Response) -> dict[str, Any]:
    """Return what an answer is about. Most errors come under HTTP status 200, with their code in the body."""
    try:
        said = answer.json()
    except ValueError:
        raise VideoError(f"HTTP {answer.status_code} and no JSON", answer.status_code) from None
    if said["code"] != 200:
        raise VideoError(f"{said['code']}: {said['msg']}", said["code"])
    data: dict[str, Any] = said["data"]
    return data
