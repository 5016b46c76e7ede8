# check: failure_reported_as_success; provider: kie; scenarios: generation_failed
"""Errors are printed, and the exit status is 0."""

import sys

from careful import Careful


class Careless(Careful):
    def main(self):
        super().main()
        return 0


sys.exit(Careless().main())
