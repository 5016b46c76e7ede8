# check: orphaned_paid_task; provider: kie; scenarios: stuck
"""At the end of its time, the error does not say which task it leaves."""

import sys

from careful import Careful, GaveUpError


class Careless(Careful):
    def run(self):
        try:
            self.wait(self.create())
        except GaveUpError:
            raise GaveUpError("it took too long") from None


sys.exit(Careless().main())
