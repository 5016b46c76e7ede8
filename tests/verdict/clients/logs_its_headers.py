# check: secret_leaked; provider: kie; scenarios: success
"""The headers are printed for debugging."""

import sys

from careful import Careful


class Careless(Careful):
    def call(self, method, path, body=None):
        print("DEBUG", method, path, {"Authorization": f"Bearer {self.key}"})
        return super().call(method, path, body)


sys.exit(Careless().main())
