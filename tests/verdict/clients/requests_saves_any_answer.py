# check: result_not_downloaded_before_expiry; provider: vidu; scenarios: result_expired
"""The status of the download is not looked at."""

import os
import time
from pathlib import Path

import requests

BASE = os.environ["MOCKREEL_BASE_URL"]
KEY = {"Authorization": f"Token {os.environ['MOCKREEL_API_KEY']}"}

body = {"model": "viduq2-pro", "images": ["https://example.com/kite.png"], "prompt": "A kite"}
made = requests.post(f"{BASE}/ent/v2/img2video", json=body, headers=KEY, timeout=10)
made.raise_for_status()
task_id = made.json()["task_id"]
for _ in range(60):
    time.sleep(0.2)
    job = requests.get(f"{BASE}/ent/v2/tasks/{task_id}/creations", headers=KEY, timeout=10).json()
    if job["state"] == "success":
        film = requests.get(job["creations"][0]["url"], timeout=10)
        Path(os.environ["MOCKREEL_FOLDER"], "film.mp4").write_bytes(film.content)
        break
else:
    raise SystemExit(f"{task_id} has not ended")
