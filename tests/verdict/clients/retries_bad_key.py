# check: retried_non_retryable; provider: kie; scenarios: unauthorized
"""Every refusal is tried again."""

import sys

from careful import Careful, GaveUpError


class Careless(Careful):
    def create(self):
        for attempt in range(4):
            try:
                return super().create()
            except GaveUpError:
                self.pause(attempt)
        raise GaveUpError("no task was made")


sys.exit(Careless().main())
