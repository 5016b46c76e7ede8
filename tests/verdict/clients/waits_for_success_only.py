# check: terminal_missed; provider: kie; scenarios: generation_failed
"""Only a success is an end."""

import sys

from careful import Careful


class Careless(Careful):
    def look(self, task_id):
        record = super().look(task_id)
        return {**record, "state": "generating"} if record["state"] == "fail" else record


sys.exit(Careless().main())
