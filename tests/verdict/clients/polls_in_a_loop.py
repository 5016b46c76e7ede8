# check: poll_too_fast; provider: kie; scenarios: success
"""Polls without a wait."""

import sys

from careful import Careful


class Careless(Careful):
    def wait(self, task_id):
        self.poll_s = 0
        return super().wait(task_id)


sys.exit(Careless().main())
