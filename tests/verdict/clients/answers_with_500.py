# check: callback_slow_or_non_2xx; provider: kie; scenarios: callback; callback
"""The work is done before the answer, and fails."""

import sys

from careful import Careful


class Careless(Careful):
    def answer(self, headers, body):
        status = super().answer(headers, body)
        return 500 if status == 200 else status


sys.exit(Careless().main())
