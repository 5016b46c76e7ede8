# check: stale_accepted; provider: kie; scenarios: replayed_callback; callback
"""A good signature is good for ever."""

import sys
import time

from careful import Careful


class Careless(Careful):
    def is_fresh(self, headers):
        return True

    def wait(self, task_id):
        if self.told.wait(self.deadline_s):
            time.sleep(0.2)
        return [""]

    def download(self, url, task_id):
        return "nothing"


sys.exit(Careless().main())
