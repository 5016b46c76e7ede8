# check: gave_up_on_retryable; provider: vidu; scenarios: maintenance_while_polling
"""Anything but 200 is the end of the job."""

import http.client
import json
import os
import sys
import time
from urllib.parse import urlsplit

parts = urlsplit(os.environ["MOCKREEL_BASE_URL"])
HEADERS = {"Authorization": f"Token {os.environ['MOCKREEL_API_KEY']}", "Content-Type": "application/json"}


def ask(method, path, body=None):
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    connection.request(method, path, json.dumps(body) if body else None, HEADERS)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status != 200:
        sys.exit(f"{method} failed with {answer.status}")
    return json.loads(content)


made = ask(
    "POST", "/ent/v2/img2video", {"model": "viduq2-pro", "images": ["https://example.com/kite.png"], "prompt": "A kite"}
)
for _ in range(60):
    time.sleep(0.2)
    job = ask("GET", f"/ent/v2/tasks/{made['task_id']}/creations")
    if job["state"] in ("success", "failed"):
        sys.exit(job["state"] == "failed")
sys.exit(f"task {made['task_id']} goes on")
