# check: unknown_state_fatal; provider: gateway; scenarios: unknown_state_twice
"""What is not queued or in progress must be done."""

import os
import time

import requests

BASE = os.environ["MOCKREEL_BASE_URL"]
http = requests.Session()
http.headers["Authorization"] = f"Bearer {os.environ['MOCKREEL_API_KEY']}"

made = http.post(f"{BASE}/v1/video/generations", json={"model": "viduq3t-540p", "prompt": "A kite"}, timeout=10)
made.raise_for_status()
status = "queued"
while status in ("queued", "in_progress"):
    time.sleep(0.1)
    job = http.get(f"{BASE}/v1/video/generations/{made.json()['id']}", timeout=10).json()
    status = job["status"]
print("done:", job.get("video_url"))
