# check: gave_up_on_retryable; provider: kie; scenarios: server_errors_while_polling
"""One error of a query is the end of the job."""

import sys

from careful import Careful, GaveUpError, Refused


class Careless(Careful):
    def look(self, task_id):
        try:
            return super().look(task_id)
        except Refused as refused:
            raise GaveUpError(f"the job failed: {refused}") from None

    def run(self):
        self.download(self.wait(self.create())[0], "")


sys.exit(Careless().main())
