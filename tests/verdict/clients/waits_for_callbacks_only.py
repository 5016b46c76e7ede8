# check: callback_lost_without_fallback; provider: kie; scenarios: lost_callback; callback
"""A callback that is lost is waited for."""

import sys

from careful import Careful, GaveUpError


class Careless(Careful):
    def wait(self, task_id):
        if not self.told.wait(self.deadline_s):
            raise GaveUpError("no callback came")
        return super().wait(task_id)

    def run(self):
        task_id = self.create()
        self.download(self.wait(task_id)[0], task_id)


sys.exit(Careless().main())
