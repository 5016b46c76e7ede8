# check: polled_after_terminal; provider: kie; scenarios: success
"""Looks thirty times, whatever it sees."""

import sys
import time

from careful import Careful


class Careless(Careful):
    def wait(self, task_id):
        urls = super().wait(task_id)
        for _ in range(12):
            time.sleep(0.1)
            self.look(task_id)
        return urls


sys.exit(Careless().main())
