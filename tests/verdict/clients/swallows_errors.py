# check: failure_reported_as_success; provider: kie; scenarios: internal_error
"""Everything that goes wrong is swallowed."""

import contextlib
import sys

from careful import Careful, GaveUpError


class Careless(Careful):
    def run(self):
        with contextlib.suppress(GaveUpError):
            super().run()


sys.exit(Careless().main())
