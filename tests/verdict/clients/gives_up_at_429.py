# check: gave_up_on_retryable; provider: kie; scenarios: rate_limited_twice_then_success
"""A rate limit is taken for the end."""

import sys

from careful import Careful


class Careless(Careful):
    tries = 1


sys.exit(Careless().main())
