# check: gave_up_on_retryable; provider: gateway; scenarios: rate_limited_twice_then_success
"""raise_for_status, and nothing that takes it."""

import os
import sys
import time

import httpx2

with httpx2.Client(
    base_url=os.environ["MOCKREEL_BASE_URL"], headers={"Authorization": f"Bearer {os.environ['MOCKREEL_API_KEY']}"}
) as http:
    made = http.post("/v1/video/generations", json={"model": "viduq3t-540p", "prompt": "A kite"})
    made.raise_for_status()
    task_id = made.json()["id"]
    for _ in range(40):
        time.sleep(0.2)
        job = http.get(f"/v1/video/generations/{task_id}").raise_for_status().json()
        if job["status"] == "completed":
            print(job["video_url"])
            sys.exit(0)
sys.exit(f"task {task_id} has not ended")
