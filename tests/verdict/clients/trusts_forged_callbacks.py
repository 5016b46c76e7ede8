# check: signature_unverified; provider: kie; scenarios: forged_callback; callback
"""The signature is not looked at."""

import sys

from careful import Careful


class Careless(Careful):
    def is_signed(self, headers, task_id):
        return True

    def look(self, task_id):
        state = self.states.get(task_id)
        return super().look(task_id) if state else {"state": "waiting"}

    def wait(self, task_id):
        self.told.wait(self.deadline_s)
        return [""]

    def download(self, url, task_id):
        return "nothing"


sys.exit(Careless().main())
