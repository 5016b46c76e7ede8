# check: retried_non_retryable; provider: kie; scenarios: invalid_request
"""A request that is wrong is sent until somebody stops it."""

import sys

from careful import Careful, GaveUpError


class Careless(Careful):
    tries = 1

    def create(self):
        for attempt in range(6):
            try:
                return super().create()
            except GaveUpError as error:
                why = error
                self.pause(attempt)
        raise why


sys.exit(Careless().main())
