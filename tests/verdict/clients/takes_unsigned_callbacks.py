# check: signature_unverified; provider: kie; scenarios: unsigned_callback; callback
"""Only a signature that is there is verified."""

import sys
import time

from careful import Careful


class Careless(Careful):
    def is_fresh(self, headers):
        return "X-Webhook-Timestamp" not in headers or super().is_fresh(headers)

    def is_signed(self, headers, task_id):
        return "X-Webhook-Signature" not in headers or super().is_signed(headers, task_id)

    def wait(self, task_id):
        if self.told.wait(self.deadline_s):
            time.sleep(0.2)
        return [""]

    def download(self, url, task_id):
        return "nothing"


sys.exit(Careless().main())
