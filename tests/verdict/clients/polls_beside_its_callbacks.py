# check: polled_after_callback; provider: kie; scenarios: callback; callback; grade: warn
"""The part that polls does not know what the part that receives knows."""

import sys
import time

from careful import Careful


class Careless(Careful):
    def take(self, task_id, state):
        self.states[task_id] = state

    def wait(self, task_id):
        urls = super().wait(task_id)
        for _ in range(20):
            time.sleep(0.1)
            self.look(task_id)
        return urls


sys.exit(Careless().main())
