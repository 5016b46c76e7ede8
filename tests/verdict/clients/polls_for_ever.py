# check: poll_unbounded; provider: kie; scenarios: stuck
"""There is no limit on the wait."""

import sys

from careful import Careful


class Careless(Careful):
    def wait(self, task_id):
        self.deadline_s = float("inf")
        return super().wait(task_id)


sys.exit(Careless().main())
