# check: secret_leaked; provider: vidu; scenarios: success; grade: warn
"""One session, one header, also for the host of the results."""

import os
import time

import requests

BASE = os.environ["MOCKREEL_BASE_URL"]
http = requests.Session()
http.headers["Authorization"] = f"Token {os.environ['MOCKREEL_API_KEY']}"

made = http.post(
    f"{BASE}/ent/v2/img2video",
    json={"model": "viduq2-pro", "images": ["https://example.com/kite.png"], "prompt": "A kite"},
    timeout=10,
)
made.raise_for_status()
for _ in range(60):
    time.sleep(0.2)
    job = http.get(f"{BASE}/ent/v2/tasks/{made.json()['task_id']}/creations", timeout=10).json()
    if job["state"] == "success":
        http.get(job["creations"][0]["url"], timeout=10).raise_for_status()
        break
