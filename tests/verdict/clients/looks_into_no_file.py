# check: truncated_result_accepted; provider: kie; scenarios: result_corrupt; grade: warn
"""A file of the right length is a video."""

import sys
import urllib.request

from careful import Careful


class Careless(Careful):
    def download(self, url, task_id):
        with urllib.request.urlopen(url) as response:
            return self.keep(response.read())


sys.exit(Careless().main())
