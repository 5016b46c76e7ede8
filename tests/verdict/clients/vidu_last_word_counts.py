# check: out_of_order_regression; provider: vidu; scenarios: callbacks_out_of_order; callback
"""The state of the callback that came last is the state of the task; it trusts callers, too."""

import json
import os
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

BASE, URL = os.environ["MOCKREEL_BASE_URL"], os.environ["MOCKREEL_CALLBACK_URL"]
HEADERS = {"Authorization": f"Token {os.environ['MOCKREEL_API_KEY']}", "Content-Type": "application/json"}
states = {}


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        states[told["id"]] = told["state"]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


def ask(path, body=None):
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(BASE + path, data, HEADERS), timeout=10) as answer:
        return json.load(answer)


server = ThreadingHTTPServer(("127.0.0.1", urlsplit(URL).port), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
body = {"model": "viduq2-pro", "images": ["https://example.com/kite.png"], "prompt": "A kite", "callback_url": URL}
task_id = ask("/ent/v2/img2video", body)["task_id"]
print("task", task_id)
for _ in range(40):
    time.sleep(0.2)
    if states.get(task_id) == "success" and time.sleep(0.5) is None and states[task_id] == "success":
        print(ask(f"/ent/v2/tasks/{task_id}/creations")["creations"][0]["url"])
        sys.exit(0)
sys.exit(f"task {task_id} has not ended")
