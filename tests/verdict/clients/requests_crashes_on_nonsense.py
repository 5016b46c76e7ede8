# check: malformed_body_crash; provider: vidu; scenarios: malformed_answers
"""json() is called on whatever comes."""

import os
import time

import requests

BASE = os.environ["MOCKREEL_BASE_URL"]
KEY = {"Authorization": f"Bearer {os.environ['MOCKREEL_API_KEY']}"}

body = {"model": "viduq2-pro", "images": ["https://example.com/kite.png"], "prompt": "A kite"}
task_id = requests.post(f"{BASE}/ent/v2/img2video", json=body, headers=KEY, timeout=10).json()["task_id"]
for _ in range(60):
    job = requests.get(f"{BASE}/ent/v2/tasks/{task_id}/creations", headers=KEY, timeout=10).json()
    if job["state"] == "success":
        print(job["creations"][0]["url"])
        break
    time.sleep(0.2)
else:
    raise SystemExit(f"{task_id} has not ended")
