# check: no_backoff; provider: kie; scenarios: maintenance; grade: warn
"""Tries again at once."""

import sys

from careful import Careful


class Careless(Careful):
    def pause(self, attempt, least=0.0):
        pass


sys.exit(Careless().main())
