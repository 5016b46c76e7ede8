# check: truncated_result_accepted; provider: kie; scenarios: result_truncated
"""The body is copied in pieces, and nobody counts them."""

import shutil
import sys
import tempfile
import urllib.request

from careful import Careful


class Careless(Careful):
    def download(self, url, task_id):
        with urllib.request.urlopen(url) as response, tempfile.NamedTemporaryFile() as file:
            shutil.copyfileobj(response, file)
        return "film.mp4"


sys.exit(Careless().main())
