"""Makes a video with the provider, as a program does that knows nothing of a mock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
from contracts import MODEL, POLL_S


def make_video(prompt: str, image: str, *, sleep: Callable[[float], Any] = time.sleep) -> dict[str, Any]:
    """Create a task and look at it until it is done; returns its last record."""
    headers = {"Authorization": "Bearer key-of-the-project"}
    with httpx.Client(base_url="https://api.kie.ai", headers=headers) as http:
        body = {"model": MODEL, "input": {"prompt": prompt, "image_url": image}}
        task = http.post("/api/v1/jobs/createTask", json=body).raise_for_status().json()["data"]
        while True:
            answer = http.get("/api/v1/jobs/recordInfo", params={"taskId": task["taskId"]})
            record: dict[str, Any] = answer.raise_for_status().json()["data"]
            if record["state"] in ("success", "fail"):
                return record
            sleep(POLL_S)
