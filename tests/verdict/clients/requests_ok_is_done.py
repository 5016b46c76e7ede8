# check: envelope_code_ignored; provider: kie; scenarios: error_under_200_while_polling
"""Ends with what it takes for the record: raise_for_status, and a default for what is not there."""

import os
import time

import requests

BASE = os.environ["MOCKREEL_BASE_URL"]
http = requests.Session()
http.headers["Authorization"] = f"Bearer {os.environ['MOCKREEL_API_KEY']}"

body = {
    "model": "hailuo/2-3-image-to-video-standard",
    "input": {"prompt": "A kite", "image_url": "https://example.com/kite.png"},
}
made = http.post(f"{BASE}/api/v1/jobs/createTask", json=body, timeout=10)
made.raise_for_status()
task_id = made.json()["data"]["taskId"]
print("task", task_id)
for _ in range(60):
    time.sleep(0.2)
    answer = http.get(f"{BASE}/api/v1/jobs/recordInfo", params={"taskId": task_id}, timeout=10)
    answer.raise_for_status()
    record = answer.json().get("data") or {}
    if record.get("state") not in ("waiting", "queuing", "generating"):
        print("result:", record.get("resultJson"))
        break
