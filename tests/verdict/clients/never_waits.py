# check: no_backoff; provider: kie; scenarios: maintenance; grade: warn
"""Tries again at once, fifteen times."""

import sys

from careful import Careful


class Careless(Careful):
    tries = 15  # on a busy machine some of them are held up

    def pause(self, attempt, least=0.0):
        pass


sys.exit(Careless().main())
