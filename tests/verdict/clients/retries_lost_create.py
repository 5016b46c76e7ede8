# check: create_retried_ambiguous; provider: kie; scenarios: answer_lost
"""A create without an answer is sent again."""

import sys

from careful import Careful


class Careless(Careful):
    def create(self):
        for attempt in range(3):
            try:
                return self.call("POST", "/api/v1/jobs/createTask", self.body)["taskId"]
            except OSError:
                self.pause(attempt)
        return super().create()


sys.exit(Careless().main())
