# check: success_without_url_accepted; provider: kie; scenarios: success_without_url
"""The list of URLs is handed on, empty or not."""

import sys

from careful import Careful


class Careless(Careful):
    def urls(self, record):
        return super().urls(record) or [""]

    def download(self, url, task_id):
        return print("the video is at", url)


sys.exit(Careless().main())
