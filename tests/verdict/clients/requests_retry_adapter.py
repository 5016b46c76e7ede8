# check: create_retried_ambiguous; provider: gateway; scenarios: answer_lost
"""urllib3's retries, with POST allowed."""

import os
import time

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

BASE = os.environ["MOCKREEL_BASE_URL"]
http = requests.Session()
http.headers["Authorization"] = f"Bearer {os.environ['MOCKREEL_API_KEY']}"
http.mount("http://", HTTPAdapter(max_retries=Retry(total=3, backoff_factor=0.2, allowed_methods=None)))

job = http.post(f"{BASE}/v1/video/generations", json={"model": "viduq3t-540p", "prompt": "A kite"}, timeout=10)
job.raise_for_status()
task_id = job.json()["id"]
print("task", task_id)
for _ in range(40):
    time.sleep(0.2)
    status = http.get(f"{BASE}/v1/video/generations/{task_id}", timeout=10).json()["status"]
    if status == "completed":
        break
else:
    raise SystemExit(f"task {task_id} has not ended")
film = http.get(f"{BASE}/v1/videos/{task_id}/content", timeout=10)
film.raise_for_status()
print(len(film.content), "bytes")
