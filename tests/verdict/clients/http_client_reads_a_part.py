# check: truncated_result_accepted; provider: gateway; scenarios: result_truncated
"""read(n) gives what there is, and does not complain when it is less than was promised."""

import http.client
import json
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

parts = urlsplit(os.environ["MOCKREEL_BASE_URL"])
HEADERS = {"Authorization": f"Bearer {os.environ['MOCKREEL_API_KEY']}", "Content-Type": "application/json"}


def ask(method, path, body=None):
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    connection.request(method, path, json.dumps(body) if body else None, HEADERS)
    answer = connection.getresponse()
    if answer.status != 200:
        sys.exit(f"{method} {path}: {answer.status}")
    return answer


task_id = json.load(ask("POST", "/v1/video/generations", {"model": "viduq3t-540p", "prompt": "A kite"}))["id"]
for _ in range(40):
    time.sleep(0.2)
    job = json.load(ask("GET", f"/v1/video/generations/{task_id}"))
    if job["status"] == "completed":
        break
else:
    sys.exit(f"{task_id} has not ended")
film = ask("GET", f"/v1/videos/{task_id}/content")
with Path(os.environ["MOCKREEL_FOLDER"], "film.mp4").open("wb") as file:
    while piece := film.read(64 * 1024):
        file.write(piece)
