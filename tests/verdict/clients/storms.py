# check: retry_storm; provider: kie; scenarios: maintenance
"""Tries again at once, and very often."""

import sys

from careful import Careful


class Careless(Careful):
    tries = 60

    def pause(self, attempt, least=0.0):
        pass


sys.exit(Careless().main())
