# check: retry_after_ignored; provider: kie; scenarios: rate_limited_twice_then_success
"""The wait is always the same."""

import sys
import time

from careful import Careful


class Careless(Careful):
    def pause(self, attempt, least=0.0):
        time.sleep(0.2)


sys.exit(Careless().main())
