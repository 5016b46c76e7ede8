# check: duplicate_not_deduped; provider: kie; scenarios: duplicate_callback; callback
"""Each callback starts the download."""

import sys
import time

from careful import Careful


class Careless(Careful):
    def take(self, task_id, state):
        super().take(task_id, state)
        for url in self.urls(self.look(task_id)):
            self.download(url, task_id)

    def run(self):
        task_id = self.create()
        self.wait(task_id)
        time.sleep(1.5)


sys.exit(Careless().main())
