# careful; provider: gateway
"""It only says where the video is; somebody else fetches it."""

import os
import sys
import time

import requests

BASE = os.environ["MOCKREEL_BASE_URL"]
POLL_S = float(os.environ.get("POLL_SECONDS", "5"))
LOOKS = int(float(os.environ.get("DEADLINE_SECONDS", "900")) / POLL_S)

http = requests.Session()
http.headers["Authorization"] = f"Bearer {os.environ['MOCKREEL_API_KEY']}"
made = None
for pause in (1, 2, 4):
    try:
        made = http.post(f"{BASE}/v1/video/generations", json={"model": "viduq3t-540p", "prompt": "A kite"}, timeout=10)
    except requests.RequestException as error:
        sys.exit(f"no answer: {error}")
    if made.status_code not in (429, 503):
        break
    time.sleep(pause)
try:
    task_id = made.json()["id"]
except (ValueError, KeyError, TypeError):
    sys.exit(f"no task: {made.status_code}")
print("task", task_id, flush=True)
for _ in range(LOOKS):
    time.sleep(POLL_S)
    try:
        job = http.get(f"{BASE}/v1/video/generations/{task_id}", timeout=10).json()
        status = job.get("status")
    except (requests.RequestException, ValueError, AttributeError):
        time.sleep(0.5)
        continue
    if status == "completed" and job.get("video_url"):
        print(job["video_url"])
        sys.exit(0)
    if status == "failed":
        sys.exit(f"{task_id} failed")
sys.exit(f"{task_id} has no video yet")
