# check: envelope_code_ignored; provider: kie; scenarios: error_under_200
"""The code in the body is not looked at."""

import json
import sys
import urllib.request

from careful import Careful


class Careless(Careful):
    def create(self):
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        data = json.dumps(self.body).encode()
        request = urllib.request.Request(self.base + "/api/v1/jobs/createTask", data, headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            said = json.load(response)
        return (said.get("data") or {}).get("taskId")


sys.exit(Careless().main())
