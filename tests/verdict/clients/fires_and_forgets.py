# check: orphaned_paid_task; provider: kie; scenarios: success
"""The id of the task is dropped."""

import sys

from careful import Careful


class Careless(Careful):
    def run(self):
        self.create()
        print("ordered")


sys.exit(Careless().main())
