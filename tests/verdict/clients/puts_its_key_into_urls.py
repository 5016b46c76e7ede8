# check: secret_leaked; provider: kie; scenarios: success
"""The key is in the query, too."""

import sys

from careful import Careful


class Careless(Careful):
    def look(self, task_id):
        return self.call("GET", f"/api/v1/jobs/recordInfo?taskId={task_id}&api_key={self.key}")


sys.exit(Careless().main())
