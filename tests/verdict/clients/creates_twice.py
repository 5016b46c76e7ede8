# check: create_duplicated; provider: kie; scenarios: success
"""Two workers take the same order; the first task is forgotten."""

import sys

from careful import Careful


class Careless(Careful):
    def create(self):
        super().create()
        return super().create()


sys.exit(Careless().main())
